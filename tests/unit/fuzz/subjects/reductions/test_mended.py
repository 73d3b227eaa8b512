"""An invalid request is mended into valid ones that keep what is not at fault."""

from __future__ import annotations

import pytest

from fuzz.subjects.reductions.mended import mended
from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.model import expectations
from specs.reductions.steps import Put, Send, SendRaw
from specs.store_facts import StoreFacts
from tests.unit.truthful import V2

PUT = Put("a", bytes(range(8)), "public")
OFFSET = Send("select", Fields({"dtype": "int32", "offset": "x"}), "a", "public", credentials=None)
NO_DTYPE = Send("select", Fields({}), "a", "public", credentials=None)
CUT_SHORT = SendRaw("POST", "/v2/select/", (), b"{", "a", "public", credentials=None)


@pytest.mark.parametrize("wrong", [OFFSET, NO_DTYPE, CUT_SHORT])
def test_a_mended_request_has_the_same_sender_and_then_the_owner(wrong: Send | SendRaw) -> None:
    several = list(mended(trial_of(Case("x", (PUT, wrong)), Reading(V2))))
    senders = [one.last.credentials for one in several]
    assert senders[0] is None
    assert "owner" in senders
    for one in several:
        due = expectations(one.case, V2, StoreFacts())[-1]
        assert due is not None
        assert due.answers


def test_a_field_with_an_unknown_name_inside_is_kept_without_it() -> None:
    filters = [{"id": "shuffle", "element_size": 8, "": 1}]
    wrong = Send("select", Fields({"dtype": "int32", "filters": filters}), "a", "public")
    first = next(iter(mended(trial_of(Case("x", (PUT, wrong)), Reading(V2)))))
    assert first.last.fields["filters"] == [{"id": "shuffle", "element_size": 8}]


def test_a_number_with_an_exponent_is_asked_about_in_a_plain_request_too() -> None:
    wrong = Send("select", Fields({"dtype": "float32", "missing": {"valid_max": -1e39}}), "a", "public")
    several = mended(trial_of(Case("x", (PUT, wrong)), Reading(V2)))
    assert "exponents" in [one.last.spelled for one in several]


@pytest.mark.parametrize("names", [("dtype", "offset", "missing"), ("missing", "dtype", "offset")])
def test_a_request_with_its_fields_in_an_unusual_order_is_asked_about_in_the_reverse_order_too(
    names: tuple[str, ...],
) -> None:
    told = {"dtype": "int32", "offset": "x", "missing": {"missing_value": 1}}
    wrong = Send("select", Fields({name: told[name] for name in names}), "a", "public")
    several = [one.last.spelled for one in mended(trial_of(Case("x", (PUT, wrong)), Reading(V2)))]
    assert ("members-reversed" in several) is (names[0] != "dtype")
