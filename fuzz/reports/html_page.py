"""A report as one HTML file that needs nothing else: verdict, findings, what was explored, and the runs."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from xml.etree.ElementTree import Element

from fuzz.reports.cards import cards
from fuzz.reports.elements import document, element
from fuzz.reports.maps import explored, stakes
from fuzz.reports.overview import Overview
from fuzz.reports.plots import curve_plot, latency_plot
from fuzz.reports.tables import latency_table, runs_table, scrolling
from fuzz.reports.wording import clock_time, counted, day

STYLES = {"PASS": "is-good", "FAIL": "is-bad", "KNOWN": "is-warn", "ERROR": "is-bad"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
MOST_TITLE = 70
NO_PLOTS = "There is no picture of this: matplotlib is not installed (the extra `plots` brings it)."


def html_page(report: Overview) -> str:
    """Return the page's text."""
    parts = list(_parts(report))
    return document(
        element(
            "html",
            element(
                "head",
                element("meta", charset="utf-8"),
                element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                element("meta", http_equiv="Content-Security-Policy", content=POLICY),
                element("title", f"{report.verdict}: {report.headline}"[:MOST_TITLE]),
                element("style", _resource("page.css")),
            ),
            element(
                "body",
                _masthead(report),
                _navigation([(name, title) for name, title, _ in parts]),
                element("main", (_section(*part) for part in parts)),
                element("footer", _colophon(report)),
                element("script", _resource("page.js")),
            ),
            lang="en",
        )
    )


def _resource(name: str) -> str:
    return (resources.files("fuzz.reports") / name).read_text("utf-8")


def _masthead(report: Overview) -> Element:
    reached = sum(one.possible - len(one.never) for one in report.pairs)
    possible = sum(one.possible for one in report.pairs)
    staked = sum(one.times > 0 for one in report.stakes)
    figures = [
        ("checked requests", f"{report.requests:,}"),
        (f"time, {counted(len(report.runs), 'run')}", clock_time(report.seconds)),
        ("properties tried", "{} of {}".format(*report.properties)),
        ("findings", f"{len(report.fresh):,}" + (f" + {len(report.known):,} known" if report.known else "")),
        ("pairs of values reached", f"{100 * reached // possible} %" if possible else "unknown"),
        ("requirements at stake", f"{staked} of {len(report.stakes)}"),
    ]
    notes = element("ul", (element("li", note) for note in report.notes), class_="notes is-warn")
    return element(
        "header",
        element(
            "div",
            element("span", report.verdict, class_=f"verdict {STYLES.get(report.verdict, 'is-warn')}"),
            element("h1", report.headline),
            element("p", report.title, class_="quiet"),
            element(
                "dl",
                (element("div", element("dt", name), element("dd", value)) for name, value in figures),
                class_="figures",
            ),
            notes if report.notes else None,
        ),
        class_="masthead",
    )


def _navigation(parts: list[tuple[str, str]]) -> Element:
    links = (element("li", element("a", title, href=f"#{name}")) for name, title in parts)
    return element("nav", element("ul", links), aria_label="Parts of this report")


def _section(name: str, title: str, content: list[Element]) -> Element:
    return element("section", element("h2", title), content, id=name)


def _parts(report: Overview) -> Iterator[tuple[str, str, list[Element]]]:
    """Yield the sections that have something to show."""
    if report.fresh:
        yield "findings", "Findings", list(cards(report.fresh))
    if report.known:
        yield "known", "Accepted for now", list(cards(report.known, first=len(report.fresh) + 1))
    if report.fields:
        yield "explored", "What was explored", list(explored(report))
        yield "stakes", "What was at stake", list(stakes(report))
    yield "left", "What is left", list(_left(report))
    if report.latencies:
        yield "latencies", "Latencies", list(_latencies(report))
    if report.runs:
        yield "runs", "Runs", list(runs_table(report))


def _left(report: Overview) -> Iterator[Element]:
    yield element("p", report.outlook.sentence())
    if report.curve:
        yield from _plot(curve_plot(report.curve), "Findings over checked requests")


def _latencies(report: Overview) -> Iterator[Element]:
    answers = counted(sum(one.answers for one in report.latencies), "answer")
    told = f"How long {answers} with values took, by operation and by the object's size; requests came one at a time."
    yield element("p", told)
    yield from _plot(latency_plot(report.latencies), "Latencies by operation and size of the object")
    yield element("details", element("summary", "The same in numbers"), latency_table(report), class_="printed")


def _plot(svg: Element | None, name: str) -> Iterator[Element]:
    """Yield a plot that scrolls on a narrow screen; without the library, a sentence that says so."""
    if svg is None:
        yield element("p", NO_PLOTS, class_="quiet")
    else:
        yield scrolling(element("div", svg, class_="plot"), name)


def _colophon(report: Overview) -> str:
    versions = dict(pair for run in report.runs if run.started is not None for pair in run.started.versions)
    suite = f"asfuzz {versions['asfuzz']}" if "asfuzz" in versions else "asfuzz"
    last = max((run.last for run in report.runs), default=0.0)
    until = f", which end on {day(last)} UTC" if last else ""
    return f"Made by {suite} from the logs of its runs{until}. This file loads nothing from anywhere."
