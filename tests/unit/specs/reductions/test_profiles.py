"""Profiles load, and one that extends another says only what differs."""

from __future__ import annotations

import pytest

from fuzz.findings.known import CHANCE, gather
from fuzz.findings.meant import ANY, OR
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reported import reports
from fuzz.triage.traits import can_be_told
from specs.reductions import profile as profiles
from specs.reductions import requirements
from specs.reductions.profile import UnusableProfile, from_table

READING = Reading(profiles.load("reference"))


@pytest.mark.parametrize("name", profiles.shipped())
def test_shipped_profiles_load_with_usable_known_issues(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    one = profiles.load(name)
    assert one.name == name
    assert len(gather(tmp_path, one).entries) == len(one.known)
    reports(one)


def test_a_profile_takes_over_what_it_does_not_say() -> None:
    base = profiles.load("reference-v1")
    one = from_table(
        {"name": "mine", "extends": "reference-v1", "selections": False, "known": [{"reason": "x"}]}, "here"
    )
    assert (one.name, one.api, one.selections, one.interfaces) == ("mine", "v1", False, base.interfaces)
    assert one.known == (*base.known, {"reason": "x"})


@pytest.mark.parametrize("name", ["no-such-profile", 3, "./reference.toml"])
def test_what_is_extended_must_be_shipped(name: object) -> None:
    with pytest.raises(UnusableProfile, match="extends"):
        from_table({"name": "mine", "extends": name}, "here")


@pytest.mark.parametrize("name", profiles.shipped())
def test_known_issues_name_requirements_and_traits_that_there_are(name: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    for entry in gather(tmp_path, profiles.load(name)).entries:
        assert [
            one for need in entry.needs for one in need.split(OR) if one != CHANCE and not can_be_told(one, READING)
        ] == []
        assert {one for one in entry.requirement.split(OR) if one} <= {ANY, *requirements.load()}


@pytest.mark.parametrize(
    ("need", "told"),
    [
        ("stride beyond one", True),
        ("zlib", True),
        ("anonymous", True),
        ("another axis", True),
        ("an earlier refusal", True),
        ("an unusual Accept", True),
        ("chance", False),
        ("strides", False),
    ],
)
def test_needs_that_findings_tell_are_told_from_others(need: str, told: bool) -> None:
    assert can_be_told(need, READING) == told
