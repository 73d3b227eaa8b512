"""The least that a trial needs: exactly what the failure takes, each part of it proved by asking."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.running.session import Judgement
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of
from fuzz.subjects.reductions.traits.scenes import INCIDENTAL
from fuzz.subjects.reductions.zoo.accumulating import MaxSkipsTheLast
from fuzz.subjects.reductions.zoo.decoding import LongStreamsFedInPieces
from fuzz.subjects.reductions.zoo.missing import ValidMinExclusive
from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import Smallest, minimal, shortened, taken_apart
from fuzz.triage.plainer import plainer
from fuzz.triage.traits import closure, has, narrow, present, project, without
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send, SendRaw
from tests.unit.broken import lab_with
from tests.unit.pretended import PROFILE, Bug, Immortal, PretendedSession, needing, rich

NEEDS = (
    "option_count_as_bytes",
    "offset",
    "compression",
    "several gzip members",
    "two filters",
    "shuffle_simd",
    "byte_order",
    "missing",
    "missing_values",
    "axis",
    "selection",
    "reversed selection",
    "stride beyond one",
    "order F",
    "several dimensions",
    "another sender",
    "fractions",
    "large values",
)
OF_SLICES = {"reversed selection", "stride beyond one"}
PLENTY = 5000
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Two traits of slices may stand in two dimensions, which no reduction makes one.
CONJUNCTIONS = st.sets(st.sampled_from(NEEDS), min_size=1, max_size=4).filter(lambda names: not names >= OF_SLICES)


class Noting(PretendedSession):
    """Notes what came of each case."""

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        judgement = super().judge(case, afresh=afresh)
        self.came = {**getattr(self, "came", {}), case: bool(judgement.failures)}
        return judgement


def reduced(session: PretendedSession, trial: Trial, budget: int = PLENTY) -> Smallest:
    lab = Lab(session, Immortal())  # type: ignore[arg-type]
    with lab.budget(PLENTY):
        first = lab.ask(trial)[0]
    with lab.budget(budget):
        return minimal(trial, first, Lab(session, Immortal()) if budget < PLENTY else lab)  # type: ignore[arg-type]


def smallest_of(bugs: Sequence[Bug], scene: Scene) -> Smallest:
    return reduced(PretendedSession(bugs), trial_of(case_of(scene, "reduction"), Reading(PROFILE)))


def rich_trial() -> Trial:
    return trial_of(case_of(rich(), "reduction"), Reading(PROFILE))


@given(CONJUNCTIONS)
@SLOW
def test_the_needs_are_what_the_failure_takes_and_nothing_else(names: set[str]) -> None:
    session = Noting([needing(*names)])
    smallest = reduced(session, rich_trial())
    # Fractions take a float.
    assert set(smallest.needs) - ({"dtype"} if "fractions" in names else set()) == set(narrow(names, Reading(PROFILE)))
    assert smallest.unproved == ()
    for name in smallest.needs:
        plain = without(smallest.trial, name)
        assert plain is not None
        assert session.came[plain.case] is False
    assert session.judge(project(rich_trial(), closure(smallest.needs, Reading(PROFILE))).case).failures
    assert session.judge(smallest.trial.case).failures


@given(CONJUNCTIONS, st.integers(0, 60))
@SLOW
def test_out_of_budget_no_need_is_told_that_was_not_asked(names: set[str], budget: int) -> None:
    session = Noting([needing(*names)])
    lab = Lab(session, Immortal())  # type: ignore[arg-type]
    trial = rich_trial()
    with lab.budget(1):
        seen: Seen = lab.ask(trial)[0]
    begun = session.sent
    with lab.budget(budget):
        smallest = minimal(trial, seen, lab)
    assert session.sent - begun <= budget
    for name in smallest.needs:
        plain = without(smallest.trial, name)
        assert plain is not None
        assert session.came[plain.case] is False
    told = {*closure(smallest.needs, Reading(PROFILE)), *closure(smallest.unproved, Reading(PROFILE)), *INCIDENTAL}
    assert set(present(smallest.trial)) <= told
    assert set(names) <= told
    assert not set(smallest.needs) & set(smallest.unproved)


@pytest.mark.parametrize("name", NEEDS)
def test_one_need_is_kept_and_named(name: str) -> None:
    smallest = smallest_of([needing(name)], rich())
    scene = smallest.trial.scene
    assert scene is not None
    assert name in smallest.needs
    assert scene.operation == "select"
    assert scene.dtype.startswith("float" if name == "fractions" else "int32")


def test_a_failure_of_everything_ends_at_the_plainest_request() -> None:
    smallest = smallest_of([needing()], rich())
    assert smallest.trial.case.steps[-1] == Send("select", Fields({"dtype": "int32"}), "a")
    assert (smallest.needs, smallest.unproved) == ((), ())


def test_a_reduction_does_not_slip_to_another_family() -> None:
    hang = replace(needing("byte_order"), way=needing().way.SILENT)
    smallest = smallest_of([needing("missing", "axis"), hang], rich(byte_order=None))
    assert set(smallest.needs) == {"missing", "axis"}


def test_of_many_elements_few_cases_are_tried() -> None:
    """Each of them costs seconds, of storing, reading and comparing."""
    scene = rich()
    flat = replace(scene, elements=np.resize(scene.elements, 100_000), shape=(100_000,), selection=None, axis=None)
    sizes: list[int] = []

    def spoils(trial: Trial, _: object) -> bool:
        sizes.append(0 if trial.scene is None else trial.scene.elements.size)
        return has(trial, "missing")

    smallest = smallest_of([Bug(spoils)], flat)
    assert smallest.trial.scene is not None
    assert smallest.trial.scene.elements.size <= 5
    assert sum(size > 50_000 for size in sizes) <= 8


@pytest.mark.parametrize("depth", [3, 900, 5000])
def test_what_nests_deeply_is_made_plainer_too(depth: int) -> None:
    """Python reads deeper JSON than it writes, and how deep hangs on where it is asked to."""
    body = b'{"dtype": "int32", "shape": ' + b"[" * depth + b"]" * depth + b"}"
    raw = SendRaw("POST", "/v2/sum/", (("Content-Type", "application/json"),), body, "a")
    nested: list[object] = []
    for _ in range(depth):
        nested = [nested]
    send = Send("sum", Fields({"dtype": "int32", "shape": nested}), "a")
    put = Put("a", bytes(4))
    shape = without(trial_of(Case("abuse", (put, send)), Reading(PROFILE)), "shape")
    assert shape is not None
    assert shape.case.steps[1] == replace(send, fields=Fields({"dtype": "int32"}))
    assert list(plainer(trial_of(Case("abuse", (put, send)), Reading(PROFILE))))
    several = [one.last for one in plainer(trial_of(Case("raw", (put, raw)), Reading(PROFILE)))]
    assert any(isinstance(one, SendRaw) and len(one.body) < len(body) for one in several)


def of_lengths(length: int, *names: str) -> Bug:
    """A bug about sums whose number of elements leaves 1 when divided by a length, and that have some traits."""

    def spoils(trial: Trial, _: frozenset[Rule]) -> bool:
        scene = trial.scene
        several = scene is not None and scene.operation == "sum" and scene.elements.size > length
        return several and scene.elements.size % length == 1 and all(has(trial, name) for name in names)

    return Bug(spoils)


def summed(count: int, dtype: str) -> Scene:
    return Scene("sum", dtype, np.arange(count).astype(dtype) % 97 + 1)


@pytest.mark.parametrize("count", [129, 8193])
def test_a_failure_that_takes_a_length_does_not_take_the_dtype_that_had_it(count: int) -> None:
    smallest = smallest_of([of_lengths(64)], summed(count, "uint64"))
    assert "dtype" not in smallest.needs
    assert "operation" in smallest.needs


def test_a_failure_that_takes_a_length_and_a_dtype_takes_both() -> None:
    smallest = smallest_of([of_lengths(64, "dtype")], summed(8193, "uint64"))
    assert {"dtype", "operation"} <= set(smallest.needs)


def test_a_failure_of_many_bytes_does_not_take_large_elements() -> None:
    """Of a float the lowest bytes may be zero anyway, so that the numbers that show the loss of them seem to matter."""
    data = zlib.compress(np.full(1435, 0.2).tobytes())
    asked = Fields({"dtype": "float64", "compression": {"id": "zlib"}})
    with lab_with(LongStreamsFedInPieces) as lab:
        trial = trial_of(Case("x", (Put("a", data), Send("select", asked, "a"))), lab.session.reading)
        smallest = minimal(trial, lab.ask(trial)[0], lab)
    assert set(smallest.needs) == {"compression", "many elements"}


@pytest.mark.parametrize(("names", "most"), [(("operation",), 16), (("many elements",), 4096)])
def test_very_much_data_is_cut_down_before_it_is_looked_at_if_less_fails_too(names: tuple[str, ...], most: int) -> None:
    lab = Lab(PretendedSession([needing(*names)]), Immortal())  # type: ignore[arg-type]
    trial = trial_of(case_of(summed(2**17, "int32"), "reduction"), Reading(PROFILE))
    with lab.budget(PLENTY):
        less, seen = shortened(trial, lab.ask(trial)[0], lab)
    assert less.scene.elements.size == most
    assert seen.judgement.transcript.case == less.case


def test_a_case_that_needs_much_is_reduced_from_its_plainer_data_once_more() -> None:
    data = np.append(np.resize(np.arange(1, 4, dtype="<u4"), 9 * 3 * 5 - 1), np.uint32(999)).tobytes()
    asked = Fields({"dtype": "uint32", "shape": [9, 3, 5], "axis": [0, 1]})
    with lab_with(MaxSkipsTheLast) as lab:
        trial = trial_of(Case("x", (Put("a", data), Send("max", asked, "a"))), lab.session.reading)
        smallest = minimal(trial, lab.ask(trial)[0], lab)
    assert set(smallest.needs) == {"particular lengths", "the extreme at an end", "operation"}


@pytest.mark.parametrize("stands", [True, False])
def test_what_was_kept_as_it_stands_is_taken_apart_once_it_is_small(*, stands: bool) -> None:
    scene = Scene("select", "float64", np.arange(1.0, 25.0), byte_order="big", missing=("valid_min", 1.0))
    with lab_with(ValidMinExclusive) as lab:
        whole = trial_of(case_of(scene, "x"), lab.session.reading)
        trial = replace(whole, as_it_stands=True) if stands else whole
        smallest = minimal(trial, lab.ask(trial)[0], lab)
        again = taken_apart(smallest, lab)
        assert ("valid bounds" in smallest.needs) is not stands
        assert (again is not None) is stands
        if again is not None:
            assert minimal(*again, lab).needs == ("valid bounds",)
