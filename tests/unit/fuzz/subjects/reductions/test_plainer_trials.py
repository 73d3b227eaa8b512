"""Dropping a trait leaves the others as they are, and a cause needs nothing that merely brought it to light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest

from fuzz.running.session import Judgement
from fuzz.subjects.reductions.faults import faults_named
from fuzz.subjects.reductions.mended import mended
from fuzz.subjects.reductions.plainer import plainer
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.scene import Scene, case_of, without_axes, without_dimension
from fuzz.subjects.reductions.traits.requests import BODY, DATA
from fuzz.subjects.reductions.traits.scenes import FEATURES
from fuzz.subjects.reductions.traits.slices import still_outside
from fuzz.triage.lab import Seen
from fuzz.triage.minimal import minimal
from fuzz.triage.same import needs_the_same
from fuzz.triage.shown import Shown
from fuzz.triage.traits import present, without
from fuzz.triage.trial import Signature, Trial, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Transcript
from specs.reductions import profile as profiles
from specs.reductions.encoding import compressed
from specs.reductions.request import Filter
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send, SendRaw
from specs.store_facts import StoreFacts
from specs.violation import Violation, Way

PROFILE = profiles.load("reference")
PLAIN = Scene("select", "int32", np.arange(4, dtype="int32"))
LARGEST = 2**63 - 1


def of(scene: Scene) -> Trial:
    return trial_of(case_of(scene, "reduction"), Reading(PROFILE))


def scene_without(scene: Scene, name: str) -> Scene:
    plain = without(of(scene), name)
    assert plain is not None
    assert plain.scene is not None
    return plain.scene


@dataclass
class FailingWhere:
    """A lab whose server fails on some trials, always in the same way."""

    bad: Callable[[Trial], bool]
    session: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(facts=StoreFacts()))

    def fails(self, trial: Trial, wanted: Signature, *, again: bool = False) -> Seen | None:  # noqa: ARG002
        if not self.bad(trial):
            return None
        violation = Violation("answer-shape", "wrong", "right", "wrong", way=wanted.way)
        return Seen(Judgement(Transcript(trial.case, ()), (violation,)), violation, wanted)


def needs(trial: Trial, wanted: Signature, bad: Callable[[Trial], bool]) -> tuple[str, ...]:
    lab = FailingWhere(bad)
    seen = lab.fails(trial, wanted)
    assert seen is not None
    found = minimal(trial, seen, lab)  # type: ignore[arg-type]
    assert found.unproved == ()
    return found.needs


def test_a_bound_of_more_than_32_bits_is_the_same_in_a_dimension_of_another_length() -> None:
    scene = replace(PLAIN, elements=np.arange(3, dtype="int32"), shape=(3,), selection=((LARGEST, 0, -1),))
    plain = scene_without(scene, "particular lengths")
    assert plain.shape != scene.shape
    assert plain.selection == ((LARGEST, 0, -1),)
    assert still_outside((LARGEST, 0, -1), 1, 3)[0] == LARGEST


@pytest.mark.parametrize("element_size", [2, 3, 5, 7, 16])
def test_what_an_element_size_leaves_over_is_left_over_of_other_lengths(element_size: int) -> None:
    for count in (1, 2, 3, 7, 20):
        scene = replace(PLAIN, elements=np.arange(count, dtype="int32"), filters=(Filter("shuffle", element_size),))
        plain = without(of(scene), "particular lengths")
        if plain is not None and plain.scene is not None:
            left = plain.scene.elements.size * 4 % element_size
            assert bool(left) == bool(count * 4 % element_size)


def test_what_is_near_a_missing_value_gives_way_to_what_is_not() -> None:
    scene = replace(
        PLAIN, dtype="float64", elements=np.array([0.0, 1.0, 3.0]), missing=("missing_value", 0.9999999999999999)
    )
    plain = scene_without(scene, "values near a missing one")
    assert "values near a missing one" not in present(of(plain))


def test_a_raw_request_can_have_a_plain_body() -> None:
    raw = SendRaw("GET", "/v2/select/", (("Content-Type", "application/json"),), b"", "a")
    plain = without(trial_of(Case("malformed", (Put("a", bytes(8)), raw)), Reading(PROFILE)), BODY)
    assert plain is not None
    assert isinstance(plain.last, SendRaw)
    assert plain.last.method == "GET"
    assert faults_named(frozenset({Rule.WRONG_METHOD}), plain) == ["wrong-method"]
    assert BODY not in present(plain)


def test_what_is_at_fault_is_found_where_all_else_has_to_go_at_once() -> None:
    """Without the compression the stream is too long, and without the stream it is none."""
    data = compressed(bytes(range(96)), "gzip")
    fields = Fields(
        {
            "dtype": "int32",
            "compression": {"id": "gzip"},
            "filters": [{"id": "shuffle", "element_size": 4, "codec": None}],
        }
    )
    trial = trial_of(Case("malformed", (Put("a", data), Send("select", fields, "a"))), Reading(PROFILE))
    wanted = Signature(Way.ACCEPTED, frozenset({"filters:unknown-inner-field"}))

    def accepted(one: Trial) -> bool:
        put, send = one.case.steps
        assert isinstance(put, Put)
        assert isinstance(send, Send)
        stream = send.fields.get("compression") is not None
        return "codec" in send.fields.text and (put.data == data if stream else len(put.data) % 4 == 0)

    assert DATA in present(trial)
    assert needs(trial, wanted, accepted) == ()


def test_a_selection_is_not_needed_where_what_it_picks_fails_by_itself() -> None:
    elements = np.array([np.inf, 1, np.inf, 4, np.inf])
    scene = replace(PLAIN, operation="min", dtype="float64", elements=elements, shape=(5,), selection=((0, 5, 2),))

    def loses_infinity(one: Trial) -> bool:
        if one.scene is None or one.scene.operation != "min":
            return False
        some = one.scene.elements
        if one.scene.selection is not None:
            some = some[slice(*one.scene.selection[0])]
        return bool(some.size) and bool(np.all(np.isposinf(some)))

    assert needs(of(scene), Signature(Way.VALUES), loses_infinity) == ("infinity", "operation", "dtype")


def test_causes_that_need_the_same_are_one() -> None:
    def shown(scene: Scene, *names: str) -> Shown:
        return Shown("f", of(scene), Signature(Way.VALUES), names)

    one = shown(replace(PLAIN, operation="min"), "operation")
    assert needs_the_same(one, shown(replace(PLAIN, operation="min", dtype="int64"), "operation"))
    assert not needs_the_same(one, shown(replace(PLAIN, operation="max"), "operation"))
    assert not needs_the_same(one, shown(replace(PLAIN, operation="min"), "dtype"))
    assert not needs_the_same(shown(PLAIN), shown(PLAIN))
    assert needs_the_same(one, shown(replace(PLAIN, operation="min"), "particular lengths", "operation"))
    assert not needs_the_same(shown(PLAIN, "particular lengths"), shown(PLAIN, "particular numbers"))


@pytest.mark.parametrize("operation", ["select", "sum"])
@pytest.mark.parametrize("axis", [{"0": 0}, ["0"], "0", 0.5, 0.0, [1.0]])
def test_what_is_no_axis_stays_as_dimensions_go(operation: str, axis: object) -> None:
    scene = replace(PLAIN, operation=operation, shape=(2, 2), axis=axis, missing=("missing_value", 0))
    for simpler, _ in FEATURES.values():
        simpler(scene)
    assert without_axes(scene) is None
    plain = without_dimension(scene, 0)
    assert plain is not None
    assert plain.axis == axis


def test_a_request_without_its_fault_has_data_that_its_filter_does_not_divide() -> None:
    fields = Fields(
        {
            "dtype": "int32",
            "compression": {"id": "gzip", "nothing_known": 0},
            "filters": [{"id": "shuffle", "element_size": 8}],
        }
    )
    trial = trial_of(Case("malformed", (Put("a", bytes(8)), Send("select", fields, "a"))), Reading(PROFILE))
    counts = {one.scene.elements.size * 4 % 8 for one in mended(trial)}
    assert counts == {0, 4}


@pytest.mark.parametrize(("selection", "may_be_empty"), [([[0, 1, 1]], False), ([[4, 4, 1]], True)])
def test_an_invalid_selection_is_made_no_plainer_by_picking_nothing(
    selection: list[list[int]], *, may_be_empty: bool
) -> None:
    send = Send("select", Fields({"dtype": "int32", "shape": [2, 3], "selection": selection}), "a")
    trial = trial_of(Case("x", (Put("a", bytes(24)), send)), Reading(profiles.load("reference")))
    slices = [one for other in plainer(trial) for one in other.last.fields["selection"] if len(one) == 3]
    assert slices
    assert any(start == end for start, end, _ in slices) is may_be_empty
