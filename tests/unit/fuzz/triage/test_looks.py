"""What is counted for a known finding without a request: what looks like an established one, where proof is dear."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fuzz.findings import corpus
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.rounds import turn
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import CONFIRMATIONS, Looks, one_in_turn, one_of_each_sort
from fuzz.triage.shown import Shown
from fuzz.triage.traits.circumstances import VERY_DATA
from fuzz.triage.trial import Signature, Trial, trial_of
from specs.case import Case
from specs.violation import Aspect, Violation, Way
from strategies.reductions import cases
from tests.unit.pretended import PROFILE, Immortal, PretendedSession, needing

READING = Reading(PROFILE)


def ledger_of_an_earlier_run(folder: Path, examples: int) -> Ledger:
    """Return the ledger of a new run in the folder in which an earlier one has made a finding."""
    session = PretendedSession([needing("stride beyond one")])
    earlier = Ledger(folder, "earlier", READING)
    hunter = Hunter(session, earlier, Immortal(), lambda _: None)  # type: ignore[arg-type]
    turn(cases.reductions(PROFILE), 1, examples, lambda case: hunter.try_case(case, PropertyEffort()))
    earlier.flush()
    return Ledger(folder, "later", READING)


def looks(ledger: Ledger | SimpleNamespace, *, much: bool) -> Looks:
    spent = SimpleNamespace(much=lambda *_share: much, much_comparing=lambda *_share: False, untold=0)
    return Looks(READING, ledger, spent)  # type: ignore[arg-type]


def knowing(way: Shown) -> SimpleNamespace:
    """Return a ledger of one finding that was seen often, and in many ways."""
    return SimpleNamespace(
        shown=lambda: [way],
        looked_like=lambda _wanted, **_roughly: {way.finding},
        confirmations=lambda _name: 99,
        is_flaky=lambda _name: False,
    )


def like_it(way: Shown) -> Trial:
    """Return a trial with the traits of a finding's smallest case, and other numbers."""
    return way.trial.of_scene(replace(way.trial.scene, elements=way.trial.scene.elements + 1))


@pytest.mark.parametrize("much", [False, True])
def test_the_very_case_of_a_finding_is_counted_for_it_if_it_fails_alike(tmp_path: Path, much: bool) -> None:
    ledger = ledger_of_an_earlier_run(tmp_path, 60)
    (way,) = ledger.shown()
    assert looks(ledger, much=much).like(way.trial, way.signature) == way.finding
    for otherwise in (
        replace(way.signature, way=Way.SERVER_ERROR),
        replace(way.signature, aspect=Aspect.COUNTS),
        replace(way.signature, faults=frozenset({"dtype"})),
    ):
        assert looks(ledger, much=much).like(way.trial, otherwise) is None
    assert looks(ledger, much=much).like(like_it(way), way.signature) is None


def test_what_an_earlier_run_has_seen_often_needs_one_proof_in_this_run(tmp_path: Path) -> None:
    ledger = ledger_of_an_earlier_run(tmp_path, 60)
    (way,) = ledger.shown()
    (finding,) = ledger.findings()
    assert finding.seen >= CONFIRMATIONS
    assert looks(ledger, much=True).like(like_it(way), way.signature) is None
    ledger.again(finding.id, way.signature)
    assert looks(ledger, much=True).like(like_it(way), way.signature) == finding.id
    assert looks(ledger, much=False).like(like_it(way), way.signature) is None


def test_what_fails_in_a_way_of_its_own_needs_a_proof_too(tmp_path: Path) -> None:
    ledger = ledger_of_an_earlier_run(tmp_path, 60)
    (way,) = ledger.shown()
    ledger.again(way.finding, way.signature)
    shorter = replace(way.signature, aspect=Aspect.LENGTH)
    assert shorter.look == way.signature.look
    assert looks(ledger, much=True).like(like_it(way), shorter) is None
    ledger.again(way.finding, shorter)
    assert looks(ledger, much=True).like(like_it(way), shorter) == way.finding


def test_what_is_refused_by_another_code_needs_a_proof_too(tmp_path: Path) -> None:
    ledger = ledger_of_an_earlier_run(tmp_path, 60)
    (way,) = ledger.shown()
    not_found = replace(way.signature, way=Way.REFUSED, aspect=Aspect.NONE, status=404)
    refused = replace(not_found, status=400)
    ledger.again(way.finding, not_found)
    assert looks(ledger, much=True).like(like_it(way), not_found) == way.finding
    assert looks(ledger, much=True).like(like_it(way), refused) is None


def test_requests_at_the_same_time_are_counted_for_what_each_of_them_looks_like(tmp_path: Path) -> None:
    ledger = ledger_of_an_earlier_run(tmp_path, 60)
    (way,) = ledger.shown()
    put, send = like_it(way).case.steps
    case = Case("at-the-same-time", (put, send, send), together=True)
    judgement = PretendedSession([needing("stride beyond one")]).judge(case)
    assert looks(ledger, much=True).believed(case, judgement) is None
    ledger.again(way.finding, way.signature)
    assert looks(ledger, much=True).believed(case, judgement) == [way.finding] * 2


@pytest.mark.parametrize("much", [False, True])
def test_what_is_slow_is_counted_as_soon_as_it_looks_like_what_was_seen_once(tmp_path: Path, much: bool) -> None:
    ledger = ledger_of_an_earlier_run(tmp_path, 60)
    (way,) = ledger.shown()
    assert looks(ledger, much=much).like(like_it(way), way.signature, slow=True) is None
    ledger.again(way.finding, way.signature)
    assert looks(ledger, much=much).like(like_it(way), way.signature, slow=True) == way.finding


def test_a_flaky_finding_stands_for_no_failure_that_was_not_sent_again(tmp_path: Path) -> None:
    ledger_of_an_earlier_run(tmp_path, 60)
    (finding,) = corpus.load_all(tmp_path)
    corpus.save(tmp_path, replace(finding, reproducibility="flaky", needs=()), {})
    ledger = Ledger(tmp_path, "flaky", READING)
    (way,) = ledger.shown()
    ledger.again(finding.id, way.signature)
    assert finding.seen >= CONFIRMATIONS
    assert looks(ledger, much=True).like(like_it(way), way.signature) is None
    assert ledger.fleeting(way.signature) == finding.id


@pytest.mark.parametrize(("needs", "alike"), [((VERY_DATA, "compression"), True), ((VERY_DATA,), False)])
def test_what_fails_slowly_for_particular_data_is_not_proved_by_other_data_each_time(
    needs: tuple[str, ...], alike: bool
) -> None:
    trial = trial_of(case_of(Scene("sum", "int32", np.arange(3, dtype="int32"), compression="gzip"), "x"), READING)
    way = Shown("codec", trial, Signature(Way.REFUSED), needs)
    seen = knowing(way)
    other = like_it(way)
    of_another_kind = replace(way.signature, way=Way.SERVER_ERROR)
    assert of_another_kind.family == way.signature.family
    assert looks(seen, much=True).like(other, way.signature) is None
    assert looks(seen, much=True).like(other, way.signature, slow=True) == ("codec" if alike else None)
    assert looks(seen, much=True).like(other, of_another_kind, slow=True) is None


@pytest.mark.parametrize(("needs", "widely"), [((), False), (("operation",), True)])
def test_what_needs_nothing_stands_only_for_what_fails_just_like_it(needs: tuple[str, ...], widely: bool) -> None:
    trial = trial_of(case_of(Scene("sum", "int32", np.arange(3, dtype="int32")), "x"), READING)
    way = Shown("plain", trial, Signature(Way.VALUES, aspect=Aspect.VALUES), needs)
    seen = knowing(way)
    several = looks(seen, much=True)
    assert several.like(like_it(way), way.signature) == "plain"
    for otherwise in (replace(way.signature, way=Way.REFUSED), replace(way.signature, aspect=Aspect.SHAPE)):
        assert otherwise.look == way.signature.look
        assert several.like(like_it(way), otherwise) == ("plain" if widely else None)


def test_of_failures_of_one_sort_one_is_compared_and_each_has_its_turn() -> None:
    def failed(step: int, aspect: str) -> tuple[int, Violation]:
        return step, Violation("a requirement", "a title", "1", "2", aspect=aspect, step=step)

    failures = [failed(0, Aspect.VALUES), failed(1, Aspect.COUNTS), failed(2, Aspect.VALUES), failed(4, Aspect.VALUES)]
    chosen = [[step for step, _ in one_of_each_sort(failures, number)] for number in (0, 2, 4)]
    assert chosen == [[0, 1], [2, 1], [4, 1]]
    one_at_all = [one_in_turn(one_of_each_sort(failures, number), number)[0][0] for number in range(6)]
    assert one_at_all == [0, 1, 2, 1, 4, 1]
