"""The zoo of object stores is what it says: stores with a habit each, that go about everything else as they should."""

from __future__ import annotations

import re

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
