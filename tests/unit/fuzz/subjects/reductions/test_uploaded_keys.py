"""The keys of a case's objects lie side by side in the store, and those of what is missing are nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from fuzz.running.store import open_store
from fuzz.subjects.reductions.objects import Objects
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.steps import Put, Send

DATA = bytes(8)


@pytest.fixture
def objects() -> Iterator[Objects]:
    with closing(open_store("memory")) as store:
        yield Objects(store, profiles.load("reference"))


def asking(key: str) -> Send:
    return Send("sum", Fields({"dtype": "int32"}), key)


def prefixes(keys: dict[tuple[str, str], str]) -> set[str]:
    return {real.removesuffix(name) for (_, name), real in keys.items()}


def test_what_is_missing_lies_beside_what_is_there(objects: Objects) -> None:
    keys = objects.begin(Case("history", (Put("a+b", DATA), asking("a+b"), asking("a%2Bb"))), afresh=False)
    assert len(keys) == 2
    assert len(prefixes(keys)) == 1


def test_what_is_missing_is_not_what_another_case_has_put(objects: Objects) -> None:
    there = objects.begin(Case("reduction", (Put("b", DATA), asking("b"))), afresh=False)
    missing = objects.begin(Case("history", (Put("a", DATA), asking("a"), asking("b"))), afresh=False)
    assert there["private", "b"] not in missing.values()


def test_cases_about_one_content_share_its_object(objects: Objects) -> None:
    one, other = (objects.begin(Case("reduction", (Put("a", DATA), asking("a"))), afresh=False) for _ in range(2))
    assert one == other
