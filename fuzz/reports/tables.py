"""Tables of a page: latencies, runs, and what wide things scroll in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from fuzz.reports.elements import element
from fuzz.reports.markdown import day
from fuzz.reports.overview import Overview
from fuzz.reports.wording import clock_time, counted, milliseconds


def scrolling(content: Element, name: str) -> Element:
    """Something wide, which scrolls on a narrow screen, by keyboard too."""
    return element("section", content, class_="scroll", tabindex="0", aria_label=name)


def table(
    heading: Iterable[str], rows: Iterable[Iterable[str]], numbers: frozenset[int] = frozenset(), class_: str = "plain"
) -> Element:
    """The rows as a table; the first cell of each names it."""

    def style(at: int) -> dict[str, str]:
        return {"class_": "number"} if at in numbers else {}

    head = (element("th", name, scope="col", **style(at)) for at, name in enumerate(heading))
    body = (
        element(
            "tr",
            (
                element("td", cell, **style(at)) if at else element("th", cell, scope="row")
                for at, cell in enumerate(row)
            ),
        )
        for row in rows
    )
    return element("table", element("thead", element("tr", head)), element("tbody", body), class_=class_)


def latency_table(report: Overview) -> Element:
    """How long answers took, by operation and size."""
    heading = ("operation", "object up to", "answers", "half within", "90 % within", "99 % within", "all within")
    rows = (
        (
            one.operation,
            one.size,
            f"{one.answers:,}",
            *map(milliseconds, (one.median_ms, one.p90_ms, one.p99_ms, one.most_ms)),
        )
        for one in report.latencies
    )
    return scrolling(table(heading, rows, frozenset(range(2, 7))), "Latencies in numbers")


def runs_table(report: Overview) -> Iterator[Element]:
    """The runs, what they were held to, and what they warned of."""
    heading = ("begun (UTC)", "verdict", "requests", "took", "seed", "workers", "profile", "ended by")
    rows = (
        (
            day(run.begun),
            run.verdict,
            f"{run.requests:,}",
            clock_time(run.seconds),
            str(run.started.seed) if run.started else "",
            str(run.started.workers) if run.started else "",
            run.started.profile if run.started else "",
            run.why,
        )
        for run in report.runs
    )
    yield scrolling(table(heading, rows, frozenset({2, 3, 4, 5})), "Runs")
    facts = list(_facts(report))
    yield element("dl", (element("div", element("dt", a), element("dd", b)) for a, b in facts), class_="facts")
    if report.warnings:
        yield element("h3", counted(len(report.warnings), "warning"))
        told = (f"{text} ({times} times)" if times > 1 else text for text, times in report.warnings)
        yield element("ul", (element("li", text) for text in told))


def _facts(report: Overview) -> Iterator[tuple[str, str]]:
    """What holds of the runs, each different value once."""
    started = [run.started for run in report.runs if run.started is not None]
    kinds = (
        ("target", [one.target for one in started]),
        ("store", [one.store for one in started]),
        ("profile", [f"{one.profile}, API {one.api}" if one.api else one.profile for one in started]),
        ("rulings", [_rulings(one.rulings_off) for one in started]),
        ("limits", [", ".join(f"{name} {value}" for name, value in one.limits) for one in started]),
        ("versions", [", ".join(f"{name} {version}" for name, version in one.versions) for one in started]),
    )
    for name, values in kinds:
        several = [value for value in dict.fromkeys(values) if value]
        if several:
            yield name, "\n".join(several)


def _rulings(off: tuple[str, ...]) -> str:
    return f"all but {', '.join(off)}" if off else "all"
