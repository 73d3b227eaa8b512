"""A failure that was reduced to a case of another bug is reduced anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.zoo.answering import SelectTellsTheDataShape, ShapeOptionDecidesForCounts
from fuzz.subjects.reductions.zoo.byte_orders import DefaultByteOrderIsBig
from fuzz.subjects.reductions.zoo.credentials import SecretCutAtColon
from fuzz.subjects.reductions.zoo.fetching import SizeIgnoredAtOffsetZero
from fuzz.subjects.reductions.zoo.floats import SelectThroughFloat32, Uint64SelectThroughFloat
from fuzz.subjects.reductions.zoo.layouts import FortranOrderIgnored, FortranOrderSwapsTwoAxes
from fuzz.subjects.reductions.zoo.missing import (
    MissingIgnoredAlongAxes,
    OnlyFirstOfMissingValues,
    SelectCountsMissing,
)
from fuzz.subjects.reductions.zoo.selections import FarNegativeBoundWrapsAround
from fuzz.subjects.reductions.zoo.trusting import PartsEndEarly
from fuzz.triage.minimal import minimal
from fuzz.triage.slips import of_its_own
from fuzz.triage.trial import Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.steps import Put, Send
from tests.unit.broken import found_in_turn, lab_with

PROFILE = profiles.load("reference")


def asked(operation: str, dtype: str, **fields: object) -> Trial:
    data = np.arange(1, 10).astype(dtype).tobytes()
    send = Send(operation, Fields({"dtype": dtype, "shape": [3, 3], **fields}), "a")
    return trial_of(Case("x", (Put("a", data), send)), Reading(PROFILE))


def test_a_sum_that_was_reduced_to_a_select_of_another_bug_is_reduced_as_a_sum() -> None:
    trial = asked("sum", "int32", axis=[0], missing={"missing_value": 2})
    with lab_with(MissingIgnoredAlongAxes, SelectCountsMissing) as lab:
        seen = lab.ask(trial)[0]
        slipped = minimal(trial, seen, lab)
        assert slipped.trial.last.operation == "select"
        own = of_its_own(slipped, trial, seen, lab)
        assert own is not None
        assert own.trial.last.operation == "sum"
        assert set(own.needs) == {"missing", "axis", "operation"}


def test_a_sum_that_fails_as_its_plainest_case_does_is_left_as_it_is() -> None:
    trial = asked("sum", "int32", axis=[0], missing={"missing_values": [2, 3]})
    with lab_with(OnlyFirstOfMissingValues) as lab:
        seen = lab.ask(trial)[0]
        assert of_its_own(minimal(trial, seen, lab), trial, seen, lab) is None


def test_a_mistake_that_the_failed_operation_cannot_show_is_no_slip() -> None:
    trial = asked("sum", "int32", order="F", axis=[0])
    with lab_with(FortranOrderIgnored) as lab:
        seen = lab.ask(trial)[0]
        smallest = minimal(trial, seen, lab)
        assert smallest.trial.last.operation == "select"
        assert of_its_own(smallest, trial, seen, lab) is None


def test_a_sender_who_may_not_read_the_smallest_case_shows_no_slip() -> None:
    send = Send("select", Fields({"dtype": "int32", "option_count_as_bytes": 0.5}), "a", "public", credentials=None)
    trial = trial_of(Case("x", (Put("a", bytes(8), "public"), send)), Reading(PROFILE))
    with lab_with(ShapeOptionDecidesForCounts) as lab:
        seen = lab.ask(trial)[0]
        smallest = minimal(trial, seen, lab)
        assert smallest.trial.last.credentials == "owner"
        assert of_its_own(smallest, trial, seen, lab) is None


def test_a_case_that_needs_what_the_failure_lacks_is_of_another_bug() -> None:
    trial = asked("sum", "int32", selection=[[-5, 3, 1], [0, 3, 1]])
    with lab_with(SelectTellsTheDataShape, FarNegativeBoundWrapsAround) as lab:
        seen = lab.ask(trial)[0]
        slipped = minimal(trial, seen, lab)
        assert slipped.trial.last.operation == "select"
        assert slipped.needs == ("part of a dimension",)
        own = of_its_own(slipped, trial, seen, lab)
        assert own is not None
        assert "bounds before the beginning" in own.needs


def test_what_spoils_the_plainest_request_of_the_owner_is_not_what_others_meet() -> None:
    send = Send("select", Fields({"dtype": "uint64"}), "a", "public", credentials=None)
    data = np.array([2**63 + 1, 2, 3], "uint64").tobytes()
    trial = trial_of(Case("x", (Put("a", data, "public"), send)), Reading(PROFILE))
    with lab_with(SecretCutAtColon, Uint64SelectThroughFloat) as lab:
        seen = lab.ask(trial)[0]
        slipped = minimal(trial, seen, lab)
        assert (slipped.needs, slipped.trial.last.credentials) == ((), "owner")
        own = of_its_own(slipped, trial, seen, lab)
        assert own is not None
        assert own.trial.last.credentials is None
        assert set(own.needs) == {"another sender", "huge values", "dtype"}


def test_a_mistake_that_shows_in_another_way_with_the_failed_operation_is_no_slip() -> None:
    selection = [[0, 2, 1], [0, 2, 1], [0, 1, 1], [0, 2, 1]]
    fields = {"dtype": "int32", "shape": [2, 3, 2, 2], "order": "F", "selection": selection}
    send = Send("count", Fields({**fields, "missing": {"valid_max": 3}}), "a")
    trial = trial_of(Case("x", (Put("a", np.arange(1, 25, dtype="<i4").tobytes()), send)), Reading(PROFILE))
    with lab_with(FortranOrderSwapsTwoAxes) as lab:
        seen = lab.ask(trial)[0]
        smallest = minimal(trial, seen, lab)
        assert smallest.trial.last.operation == "select"
        assert smallest.seen.signature.aspect != seen.signature.aspect
        assert of_its_own(smallest, trial, seen, lab) is None


def test_what_is_right_for_another_request_than_a_cause_that_needs_nothing_is_no_case_of_it(tmp_path: Path) -> None:
    put, fractions = Put("a", np.arange(1, 10, dtype="int32").tobytes()), np.array([1.1, 2.2, 3.3, 4.4]).tobytes()
    plain = Case("x", (put, Send("sum", Fields({"dtype": "int32"}), "a")))
    rounded = Send("select", Fields({"dtype": "float64", "byte_order": "little"}), "a")
    several = (plain, Case("x", (Put("a", fractions), rounded)))
    findings = found_in_turn(tmp_path, several, DefaultByteOrderIsBig, SelectThroughFloat32)
    assert [(one.needs, one.seen) for one in findings] == [((), 1), (("byte_order", "fractions", "float64"), 1)]


def test_what_a_store_must_do_for_it_to_fail_is_no_case_of_a_bug_that_another_field_hides(tmp_path: Path) -> None:
    data = bytes(3) + np.arange(1, 9, dtype="int64").tobytes() + bytes(2)
    size = Send("select", Fields({"dtype": "int64", "size": 64}), "a")
    offset = Send("select", Fields({"dtype": "int64", "size": 64, "offset": 3}), "a")
    well, too_little = Put("a", data[3:]), Put("a", data, served="too-little")
    several = (Case("x", (well, size)), Case("x", (too_little, offset)))
    findings = found_in_turn(tmp_path, several, SizeIgnoredAtOffsetZero, PartsEndEarly)
    assert [set(one.needs) for one in findings] == [
        {"trailing bytes"},
        {"a store that sends less than was asked for", "offset"},
    ]
