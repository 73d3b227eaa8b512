"""Makes tests of the subject's properties, and has failures tell of the server instead of the suite."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

from fuzz.errors import CannotRun
from fuzz.running.session import Session
from fuzz.suite import laws
from fuzz.suite.failures import TargetGone
from fuzz.suite.laws import broken_by, law, report, told
from fuzz.suite.opening import opening_of

PLACE = "PROPERTIES"
PACKAGE = laws.__package__


@pytest.fixture(scope="session")
def session(request: pytest.FixtureRequest) -> Session:
    """Return a session with the server under test."""
    return opening_of(request.config).session()


class InOurWords(TerminalRepr):
    """A failure in our own words; its first line stands in pytest's summary."""

    def __init__(self, text: str, place: str) -> None:
        self.text = text
        self.reprcrash = ReprFileLocation(place, 0, text.split("\n", 1)[0])

    def toterminal(self, tw: TerminalWriter) -> None:
        for line in self.text.split("\n"):
            tw.line(line)


def pytest_pycollect_makeitem(collector: pytest.Module, name: str) -> Sequence[pytest.Item] | None:
    """Make one test for each property, in place of their name; none of findings where there are none."""
    module = getattr(getattr(collector, "module", None), "__name__", "")
    opening = opening_of(collector.config)
    if module == f"{PACKAGE}.test_findings" and name.startswith("test_"):
        return None if opening.saved or opening.unreadable else []
    if name != PLACE or module != f"{PACKAGE}.test_properties":
        return None
    tests = [law(one, opening) for one in opening.subject.properties]
    items = [pytest.Function.from_parent(collector, name=test.__name__, callobj=test) for test in tests]
    if collector.config.pluginmanager.hasplugin("timeout"):
        for item in items:
            # How long a property runs is the Hypothesis profile's to say.
            item.add_marker(pytest.mark.timeout(0))
    return items


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what failed, and tell it as a finding."""
    result = yield
    if call.when != "call" or call.excinfo is None:
        return result
    try:
        if isinstance(call.excinfo.value, TargetGone):
            raise call.excinfo.value
        broken = broken_by(call.excinfo.value)
        if broken is not None:
            result.longrepr = InOurWords(report(broken, opening_of(item.config), item.name), item.nodeid)
            result.sections.clear()
    except TargetGone as gone:
        last = "".join(f"\n\n{told(finding, opening_of(item.config))}" for finding in gone.last)
        pytest.exit(f"asfuzz: {gone}{last}", CannotRun.exit_code)
    return result
