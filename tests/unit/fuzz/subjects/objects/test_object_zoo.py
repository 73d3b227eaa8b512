"""The zoo of object stores is what it says: stores with a habit each, that go about everything else as they should."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from fuzz.embedded.broken_classes import UnknownAnimal
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.subjects.objects.zoo import animals, find
from fuzz.subjects.objects.zoo.catalogue import KINDS
from tests.unit.store_asking import asking

LEAST_ANIMALS = 120


def test_there_are_many_animals_of_every_kind() -> None:
    assert len(animals()) >= LEAST_ANIMALS
    assert {one.kind for one in animals().values()} == set(KINDS)


def test_an_animal_has_a_habit_of_its_own() -> None:
    for animal in animals().values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", animal.id), animal.id
        assert re.fullmatch(r"(It|Its) .*\.", animal.habit, re.DOTALL), f"one sentence of {animal.id}"
        assert vars(animal.store).keys() - {"__module__", "__doc__"}, f"{animal.id} must differ in something"
    habits = [one.habit for one in animals().values()]
    assert len(set(habits)) == len(habits)


def test_an_animal_replaces_something_of_the_store() -> None:
    for animal in animals().values():
        above = animal.store.__mro__[: animal.store.__mro__.index(ObjectStore)]
        replaced = {name for one in above for name in vars(one) if not name.startswith("__")}
        assert replaced & set(dir(ObjectStore)), animal.id


def test_an_unknown_animal_is_met_with_a_guess() -> None:
    with pytest.raises(UnknownAnimal, match="did you mean 'if-match-ignored'"):
        find("if-match-ignore")


def test_two_animals_live_in_one_store() -> None:
    both = type("Both", (find("last-byte-lost").store, find("delete-answers-ok").store, ObjectStore), {})
    with asking(both) as client:
        client.put("/box/k", b"abc")
        assert client("GET", "/box/k").body == b"ab"
        assert client("DELETE", "/box/k").status == 200


def test_a_full_page_that_is_truncated_leads_to_itself() -> None:
    with asking(find("full-page-is-truncated").store) as client:
        client.put("/box/k", b"abc")
        assert client("GET", "/box?list-type=2&prefix=none&start-after=z").text("IsTruncated") == "false"
        page = client("GET", "/box?list-type=2&max-keys=1")
        assert page.text("IsTruncated") == "true"
        token = quote(page.text("NextContinuationToken"), "")
        again = client("GET", f"/box?list-type=2&max-keys=1&continuation-token={token}")
        assert again.texts("Contents/Key") == ["k"]


def test_a_prefix_that_ignores_case_still_takes_the_delimiter() -> None:
    with asking(find("prefix-ignores-case").store) as client:
        for key in ("A1", "a/1", "a/2", "b"):
            client.put(f"/box/{key}", b"x")
        told = client("GET", "/box?list-type=2&prefix=a&delimiter=%2F")
        assert (told.texts("Contents/Key"), told.texts("CommonPrefixes/Prefix")) == (["A1"], ["a/"])
