"""Requests in given bytes, and stores that send less, come to the same as plainer cases."""

from __future__ import annotations

import pytest

from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.manners import Manner
from specs.reductions.steps import Put, Send, SendRaw
from tests.unit.truthful import V2

BODY = b'{"interface_type": "s3", "url": "{url}", "dtype": "int32"}'


@pytest.mark.parametrize(
    ("kind", "spelled"),
    [
        ("application/json;charset=UTF-8", ["content-type-charset"]),
        ("APPLICATION/JSON", ["content-type-case"]),
        ('application/json; charset="utf-8"', ["content-type-quoted"]),
        ("application/json; charset=utf-16", []),
    ],
)
def test_an_unusual_content_type_comes_to_the_spelling_that_has_it(kind: str, spelled: list[str]) -> None:
    raw = SendRaw("POST", "/v2/select/", (("Content-Type", kind),), BODY, "a")
    reading = Reading(V2)
    several = list(reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(8)), raw)), reading)))
    assert [one.last.spelled for one in several] == spelled
    assert all(one.scene is not None for one in several)


def test_a_path_without_a_slash_comes_to_the_spelling_without_it() -> None:
    reading = Reading(V2)
    raw = SendRaw("POST", "/v2/select", (("Content-Type", "application/json"),), BODY, "a")
    *_, other = reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(8)), raw)), reading))
    assert other.last.spelled == "no-slash"


@pytest.mark.parametrize(("served", "left"), [("too-little", bytes(8)), ("nothing", b"")])
def test_a_store_that_sends_less_comes_to_a_shorter_object(served: Manner, left: bytes) -> None:
    reading = Reading(V2)
    send = Send("select", Fields({"dtype": "int32", "size": 16}), "a")
    several = list(reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(16), served=served), send)), reading)))
    assert Case("x", (Put("a", left), send)) in [one.case for one in several]


def test_needless_escapes_in_a_url_come_to_those_that_a_key_must_have() -> None:
    reading = Reading(V2)
    send = Send("select", Fields({"dtype": "int32"}), "a", spelled="url-escapes")
    (other,) = reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(16)), send)), reading))
    assert (other.last.key, other.last.spelled) == ("a b", "plainly")


@pytest.mark.parametrize(("number", "comes"), [(5e-324, True), (1e300, True), (1.5e-7, False), (0.25, False)])
def test_a_number_that_can_only_be_written_with_an_exponent_comes_to_a_small_one_with_an_exponent(
    number: float, *, comes: bool
) -> None:
    reading = Reading(V2)
    send = Send("select", Fields({"dtype": "float64", "missing": {"missing_value": number}}), "a")
    several = reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(16)), send)), reading))
    small = [one for one in several if one.last.spelled == "exponents"]
    assert bool(small) == comes
    assert all(0 <= one.last.fields["missing"]["missing_value"] <= 10 for one in small)


def test_nothing_along_an_axis_comes_to_nothing_along_the_only_axis() -> None:
    reading = Reading(V2)
    fields = Fields({"dtype": "int32", "shape": [2, 1], "axis": [1], "missing": {"missing_value": 0}})
    several = reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(8)), Send("sum", fields, "a"))), reading))
    along = [one.last.fields for one in several if one.last.fields.get("axis") == 0]
    assert [set(fields) for fields in along] == [{"dtype", "shape", "axis", "selection"}]


def test_a_path_with_letters_beyond_ascii_comes_to_one_with_escapes() -> None:
    reading = Reading(V2)
    raw = SendRaw("POST", "/v2/é%20/", (("Content-Type", "application/json"),), BODY, "a")
    first = next(reading.come_to_the_same(trial_of(Case("x", (Put("a", bytes(8)), raw)), reading)))
    assert first.last.path == "/v2/%C3%A9%20/"
