"""A run as JUnit XML: one failure for each finding, and a test case for each property without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from fuzz.events import Event, FindingFound, PropertyDone, RunEnded
from fuzz.findings.elision import visible
from fuzz.findings.portrait import portrait
from fuzz.reports.elements import legible
from fuzz.reports.summary import write_atomically
from fuzz.reports.tally import Tally

SUITE = "asfuzz"


class JUnit:
    """Writes the file when the run has ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tally = Tally()

    @property
    def name(self) -> str:
        return str(self._path)

    def __call__(self, event: Event) -> None:
        self._tally(event)
        if isinstance(event, RunEnded):
            write_atomically(self._path, junit(self._tally, event))

    def close(self) -> None:
        """Do nothing: no file is kept open."""


def junit(tally: Tally, end: RunEnded) -> str:
    """Return the text of the file."""
    cases = [*_properties(tally), *map(_finding, tally.findings.values()), *_broken(end)]
    counts = {name: sum(one.find(name) is not None for one in cases) for name in ("failure", "error", "skipped")}
    totals = {
        "tests": str(len(cases)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "skipped": str(counts["skipped"]),
        "time": f"{end.seconds:.3f}",
    }
    suite = Element("testsuite", {"name": SUITE, **totals})
    if tally.started is not None:
        properties = SubElement(suite, "properties")
        for name in ("target", "profile", "seed"):
            value = legible(str(getattr(tally.started, name)))
            SubElement(properties, "property", {"name": name, "value": value})
    suite.extend(cases)
    root = Element("testsuites", {"name": SUITE, **totals})
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _properties(tally: Tally) -> Iterator[Element]:
    """Yield the properties without findings; findings of the others are test cases of their own, one for each cause."""
    for done in tally.properties.values():
        if not done.findings:
            yield _property(done)


def _property(done: PropertyDone) -> Element:
    case = Element("testcase", {"classname": f"{SUITE}.{done.name}", "name": done.name})
    if done.verdict == "SKIP":
        SubElement(case, "skipped", {"message": visible(done.why) or "not reached before the run ended"})
    elif done.verdict == "ERROR":
        SubElement(case, "error", {"message": visible(done.why)})
    return case


def _finding(found: FindingFound) -> Element:
    finding = found.finding
    case = Element("testcase", {"classname": f"{SUITE}.{finding.case.property}", "name": finding.id})
    if found.known_reason:
        SubElement(case, "skipped", {"message": f"known: {visible(found.known_reason)}"})
        return case
    title = visible(finding.violation.title)
    failure = SubElement(case, "failure", {"type": finding.violation.requirement, "message": title})
    failure.text = legible("\n".join([title, *portrait(finding, found.path)]))
    return case


def _broken(end: RunEnded) -> Iterator[Element]:
    """Yield an error for a run that could not tell, whatever else it found."""
    if end.verdict in ("ERROR", "INTERRUPTED"):
        case = Element("testcase", {"classname": SUITE, "name": "run"})
        SubElement(case, "error", {"message": legible(end.why or end.verdict)})
        yield case
