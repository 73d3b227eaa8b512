"""What the hunt makes of failures of requests at the same time: one finding, and none of what they show in turn."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from fuzz.events import FindingFound
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.subjects.reductions.races import plain_races
from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.company import Company
from fuzz.triage.lab import Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.together import in_turn, less, race_of
from fuzz.triage.traits.circumstances import AT_ONCE, SEVERAL
from fuzz.triage.triage import Triage
from fuzz.triage.trial import trial_of
from specs.case import MOST_TOGETHER, Case, requests
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.steps import Put, Send, SendRaw
from specs.violation import Violation, Way
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, Immortal, PretendedSession, needing

SUM = Fields({"dtype": "int32"})


class Racing(PretendedSession):
    """Spoils some of the requests at the same time, with a probability, in one of several ways."""

    def spoil(self, share: float, *ways: tuple[str, Way, str], least: int = 2, in_turn: float = 0.0) -> Racing:
        self.share, self.ways, self.least, self.in_turn = share, ways, least, in_turn
        self.chance = random.Random(3)
        return self

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judgement = super().judge(case, afresh=afresh)
        asked = [at for at, one in enumerate(case.steps) if isinstance(one, Send | SendRaw)]
        share = self.share if case.together else self.in_turn
        wrong = list(judgement.failures)
        if len(asked) >= self.least and self.chance.random() < share:
            requirement, way, aspect = self.chance.choice(self.ways)
            step = self.chance.choice(asked)
            wrong.append(Violation(requirement, "wrong now", "right", "wrong", way=way, aspect=aspect, step=step))
        return type(judgement)(judgement.transcript, tuple(wrong))


COUNTS = ("counts", Way.VALUES, "")
MANY_WAYS = (
    ("sum-values", Way.VALUES, ""), ("counts", Way.VALUES, ""), ("no-server-error", Way.SERVER_ERROR, ""),
    ("accepts-valid", Way.REFUSED, ""), ("answer-form", Way.FORM, "keys"), ("error-names-field", Way.UNNAMED, "axis"),
    ("refuses-invalid", Way.ACCEPTED, ""),
)  # fmt: skip


def hunted(folder: Path, session: PretendedSession, examples: int = 30, seed: int = 1) -> list[Finding]:
    told: list[object] = []
    ledger = Ledger(folder, "w", Reading(PROFILE), told.append)
    hunter = Hunter(session, ledger, Immortal(), told.append)  # type: ignore[arg-type]
    tally = PropertyEffort()
    turn(cases.at_the_same_time(PROFILE), seed, examples, lambda case: hunter.try_case(case, tally))
    ledger.flush()
    assert any(isinstance(one, FindingFound) for one in told) == bool(tally.findings)
    return corpus.load_all(folder)


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_wrong_answers_of_all_sorts_are_one_finding_of_two_requests(tmp_path: Path, share: float) -> None:
    (finding,) = hunted(tmp_path, Racing([]).spoil(share, *MANY_WAYS))
    assert finding.needs == (AT_ONCE,)
    assert finding.case.together
    assert requests(finding.case) == 2
    assert finding.reproducibility == ("every time" if share == 1 else "flaky")
    assert finding.seen > 3


def test_as_many_requests_are_kept_as_it_takes(tmp_path: Path) -> None:
    (finding,) = hunted(tmp_path, Racing([]).spoil(1.0, *MANY_WAYS, least=5))
    assert requests(finding.case) == 5


def test_the_search_for_the_smallest_race_leaves_enough_to_show_that_it_is_one() -> None:
    case = next(plain_races("at-the-same-time"))
    lab = Lab(Racing([]).spoil(1.0, *MANY_WAYS, least=requests(case)), Immortal())  # type: ignore[arg-type]
    trial = trial_of(case, Reading(PROFILE))
    with lab.budget(30 * requests(case)):
        race = race_of(trial, lab.ask(trial)[0], lab)
    assert race is not None
    assert not race.every_time


def test_dropped_connections_are_one_finding_with_wrong_answers(tmp_path: Path) -> None:
    ways = (("answers", Way.DROPPED, "closed"), ("answers", Way.DROPPED, "reset"), COUNTS)
    assert [one.needs for one in hunted(tmp_path, Racing([]).spoil(1.0, *ways))] == [(AT_ONCE,)]


@pytest.mark.parametrize("seed", [1, 2])
def test_answers_that_do_not_come_are_a_finding_beside_those_that_are_wrong(tmp_path: Path, seed: int) -> None:
    findings = hunted(tmp_path, Racing([]).spoil(1.0, ("answers", Way.SILENT, ""), COUNTS), seed=seed)
    assert sorted(one.violation.requirement for one in findings) == ["answers", "counts"]


def test_what_fails_in_turn_as_well_is_the_usual_finding_and_no_other(tmp_path: Path) -> None:
    findings = hunted(tmp_path, PretendedSession([needing("missing")]))
    assert [one.needs for one in findings] == [("missing",)]
    assert not findings[0].case.together


def test_both_are_told_apart(tmp_path: Path) -> None:
    findings = hunted(tmp_path, Racing([needing("missing")]).spoil(0.7, *MANY_WAYS), examples=50)
    assert sorted(one.needs for one in findings) == [("missing",), (AT_ONCE,)]


def test_chance_is_not_taken_for_requests_at_the_same_time(tmp_path: Path) -> None:
    findings = hunted(tmp_path, Racing([]).spoil(0.3, COUNTS, in_turn=0.3))
    assert not any(one.case.together and one.needs == (AT_ONCE,) for one in findings)


def test_what_is_not_seen_again_is_told_so(tmp_path: Path) -> None:
    class Once(Racing):
        def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
            judgement = super().judge(case, afresh=afresh)
            self.share = 0.0
            return judgement

    (finding,) = hunted(tmp_path, Once([]).spoil(1.0, COUNTS))
    assert finding.reproducibility == "seen once"
    assert finding.needs == ()


def test_what_was_seen_once_and_then_again_is_told_as_what_comes_again(tmp_path: Path) -> None:
    class Hesitant(Racing):
        judged = 0

        def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
            self.share = 1.0 if self.judged == 0 or self.judged > 100 else 0.0
            self.judged += 1
            return super().judge(case, afresh=afresh)

    findings = hunted(tmp_path, Hesitant([]).spoil(1.0, COUNTS), examples=100)
    assert [(one.needs, one.reproducibility) for one in findings if one.needs] == [((AT_ONCE,), "every time")]
    assert len(findings) <= 2


class OrderSticks(PretendedSession):
    """A request without a shape is spoilt by one with a shape right before it, in whatever way they were sent."""

    def judge(self, case: Case, *, afresh: bool = False):  # type: ignore[no-untyped-def]
        judgement = super().judge(case, afresh=afresh)
        sends = [(at, one) for at, one in enumerate(case.steps) if isinstance(one, Send)]
        if case.together:
            random.Random(len(sends)).shuffle(sends)
        wrong = [
            Violation("counts", "of the request before", "1", "2", step=at)
            for (_, before), (at, now) in pairwise(sends)
            if "shape" in before.fields and "shape" not in now.fields
        ]
        return type(judgement)(judgement.transcript, tuple(wrong))


def test_what_hangs_on_the_request_before_needs_no_requests_at_the_same_time(tmp_path: Path) -> None:
    findings = hunted(tmp_path, OrderSticks([]))
    assert [one.needs[0] for one in findings] == [SEVERAL]


# The parts.


def case_of(*keys: str) -> Case:
    puts = tuple(Put(key, np.int32(at).tobytes()) for at, key in enumerate(dict.fromkeys(keys)))
    return Case("at-the-same-time", (*puts, *(Send("sum", SUM, key) for key in keys)), together=True)


def test_objects_that_nobody_asks_about_are_left_out() -> None:
    rest = less(case_of("a", "b", "a"), {3})
    assert [step.key for step in rest.steps] == ["a", "a", "a"]


@pytest.mark.parametrize("number", range(5))
def test_in_turn_all_are_asked_and_nothing_is_together(number: int) -> None:
    case = case_of("a", "b", "c")
    other = in_turn(case, number)
    assert not other.together
    assert set(other.steps) == set(case.steps)


def test_plain_cases_are_as_large_as_may_be() -> None:
    assert {requests(one) for one in plain_races("x")} == {MOST_TOGETHER}


# The cases.


@pytest.mark.parametrize("name", ["reference", "reference-v1", "reductionist", "prototype"])
def test_cases_are_of_requests_at_the_same_time_about_objects_that_are_there(name: str) -> None:
    seen: set[int] = set()

    def attempt(case: Case) -> None:
        assert case.together
        assert case.property == "at-the-same-time"
        puts = {(step.bucket, step.key) for step in case.steps if isinstance(step, Put)}
        asked = [step for step in case.steps if isinstance(step, Send | SendRaw)]
        assert {(step.bucket, step.key) for step in asked} == puts
        seen.add(len(asked))

    turn(cases.at_the_same_time(profiles.load(name)), 1, 60, attempt)
    assert {2, MOST_TOGETHER} <= seen
    assert min(seen) > 1


@pytest.mark.parametrize("race", [True, False])
def test_what_looks_known_is_counted_unasked_once_known_causes_have_had_their_share(tmp_path: Path, race: bool) -> None:
    session = Racing([]).spoil(1.0, COUNTS) if race else PretendedSession([needing("missing")])
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    hunter = Hunter(session, ledger, Immortal(), lambda _event: None)  # type: ignore[arg-type]
    asked: list[int] = []

    def attempt(case: Case) -> None:
        before = session.sent + requests(case)
        hunter.try_case(case, PropertyEffort())
        asked.append(session.sent - before)

    turn(cases.at_the_same_time(PROFILE), 3, 20, attempt)
    (finding,) = ledger.findings()
    hunter._triage.spent.requests = 10**9
    turn(cases.at_the_same_time(PROFILE), 4, 20, attempt)
    assert any(asked[:20])
    assert not any(asked[20:])
    assert ledger.seen(finding.id) > finding.seen


def test_requests_at_the_same_time_that_others_spoilt_are_asked_again_beside_those(tmp_path: Path) -> None:
    session = Racing([]).spoil(1.0, COUNTS, least=4)
    ledger = Ledger(tmp_path, "w", Reading(PROFILE))
    triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
    puts = [Put(key, np.arange(3, dtype="<i4").tobytes()) for key in "ab"]
    two = Case("at-the-same-time", (*puts, *(Send("sum", SUM, key) for key in "ab")), together=True)
    passed = session.judge(two)
    assert not passed.failures
    spoilt = Violation("counts", "wrong now", "right", "wrong", way=Way.VALUES, step=3)
    failed = replace(passed, violations=(spoilt,))
    (name,) = triage.look_into(two, failed, Company([two, two], []))
    ledger.flush()
    (finding,) = corpus.load_all(tmp_path)
    assert (finding.id, finding.reproducibility, finding.needs) == (name, "every time", (AT_ONCE,))
    assert requests(finding.case) == 4


def test_a_race_that_another_worker_has_found_meanwhile_is_counted_for_it(tmp_path: Path) -> None:
    session = Racing([]).spoil(1.0, COUNTS)
    ledgers = [Ledger(tmp_path, name, Reading(PROFILE)) for name in ("one", "other")]
    case = case_of("a", "b")
    names = []
    for ledger in ledgers:
        triage = Triage(session, ledger, Immortal())  # type: ignore[arg-type]
        names += triage.look_into(case, session.judge(case))
    (finding,) = corpus.load_all(tmp_path)
    assert names == [finding.id, finding.id]
