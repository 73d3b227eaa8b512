"""Profiles from files: what is wrong is said with its value, its place and what may be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fuzz.subjects.reductions.serving import SERVING
from specs.profile import UnusableProfile, did_you_mean
from specs.reductions import profile as profiles
from specs.reductions.profile import RULINGS, Profile, from_table, shipped

MINE: dict[str, Any] = {"name": "mine"}


def wrong(table: dict[str, Any]) -> str:
    with pytest.raises(UnusableProfile) as caught:
        from_table(table, "mine.toml")
    return str(caught.value)


def test_a_name_is_enough_and_claims_everything():
    assert from_table(MINE, "here") == Profile("mine")
    assert all(Profile("mine").rules(ruling) for ruling in RULINGS)


def test_what_is_said_is_taken():
    table = {**MINE, "api": "v1", "dtypes": ["int32"], "chunk_cache": True, "rulings_off": ["nan"], "known": [{"a": 1}]}
    one = from_table(table, "here")
    assert (one.api, one.dtypes, one.chunk_cache, one.known) == ("v1", ("int32",), True, ({"a": 1},))
    assert not one.rules("nan")
    assert one.rules("float-sum")
    assert isinstance(hash(one), int)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"operation": ["sum"]}, "'operation' is not a profile's key. Did you mean 'operations'?"),
        ({"api": "v3"}, "api must be one of ['v1', 'v2'], not 'v3'"),
        ({"api": 2}, "api must be one of ['v1', 'v2'], not 2"),
        ({"dtypes": "int32"}, "dtypes must be a list, not 'int32'"),
        ({"dtypes": ["int23"]}, "dtypes cannot hold 'int23'. Did you mean 'int32'?"),
        ({"filters": [1]}, "filters cannot hold 1. Known: shuffle, shuffle_simd."),
        ({"selections": 1}, "selections must be a bool, not 1"),
        ({"selections": "true"}, "selections must be a bool, not 'true'"),
        ({"title": 3}, "title must be a str, not 3"),
        ({"count_form": "lists"}, "count_form must be one of ['none', 'number', 'list'], not 'lists'"),
        ({"rulings_off": ["float-sums"]}, "'float-sums' is not a ruling. Did you mean 'float-sum'?"),
        ({"rulings_off": "nan"}, "rulings_off must be a list, not 'nan'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(table, text):
    assert wrong({**MINE, **table}) == f"mine.toml: {text}"


def test_a_profile_without_a_name_is_told_how_to_give_one():
    assert wrong({}) == "mine.toml: a profile needs a name, as in: name = 'my-server'"


def test_an_unknown_profile_is_answered_with_the_nearest():
    with pytest.raises(UnusableProfile, match=r"^profile 'referense' is unknown\. Did you mean 'reference'\?$"):
        SERVING.load("referense")


def test_a_profile_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('name = "mine"\noperations = ["sum"]\n')
    assert SERVING.load(str(file)) == Profile("mine", operations=("sum",))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"name = ", "is not TOML: "),
        (b"\xff\xfe", "is not UTF-8 text: "),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, content: bytes | None, text: str) -> None:
    file = tmp_path / "broken.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnusableProfile) as caught:
        SERVING.load(str(file))
    assert str(file) in str(caught.value)
    assert text in str(caught.value)


def test_nothing_near_is_answered_with_all_there_is():
    assert did_you_mean("zzz", ("a", "b")) == " Known: a, b."
    assert "reference" in shipped()


def test_the_rulings_are_those_of_the_house():
    assert len(set(RULINGS)) == len(RULINGS)
    assert {ruling for name in shipped() for ruling in profiles.load(name).rulings_off} <= set(RULINGS)
