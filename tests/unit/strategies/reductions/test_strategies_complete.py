"""Complete requests are valid, and give every field that a profile claims."""

import pytest

from specs.case import Case
from specs.reductions import profile as profiles
from specs.reductions.bodies import read_send
from specs.reductions.model import expectations
from specs.store_facts import StoreFacts
from strategies.reductions.complete import VARIANTS, complete


@pytest.mark.parametrize("name", profiles.shipped())
def test_a_complete_request_is_answered(name: str) -> None:
    profile = profiles.load(name)
    for number in range(VARIANTS):
        content, send = complete(profile, number)
        assert read_send(send, profile).faults == ()
        due = expectations(Case("complete", (content.put(), send)), profile, StoreFacts())[1]
        assert due is not None
        assert due.answers, send


def test_every_field_of_the_api_is_given() -> None:
    profile = profiles.load("reference")
    given = {field for number in range(VARIANTS) for field in complete(profile, number)[1].fields}
    assert given >= {"byte_order", "offset", "size", "axis", "order", "selection", "compression", "filters", "missing"}
    assert given >= set(profile.options)
