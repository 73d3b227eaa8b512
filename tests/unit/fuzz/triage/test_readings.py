"""What a wrong answer is right for tells a known cause at little cost, and only where the cause is there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from fuzz.subjects.reductions.alterations import ALL_BUT_THE_LAST
from fuzz.subjects.reductions.misread_slices import OTHER_SLICES
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.answering import ShapeAsBytesIgnored
from fuzz.subjects.reductions.zoo.fetching import RangeEndExclusive
from fuzz.subjects.reductions.zoo.missing import ExtremesStartWithAMissingElement
from fuzz.subjects.reductions.zoo.selections import SlicesReversedInFortranOrder
from fuzz.triage.lab import Lab
from fuzz.triage.minimal import minimal
from fuzz.triage.readings import (
    explained_by_reading,
    fails_with_siblings,
    reads_as_with_other_data,
    telling_needs,
)
from fuzz.triage.shown import Explained, Shown
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.dtypes import Array
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from tests.unit.broken import lab_with
from tests.unit.pretended import Immortal

PROFILE = profiles.load("reference")
LAST_BYTE = "the answer for data whose last byte is zero"


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_with(RangeEndExclusive) as lab:
        yield lab


def asked(operation: str, dtype: str, numbers: list[int], **fields: object) -> Trial:
    data = np.array(numbers, dtype).tobytes()
    send = Send(operation, Fields({"dtype": dtype, "size": len(data), **fields}), "a")
    return trial_of(Case("x", (Put("a", data), send)), Reading(PROFILE))


def known(lab: Lab) -> Shown:
    trial = asked("select", "int32", [1, 2, -3])
    found = minimal(trial, lab.ask(trial)[0], lab)
    words = found.trial.reading.reads_as(found.trial, found.seen, StoreFacts())
    return Shown("known", found.trial, found.seen.signature, found.needs, frozenset(), words)


def test_needs_that_merely_show_a_difference_do_not_tell_a_cause(lab: Lab) -> None:
    way = known(lab)
    assert "negative values" in way.needs
    assert telling_needs(way, LAST_BYTE, StoreFacts()) == {"size"}


def test_a_failure_that_reads_as_a_known_one_is_explained_by_two_requests(lab: Lab) -> None:
    way = known(lab)
    trial = asked("max", "int64", [5, -1], shape=[2, 1], axis=[0])
    seen = lab.ask(trial)[0]
    before = lab.asked
    assert explained_by_reading(trial, seen, [way], lab) == Explained("known")
    assert lab.asked == before + 2


def test_a_failure_that_stays_without_the_telling_need_is_not_explained(lab: Lab) -> None:
    way = known(lab)
    trial = asked("max", "uint64", [5, 2**64 - 1])
    seen = lab.ask(trial)[0]
    stays = Lab(lab.session, Immortal())
    stays.fails = lambda _trial, _wanted, *, again=False: seen  # type: ignore[method-assign]  # noqa: ARG005
    assert explained_by_reading(trial, seen, [way], stays) is None


def test_a_failure_with_a_dtype_with_which_the_known_case_would_show_and_passes_is_not_explained(lab: Lab) -> None:
    way = known(lab)
    trial = asked("select", "int64", [5, -1])
    seen = lab.ask(trial)[0]
    assert LAST_BYTE in trial.reading.reads_as(trial, seen, StoreFacts())
    assert explained_by_reading(trial, seen, [way], lab) == Explained("known")
    passing = Lab(lab.session, Immortal())
    passing.fails = lambda _trial, _wanted, *, again=False: None  # type: ignore[method-assign]  # noqa: ARG005
    assert explained_by_reading(trial, seen, [way], passing) is None


def test_what_begins_at_a_missing_element_is_one_cause_for_both_extremes() -> None:
    words = "the answer of a comparison that begins at the first element, missing or not"
    least = asked("min", "int32", [1, 2, 3], missing={"missing_value": 1})
    most = asked("max", "int32", [3, 1, 2], missing={"valid_max": 2})
    with lab_with(ExtremesStartWithAMissingElement) as lab:
        seen = lab.ask(least)[0]
        one = Shown("known", least, seen.signature, ("missing", "operation"), frozenset(), frozenset({words}))
        assert fails_with_siblings(one, most, words, lab)
    with lab_with(RangeEndExclusive) as lab:
        assert not fails_with_siblings(one, most, words, lab)


def test_a_mistake_that_no_answer_to_the_sibling_can_show_is_not_held_against_the_cause() -> None:
    without_shape = asked("select", "int32", [1, 2, 3], option_shape_as_bytes=True)
    along = asked("min", "int32", [1, 2, 3, 4], shape=[2, 2], axis=0, option_shape_as_bytes=True)
    with lab_with(ShapeAsBytesIgnored) as lab:
        found = minimal(without_shape, lab.ask(without_shape)[0], lab)
        words = found.trial.reading.reads_as(found.trial, found.seen, StoreFacts())
        way = Shown("known", found.trial, found.seen.signature, found.needs, frozenset(), words)
        assert explained_by_reading(along, lab.ask(along)[0], [way], lab) == Explained("known")


def test_a_trait_that_stays_for_those_within_it_is_told_by_these() -> None:
    slices = {"order": "F", "selection": [[0, 2, 1], [0, 3, 2]]}
    others = {"order": "F", "axis": [1], "selection": [[-3, 2, 1], [0, 3, 2]]}
    with lab_with(SlicesReversedInFortranOrder) as lab:
        plain, trial = (asked("select", "int32", [*range(9)], shape=[3, 3], **one) for one in (slices, others))
        found = minimal(plain, lab.ask(plain)[0], lab)
        words = found.trial.reading.reads_as(found.trial, found.seen, StoreFacts())
        way = Shown("known", found.trial, found.seen.signature, found.needs, frozenset(), words)
        assert "shape" not in telling_needs(way, OTHER_SLICES, StoreFacts())
        before = lab.asked
        assert explained_by_reading(trial, lab.ask(trial)[0], [way], lab) == Explained("known")
        assert lab.asked <= before + 5


class SumIsThree(ReferenceServer):
    """A server for which every sum is three."""

    def reduce_sum(self, array: Array) -> Array:
        return np.full_like(super().reduce_sum(array), 3)


class SumSkipsTheLast(ReferenceServer):
    """A server that adds up all elements but the last."""

    def reduce_sum(self, array: Array) -> Array:
        return super().reduce_sum(array[..., :-1])


@pytest.mark.parametrize(("animal", "confirmed"), [(SumIsThree, False), (SumSkipsTheLast, True)])
def test_an_answer_reads_so_only_where_other_data_reads_so_too(
    animal: type[ReferenceServer], *, confirmed: bool
) -> None:
    trial = asked("sum", "int64", [1, 2, 3])
    with lab_with(animal) as lab:
        (seen,) = lab.ask(trial)
        words = trial.reading.reads_as(trial, seen, StoreFacts())
        assert ALL_BUT_THE_LAST in words
        # Where some are asked about, no others are told.
        for among in ({ALL_BUT_THE_LAST}, {LAST_BYTE, ALL_BUT_THE_LAST}, {LAST_BYTE}, frozenset[str]()):
            assert trial.reading.reads_as(trial, seen, StoreFacts(), among) == words & among
        assert (ALL_BUT_THE_LAST in reads_as_with_other_data(trial, seen, lab)) is confirmed
