"""One bug that shows in requests of several kinds gives one finding, whichever of them fails first."""

from __future__ import annotations

import zlib
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzz.subjects.reductions.reads_as import LENGTHS_KEPT, SHAPE_OF_DATA
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.accumulating import AccumulatorNotReset, MaxSkipsTheLast
from fuzz.subjects.reductions.zoo.answering import SelectTellsTheDataShape
from fuzz.subjects.reductions.zoo.axes import ReducedAxesKept
from fuzz.subjects.reductions.zoo.decoding import UndecodableDataTakenAsItIs
from fuzz.subjects.reductions.zoo.layouts import FortranOrderSwapsTwoAxes
from fuzz.subjects.reductions.zoo.missing import ValidMinComparedSigned
from fuzz.subjects.reductions.zoo.trusting import AnyPartWillDo
from fuzz.triage.ledger import Ledger
from fuzz.triage.minimal import minimal
from fuzz.triage.same import is_plainer
from fuzz.triage.shown import Shown
from fuzz.triage.triage import Triage
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.dtypes import Array
from specs.reductions.steps import Put, Send
from tests.unit.broken import found_in_turn, lab_with, session_with
from tests.unit.pretended import Immortal

ELEVEN = np.arange(1, 12)


def maximum(elements: Array, **fields: Any) -> Case:
    send = Send("max", Fields({"dtype": str(elements.dtype), **fields}), "a")
    return Case("x", (Put("a", elements.tobytes()), send))


def total(length: int, **fields: Any) -> Case:
    send = Send("sum", Fields({"dtype": "int64", **fields}), "a")
    return Case("x", (Put("a", np.arange(1, length + 1).tobytes()), send))


SEVERAL = (
    maximum(ELEVEN.astype("int64")),
    maximum(np.where(ELEVEN == 11, np.nan, ELEVEN)),
    maximum(np.arange(1, 28, dtype="int32"), shape=[3, 9], axis=1),
)


def in_f_order(operation: str, **fields: Any) -> Case:
    send = Send(operation, Fields({"dtype": "int32", "shape": [2, 3, 4, 5], "order": "F", **fields}), "a")
    return Case("x", (Put("a", np.arange(1, 121, dtype="int32").tobytes()), send))


# In each of these more is asked than in the next one.
IN_F_ORDER = (
    in_f_order("sum", selection=[[0, 2, 3], [0, 2, 1], [0, 3, 1], [1, 4, 2]]),
    in_f_order("max", axis=0),
    in_f_order("select"),
)


@pytest.mark.parametrize("order", list(permutations(range(len(IN_F_ORDER)))))
def test_axes_that_are_exchanged_are_one_finding_whatever_is_asked_about_them(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    findings = found_in_turn(tmp_path, (IN_F_ORDER[one] for one in order), FortranOrderSwapsTwoAxes)
    assert [one.reads_as for one in findings] == [
        "the answer for data of which the first and the last axis alone are exchanged"
    ]


@pytest.mark.parametrize("reduced", [True, False])
def test_a_finding_that_was_not_reduced_to_the_end_gives_its_place_to_the_cause_of_its_case(*, reduced: bool) -> None:
    with lab_with(AccumulatorNotReset) as lab:
        cases = (total(24, shape=[4, 6], axis=1), total(37, offset=8, shape=[4, 9], axis=1))
        cause, whole = (trial_of(one, lab.session.reading) for one in cases)
        seen = lab.ask(cause)[0]
        way = Shown("", cause, seen.signature, minimal(cause, seen, lab).needs)
        one = Shown("cut short", whole, lab.ask(whole)[0].signature, (), reduced=reduced)
        assert way.needs
        assert is_plainer(way, one, lab) is not reduced


@pytest.mark.parametrize("order", list(permutations(range(len(SEVERAL)))))
def test_a_maximum_without_the_last_element_is_one_finding_with_numbers_and_nan_and_along_an_axis(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    findings = found_in_turn(tmp_path, (SEVERAL[one] for one in order), MaxSkipsTheLast)
    assert [one.seen for one in findings] == [len(SEVERAL)]


UNSIGNED = np.array([1, 7, 2**31 + 5], "uint32")
# Compared as signed numbers, the last element is less than each of these bounds.
OF_BOUNDS = (
    maximum(UNSIGNED, missing={"valid_min": 3}),
    maximum(UNSIGNED, missing={"valid_range": [3, 2**32 - 1]}),
    maximum(UNSIGNED[2:], missing={"valid_min": 3}),
)


@pytest.mark.parametrize("order", list(permutations(range(len(OF_BOUNDS)))))
def test_bounds_compared_as_signed_numbers_are_one_finding_however_they_are_told(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    findings = found_in_turn(tmp_path, (OF_BOUNDS[one] for one in order), ValidMinComparedSigned)
    assert [one.seen for one in findings] == [len(OF_BOUNDS)]


ANOTHER_PART = (
    Case(
        "x",
        (
            Put("a", np.array([0, 0, 2, 3, 1], "int32").tobytes(), served="another-range"),
            Send("max", Fields({"dtype": "int32", "offset": 8, "size": 12}), "a"),
        ),
    ),
    Case(
        "x",
        (
            Put("a", np.array([1, 2, 3, 0], "int32").tobytes(), served="another-range"),
            Send("select", Fields({"dtype": "int32", "size": 12}), "a"),
        ),
    ),
)


@pytest.mark.parametrize("turned", [False, True])
def test_a_part_of_the_object_that_was_not_asked_for_is_one_finding_wherever_it_lies(
    *, turned: bool, tmp_path: Path
) -> None:
    findings = found_in_turn(tmp_path, reversed(ANOTHER_PART) if turned else ANOTHER_PART, AnyPartWillDo)
    assert [one.seen for one in findings] == [2]


def shaped(operation: str, *shape: int, **fields: Any) -> Case:
    data = np.arange(1, 1 + np.prod(shape), dtype="int32").tobytes()
    return Case("x", (Put("a", data), Send(operation, Fields({"dtype": "int32", "shape": [*shape], **fields}), "a")))


@pytest.mark.parametrize(
    ("animal", "cases", "words"),
    [
        (
            SelectTellsTheDataShape,
            (shaped("select", 3, selection=[[0, 2, 1]]), shaped("select", 1, 9, selection=[[0, 1, 1], [3, 3, -10]])),
            SHAPE_OF_DATA,
        ),
        (
            ReducedAxesKept,
            (
                shaped("sum", 3, 4, axis=1),
                shaped("max", 3, 4, 2, axis=[2], selection=[[0, 3, 2], [1, 3, 1], [0, 2, 1]]),
            ),
            LENGTHS_KEPT,
        ),
    ],
)
def test_a_wrong_shape_is_known_by_what_it_is_right_for(
    animal: type[ReferenceServer], cases: tuple[Case, Case], words: str, tmp_path: Path
) -> None:
    with session_with(animal) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        costs = []
        for case in cases:
            judgement, before = session.judge(case), session.sent
            triage.look_into(case, judgement)
            costs.append(session.sent - before)
    (finding,) = ledger.findings()
    assert words in {finding.reads_as, *finding.reads_also}
    assert costs[1] <= 6


def stored(data: bytes, codec: str, **fields: Any) -> Case:
    send = Send("select", Fields({"dtype": "int32", "compression": {"id": codec}, **fields}), "a")
    return Case("x", (Put("a", data), send))


STREAM = zlib.compress(np.arange(1, 9, dtype="int32").tobytes())
# Each is refused, or may be, for another reason.
UNFIT = (
    stored(b"this is no stream at all", "gzip"),
    stored(STREAM + bytes(range(1, 1 + -len(STREAM) % 4 + 4)), "zlib"),
    stored(STREAM[:-4] + b"abcd" + bytes(-len(STREAM) % 4), "zlib"),
)


@pytest.mark.parametrize("order", list(permutations(range(len(UNFIT)))))
def test_data_that_is_taken_as_it_is_is_one_finding_whatever_makes_it_unfit(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    findings = found_in_turn(tmp_path, [UNFIT[number] for number in order], UndecodableDataTakenAsItIs)
    assert [one.seen for one in findings] == [3]
