"""Who may read what, by the interface and by what the store at hand can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specs.fields import Fields
from specs.reductions.access import access_refusals
from specs.reductions.refusals import statuses_of
from specs.reductions.steps import Send
from specs.store_facts import StoreFacts
from strategies.reductions.contradictions import NO_BUCKET_NAMES, NO_BUCKETS

THERE = (b"x",)
OVER_HTTP = Send("sum", Fields({"dtype": "int32"}), "a", "private", "http")


def test_the_owner_reads_over_http_where_the_store_takes_basic_authentication() -> None:
    found = access_refusals(OVER_HTTP, THERE, StoreFacts())
    assert (found.refusals, found.why) == ((), "")


@pytest.mark.parametrize("credentials", ["owner", "unknown", "wrong-secret", "stranger"])
def test_credentials_over_http_say_nothing_where_the_store_takes_none(credentials: str) -> None:
    step = replace(OVER_HTTP, credentials=credentials)  # type: ignore[arg-type]
    assert access_refusals(step, THERE, StoreFacts(basic_auth=False)).why


def test_nobody_reads_a_private_object_over_http() -> None:
    step = replace(OVER_HTTP, credentials=None)
    for facts in (StoreFacts(), StoreFacts(basic_auth=False)):
        found = access_refusals(step, THERE, facts)
        assert found.refusals
        assert not found.optional


@pytest.mark.parametrize("name", NO_BUCKET_NAMES)
def test_a_name_that_no_bucket_has_is_refused_in_whatever_words(name: str) -> None:
    """A library may refuse it before the store is asked."""
    (refusal,) = access_refusals(Send("sum", Fields({"dtype": "int32"}), "a", name), (None,), StoreFacts()).refusals  # type: ignore[arg-type]
    assert not refusal.words
    assert 500 not in statuses_of(refusal.classes)


@pytest.mark.parametrize("name", NO_BUCKETS)
def test_of_a_bucket_that_is_not_there_the_stores_code_is_told(name: str) -> None:
    (refusal,) = access_refusals(Send("sum", Fields({"dtype": "int32"}), "a", name), (None,), StoreFacts()).refusals  # type: ignore[arg-type]
    assert refusal.words == ("NoSuchBucket",)
