"""A bug that refuses some requests and answers others gives one finding; two bugs that do so give two."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.fetching import (
    HttpKeyNotEncoded,
    KeyDecodedTwice,
    KeyInLowerCase,
    SizeIgnoredWithCompression,
)
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Interface, Put, Send
from tests.unit.broken import found_in_turn

DATA = bytes([1, 0, 0, 0, 2, 0, 0, 0])
ZIPPED = gzip.compress(DATA)


def of_key(key: str, interface: Interface = "s3") -> Send:
    return Send("select", Fields({"dtype": "int32"}), key, interface=interface)


def refused(key: str, interface: Interface = "s3") -> Case:
    return Case("x", (Put(key, DATA), of_key(key, interface)))


def answered(there: str, asked: str) -> Case:
    return Case("x", (Put(there, DATA), of_key(there), of_key(asked)))


def of_size(data: bytes, size: int) -> Case:
    fields = Fields({"dtype": "int32", "size": size, "compression": {"id": "gzip"}})
    return Case("x", (Put("a", data), Send("select", fields, "a")))


@pytest.mark.parametrize("turned", [False, True], ids=["refused-first", "answered-first"])
@pytest.mark.parametrize(
    ("animal", "cases"),
    [
        (KeyDecodedTwice, (refused("b%41/x"), answered("a%", "a%25"))),
        (KeyInLowerCase, (refused("bA"), answered("a", "A"))),
        (SizeIgnoredWithCompression, (of_size(ZIPPED + b"xyz", len(ZIPPED)), of_size(ZIPPED, len(ZIPPED) + 9))),
    ],
)
def test_a_refusal_is_of_the_bug_whose_answers_are_right_for_what_it_refuses(
    animal: type[ReferenceServer], cases: tuple[Case, ...], *, turned: bool, tmp_path: Path
) -> None:
    findings = found_in_turn(tmp_path, reversed(cases) if turned else cases, animal)
    assert [one.seen for one in findings] == [2]


def test_a_refusal_that_needs_more_than_wrong_answers_do_is_another_bug(tmp_path: Path) -> None:
    cases = (refused("b%41/x", "http"), answered("a", "A"))
    findings = found_in_turn(tmp_path, cases, HttpKeyNotEncoded, KeyInLowerCase)
    assert [one.seen for one in findings] == [1, 1]
