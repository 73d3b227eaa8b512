"""The bus gives every report every event, once, and no secret."""

from dataclasses import fields

import pytest

from fuzz.events import Event, Progress, PropertyDone, RunEnded, Warned
from fuzz.reports.bus import Bus
from fuzz.running.store.protocol import Credentials
from specs.violation import Violation
from tests.unit.told_runs import a_run_with_a_finding, found, run_started

OWNER = Credentials("KEY", "canary-0123")
SAID = "it said canary-0123"


class Kept:
    """A report that keeps what it was told."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    @property
    def name(self) -> str:
        return "a list"

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        pass


def told(*events: Event, doubts: tuple[str, ...] = ()) -> list[Event]:
    report = Kept()
    bus = Bus([report], [OWNER])
    bus.doubts = doubts
    for event in events:
        bus(event)
    return report.events


def test_every_event_is_told_and_the_end_once() -> None:
    events = list(a_run_with_a_finding())
    assert told(*events, RunEnded("ERROR", 1.0, 0, 0, 0)) == events


def test_doubts_about_a_target_follow_its_run_s_beginning() -> None:
    assert told(run_started(), Warned("later"), doubts=("doubtful",)) == [
        run_started(),
        Warned("doubtful"),
        Warned("later"),
    ]


@pytest.mark.parametrize(
    "event",
    [
        run_started(target=SAID, store=SAID),
        Progress(0.0, 0, 0, 0, 0, SAID),
        Warned(SAID),
        found(violation=Violation("answers", SAID, SAID, SAID), known_reason=SAID),
        PropertyDone("reduction", "SKIP", 0, 0, 0, SAID),
        RunEnded("ERROR", 0.0, 0, 0, 0, SAID),
    ],
)
def test_no_report_is_told_a_secret(event: Event) -> None:
    (harmless,) = told(event)
    assert "canary" in repr(event)
    assert "canary" not in repr(harmless)
    assert "it said (a secret)" in repr([getattr(harmless, one.name) for one in fields(harmless)])
