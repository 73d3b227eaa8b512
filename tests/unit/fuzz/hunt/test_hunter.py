"""What a hunter makes of failures: one finding for each cause, whatever the server does."""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from fuzz.errors import CannotRun
from fuzz.events import Event, FindingFound
from fuzz.findings import corpus
from fuzz.hunt.avoiding import LEAST_PATIENCE_SECONDS, Patience
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.hunt.vacuity import Clock, Stakes
from fuzz.running.session import Judgement
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from fuzz.triage.lab import LEAST_HANG_SECONDS, MOST_HANG_SECONDS
from fuzz.triage.ledger import Ledger
from fuzz.triage.traits import trait_told
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Transcript
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from specs.violation import Aspect, Violation, Way
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, Bug, Immortal, Mortal, MortalSession, PretendedSession, needing

OVERLAPPING = (
    needing("stride beyond one"),
    needing("missing", "axis", requirement="counts", operations=["sum", "max"]),
    needing("missing_values", requirement="sum-values", operations=["select"]),
    needing("compression", "byte_order", requirement="accepts-valid"),
)


class Told:
    """The events of a hunt."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def new(self) -> list[str]:
        ids = [one.finding.id for one in self.events if isinstance(one, FindingFound)]
        return list(dict.fromkeys(ids))


def hunted(
    folder: Path, session: PretendedSession, *, seed: int = 1, examples: int = 60, life: Mortal | None = None
) -> Told:
    told = Told()
    ledger = Ledger(folder, f"w{seed}", Reading(PROFILE), told)
    hunter = Hunter(session, ledger, life or Immortal(), told)  # type: ignore[arg-type]
    tally = PropertyEffort()
    turn(cases.reductions(PROFILE, longest=200), seed, examples, lambda case: hunter.try_case(case, tally))
    ledger.flush()
    return told


def needs_of(folder: Path) -> list[set[str]]:
    return [{trait_told(need, Reading(PROFILE)) for need in one.needs} for one in corpus.load_all(folder)]


@pytest.mark.parametrize("seed", [1, 2])
def test_overlapping_bugs_are_as_many_findings(tmp_path: Path, seed: int) -> None:
    told = hunted(tmp_path, PretendedSession(OVERLAPPING), seed=seed, examples=80)
    assert len(told.new) == len(OVERLAPPING), needs_of(tmp_path)
    assert {"stride beyond one"} in needs_of(tmp_path)
    assert {"compression", "byte_order"} in needs_of(tmp_path)


def test_the_same_seed_gives_the_same_findings_in_the_same_order(tmp_path: Path) -> None:
    one, other = (hunted(tmp_path / name, PretendedSession(OVERLAPPING), seed=5) for name in "ab")
    assert one.new == other.new
    assert [one.case for one in corpus.load_all(tmp_path / "a")] == [
        one.case for one in corpus.load_all(tmp_path / "b")
    ]


class Slowly(PretendedSession):
    """Takes a minute for each case, by the clock that the hunt looks at."""

    now = 0.0

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        self.now += 60.0
        return super().judge(case, afresh=afresh)


def test_a_server_that_is_slow_gives_the_same_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hunted(tmp_path / "fast", PretendedSession(OVERLAPPING[:2]), seed=5, examples=40)
    session = Slowly(OVERLAPPING[:2])
    for module in ("hunter", "avoiding"):
        monkeypatch.setattr(f"fuzz.hunt.{module}.time", SimpleNamespace(monotonic=lambda: session.now))
    hunted(tmp_path / "slow", session, seed=5, examples=40)
    fast, slow = (corpus.load_all(tmp_path / name) for name in ("fast", "slow"))
    assert session.now > 60.0
    assert fast
    assert [(one.id, one.case, one.needs, one.seen) for one in fast] == [
        (one.id, one.case, one.needs, one.seen) for one in slow
    ]


def test_what_is_remembered_is_not_found_anew(tmp_path: Path) -> None:
    bugs = OVERLAPPING[:1]
    hunted(tmp_path, PretendedSession(bugs), seed=1)
    before = [one.id for one in corpus.load_all(tmp_path)]
    hunted(tmp_path, PretendedSession(bugs), seed=2)
    assert [one.id for one in corpus.load_all(tmp_path)] == before
    assert corpus.load_all(tmp_path)[0].seen > 2


def test_re_finding_known_causes_costs_little(tmp_path: Path) -> None:
    session = PretendedSession(OVERLAPPING)
    told = Told()
    ledger = Ledger(tmp_path, "w", Reading(PROFILE), told)
    hunter = Hunter(session, ledger, Immortal(), told)  # type: ignore[arg-type]
    tally = PropertyEffort()
    turn(cases.reductions(PROFILE, longest=200), 3, 100, lambda case: hunter.try_case(case, tally))
    assert hunter.effort.known_requests < 0.25 * session.sent


@pytest.mark.parametrize(("until", "found"), [(None, 2), (0.0, 1)])
def test_when_the_time_is_over_one_failure_of_a_case_is_explained_and_no_more(
    tmp_path: Path, until: float | None, found: int
) -> None:
    bugs = (needing("stride beyond one", requirement="answer-shape"), needing("missing", requirement="counts"))
    strided = Send("select", Fields({"dtype": "int32", "shape": [3], "selection": [[0, 3, 2]]}), "a")
    missing = Send("sum", Fields({"dtype": "int32", "missing": {"missing_value": 1}}), "a")
    hunter = Hunter(PretendedSession(bugs), Ledger(tmp_path, "w", Reading(PROFILE)), Immortal(), Told())  # type: ignore[arg-type]
    hunter.deadline.begin(until)
    tally = PropertyEffort()
    hunter.try_case(Case("reduction", (Put("a", bytes(range(12))), strided, missing)), tally)
    assert len(tally.findings) == found


def test_answers_that_disagree_are_kept_as_they_were_asked(tmp_path: Path) -> None:
    """With a field less in one of the requests, they would differ for good reason."""

    def alter(number: int, found: list[Violation]) -> list[Violation]:
        return (
            [Violation("relation-s3-http", "differ", "1", "2", way=Way.DISAGREES, aspect=Aspect.VALUES, step=3)]
            if number % 3 == 0
            else found
        )

    sends = [Send("sum", Fields({"dtype": "int32"}), "a", "public", interface) for interface in ("s3", "http", "s3")]
    case = Case("s3-http", (Put("a", bytes(4), "public"), *sends))
    told, tally = Told(), PropertyEffort()
    session = PretendedSession([], alter=alter)
    hunter = Hunter(session, Ledger(tmp_path, "w", Reading(PROFILE), told), Immortal(), told)  # type: ignore[arg-type]
    hunter.try_case(case, tally)
    assert [(one.case, one.reproducibility) for one in corpus.load_all(tmp_path)] == [(case, "every time")]


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_a_flaky_server_gives_few_findings_that_say_so(tmp_path: Path, share: float) -> None:
    chance = random.Random(7)

    def alter(_number: int, found: list[Violation]) -> list[Violation]:
        return [Violation("counts", "now and then", "1", "2", step=1)] if chance.random() < share else found

    told = hunted(tmp_path, PretendedSession([], alter=alter), examples=100)
    assert 1 <= len(told.new) <= 2
    findings = corpus.load_all(tmp_path)
    assert {one.reproducibility for one in findings} <= {"flaky", "seen once"}
    assert not any(one.needs for one in findings)


def test_flakiness_does_not_hide_what_fails_every_time(tmp_path: Path) -> None:
    chance = random.Random(7)

    def alter(_number: int, found: list[Violation]) -> list[Violation]:
        return [Violation("counts", "now and then", "1", "2", step=1)] if chance.random() < 0.01 else found

    hunted(tmp_path, PretendedSession([needing("stride beyond one")], alter=alter), examples=80)
    every_time = [one for one in corpus.load_all(tmp_path) if one.reproducibility == "every time"]
    assert {"stride beyond one"} in [set(one.needs) for one in every_time]


class Remembering(PretendedSession):
    """Spoils a request that comes right after another operation: no request alone shows it."""

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judgement = super().judge(case, afresh=afresh)
        asked = [(i, one.operation) for i, one in enumerate(case.steps) if hasattr(one, "operation")]
        wrong = [
            Violation("counts", "of the request before", "1", "2", step=number)
            for (_, before), (number, now) in pairwise(asked)
            if (before, now) == ("sum", "count")
        ]
        return type(judgement)(judgement.transcript, tuple(wrong))


def test_state_kept_between_requests_is_a_case_of_two(tmp_path: Path) -> None:
    hunted(tmp_path, Remembering([]), examples=60)
    findings = corpus.load_all(tmp_path)
    # The last request must count: of others nothing is spoilt.
    assert [one.needs for one in findings] == [("several requests", "another operation", "count")]
    assert [one.operation for one in findings[0].case.steps if hasattr(one, "operation")] == ["sum", "count"]


def test_a_target_that_dies_is_a_finding_and_the_hunt_goes_on(tmp_path: Path) -> None:
    life = Mortal(lives=1000)
    told = hunted(tmp_path, MortalSession([needing("several gzip members")], life=life), examples=60, life=life)
    findings = corpus.load_all(tmp_path)
    assert [one.violation.requirement for one in findings] == ["survives"]
    assert findings[0].needs == ("several gzip members",)
    assert len(told.new) == 1


def test_a_target_that_stays_away_ends_the_hunt_with_everything_kept(tmp_path: Path) -> None:
    life = Mortal(lives=0)
    with pytest.raises(CannotRun, match="does not come back"):
        hunted(tmp_path, MortalSession([needing("compression")], life=life), examples=60, life=life)
    (finding,) = corpus.load_all(tmp_path)
    assert finding.violation.requirement == "survives"
    # What ended it is its last request; that it needs anything was never seen again.
    assert finding.violation.step == len(finding.case.steps) - 1
    assert finding.needs == ()


def test_a_target_that_dies_when_the_time_is_over_is_left_alone_and_told_of(tmp_path: Path) -> None:
    life = Mortal(lives=0)
    session = MortalSession([needing("compression")], life=life)
    told = Told()
    hunter = Hunter(session, Ledger(tmp_path, "w", Reading(PROFILE), told), life, told)  # type: ignore[arg-type]
    hunter.deadline.begin(0.0)
    deadly = Send("sum", Fields({"dtype": "int32", "compression": {"id": "gzip"}}), "a")
    hunter.try_case(Case("reduction", (Put("a", gzip.compress(bytes(4))), deadly)), PropertyEffort())
    assert [one.violation.requirement for one in corpus.load_all(tmp_path)] == ["survives"]


SHORT = Case("x", (Send("sum", Fields({"dtype": "int32"}), "a"),))


class Hanging(PretendedSession):
    """Notes how long it was waited for, and says so where it does not answer."""

    waits: Sequence[float] = ()

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        waits = self.client.settings.timeout_seconds
        self.waits = (*self.waits, waits)
        judged = super().judge(case, afresh=afresh)
        if not judged.failures:
            return judged
        outcomes = tuple(one and NoReply("timeout", "", waits * 1000) for one in judged.transcript.outcomes)
        return replace(judged, transcript=replace(judged.transcript, outcomes=outcomes))


@pytest.mark.parametrize("rules", [frozenset(), frozenset({Rule.UNDECODABLE_DATA})])
def test_a_hang_costs_a_limited_number_of_waits(tmp_path: Path, rules: frozenset[Rule]) -> None:
    hang = needing("compression")
    session = Hanging([Bug(hang.spoils, "answers", Way.SILENT, rules)])
    usual = session.client.settings.timeout_seconds
    told = hunted(tmp_path, session, examples=60)
    assert len(told.new) == 1
    assert set(session.waits) <= {usual, LEAST_PATIENCE_SECONDS, LEAST_HANG_SECONDS}
    assert needs_of(tmp_path) == [{"compression"}]


class SilentToTheEnd(PretendedSession):
    """Answers nothing; how long it was waited for is said with that."""

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judged = super().judge(case, afresh=afresh)
        outcomes = tuple(one and NoReply("timeout", "", 9000.0) for one in judged.transcript.outcomes)
        silence = Violation("answers", "no answer in time", "an answer", "none", way=Way.SILENT, step=1)
        return replace(judged, transcript=Transcript(case, outcomes), violations=(silence,))


def test_a_silence_that_the_end_of_the_run_cuts_short_is_neither_failure_nor_success(tmp_path: Path) -> None:
    session, told, tally = SilentToTheEnd([]), Told(), PropertyEffort()
    hunter = Hunter(session, Ledger(tmp_path, "w", Reading(PROFILE), told), Immortal(), told)  # type: ignore[arg-type]
    hunter.deadline.begin(0.0)
    hunter.try_case(Case("reduction", (Put("a", bytes(4)), Send("sum", Fields({"dtype": "int32"}), "a"))), tally)
    assert (tally.examples, hunter.unheard_seconds) == (0, 9.0)
    assert not told.events


class Slow(Hanging):
    """Does not answer in time once; from then on it does, though not in haste."""

    hung = False

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judged = super().judge(case, afresh=afresh)
        patient = self.client.settings.timeout_seconds > MOST_HANG_SECONDS
        if patient and self.hung:
            return replace(judged, violations=())
        self.hung = self.hung or bool(judged.failures)
        return judged


def test_a_server_that_is_slow_does_not_hang(tmp_path: Path) -> None:
    """What is found in haste is asked about with patience, before it is told as what happens every time."""
    session = Slow([Bug(needing("compression").spoils, "answers", Way.SILENT)])
    hunted(tmp_path, session, examples=60)
    found = corpus.load_all(tmp_path)
    assert [(one.reproducibility, one.needs) for one in found] == [("seen once", ())]


class Hurried(Slow):
    """Was waited for in haste when its silence was seen first, since other requests had hung before."""

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judged = super().judge(case, afresh=afresh)
        if not judged.failures:
            return judged
        outcomes = tuple(one and NoReply("timeout", "", 1000.0) for one in judged.transcript.outcomes)
        return replace(judged, transcript=replace(judged.transcript, outcomes=outcomes))


def test_a_silence_that_was_waited_for_in_haste_alone_is_no_finding(tmp_path: Path) -> None:
    session = Hurried([Bug(needing("compression").spoils, "answers", Way.SILENT)])
    hunted(tmp_path, session, examples=60)
    assert session.hung
    assert not corpus.load_all(tmp_path)


def test_once_a_request_has_hung_others_are_waited_for_less_long_and_longer_after_late_answers() -> None:
    client = HttpClient("http://localhost", ClientSettings(timeout_seconds=10.0))
    patience = Patience()

    def note(seconds: float) -> None:
        silence = Violation("answers", "", "", "", way=Way.SILENT, step=0)
        patience.note(Judgement(Transcript(SHORT, (NoReply("timeout", "", seconds * 1000),)), (silence,)), client)

    note(3.0)
    assert patience.seconds(client, 0) is None
    note(9.9)
    assert [patience.seconds(client, late) for late in range(5)] == [1.0, 2.0, 4.0, 8.0, 10.0]
    client.answers.took(40.0)
    assert patience.seconds(client, 0) == 2.0


def test_warnings_are_told_once_and_are_no_findings(tmp_path: Path) -> None:
    def alter(_number: int, _found: list[Violation]) -> list[Violation]:
        return [Violation("pairwise-sum", "less accurate", "1", "2", severity="warning", step=1)]

    told = hunted(tmp_path, PretendedSession([], alter=alter), examples=10)
    assert len(told.events) == 1
    assert not told.new


def test_a_case_whose_objects_the_store_does_not_hold_checks_nothing(tmp_path: Path) -> None:
    class Full(PretendedSession):
        def judge(self, case: Case, *, afresh: bool = False) -> Judgement:  # noqa: ARG002
            return Judgement(Transcript(case, (None,) * len(case.steps)), (), unstorable="the store is full")

    broke: list[Exception] = []
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    hunter = Hunter(
        Full([]),  # type: ignore[arg-type]
        ledger,
        Immortal(),
        Told(),
        broke=lambda _case, error: broke.append(error),
    )
    stakes = Stakes("reduction", REDUCTIONS.accounting, PROFILE, StoreFacts(), Clock())
    tally = PropertyEffort(stakes=stakes)
    turn(cases.reductions(PROFILE), 1, 5, lambda case: hunter.try_case(case, tally))
    assert not broke
    assert (tally.examples, tally.requests) == (5, 0)
    assert not stakes.told().examples
