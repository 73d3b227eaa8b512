"""Tables of a page: latencies, runs, and what wide things scroll in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from fuzz.reports.cells import LATENCIES, RUNS, latency_cells, run_cells, run_facts
from fuzz.reports.elements import element
from fuzz.reports.overview import Overview
from fuzz.reports.wording import counted


def scrolling(content: Element, name: str) -> Element:
    """Return something wide as an element that scrolls on a narrow screen, by keyboard too."""
    return element("section", content, class_="scroll", tabindex="0", aria_label=name)


def table(
    heading: Iterable[str], rows: Iterable[Iterable[str]], numbers: frozenset[int] = frozenset(), class_: str = "plain"
) -> Element:
    """Return the rows as a table; the first cell of each names it."""

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
    """Return a table of how long answers took, by operation and size."""
    return scrolling(table(LATENCIES, latency_cells(report), frozenset(range(2, 7))), "Latencies in numbers")


def runs_table(report: Overview) -> Iterator[Element]:
    """Yield the runs, what they were held to, and their warnings."""
    yield scrolling(table(RUNS, run_cells(report), frozenset({2, 3, 4, 5})), "Runs")
    facts = ((name, "\n".join(values)) for name, values in run_facts(report))
    yield element("dl", (element("div", element("dt", a), element("dd", b)) for a, b in facts), class_="facts")
    if report.warnings:
        yield element("h3", counted(len(report.warnings), "warning"))
        told = (f"{text} ({times} times)" if times > 1 else text for text, times in report.warnings)
        yield element("ul", (element("li", text) for text in told))
