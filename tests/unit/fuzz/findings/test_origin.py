"""Origins: what a finding remembers of where it was made, and what a later command makes of that."""

from __future__ import annotations

import shlex
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.config import Settings
from fuzz.errors import UsageError
from fuzz.findings import case_files
from fuzz.findings.origin import Origin
from fuzz.findings.remembered import as_found, origin_of
from fuzz.findings.scrubbing import scrubbed
from fuzz.running.store.protocol import Credentials
from tests.unit.told_runs import stride_ignored

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
ORIGINS = st.builds(
    Origin, **{one.name: TEXTS for one in fields(Origin) if one.name not in ("animals", "seed")},
    animals=st.lists(st.text("abc-", min_size=1), max_size=2).map(tuple), seed=st.none() | st.integers(0, 2**32),
)  # fmt: skip


@given(ORIGINS)
def test_an_origin_is_read_as_it_was_written(origin: Origin) -> None:
    finding = stride_ignored(origin=origin, last_words="panicked at src/main.rs:1", seen=1)
    file = case_files.write(finding)
    assert case_files.finding_from(file.text, file.data.__getitem__) == finding


def test_a_finding_without_an_origin_is_written_as_older_suites_read_it() -> None:
    text = case_files.write(stride_ignored()).text
    assert "origin" not in text
    assert "last_words" not in text


@pytest.mark.parametrize(
    "settings",
    [
        Settings(target="http://127.0.0.1:8080", advertise="10.0.0.2", seed=7),
        Settings(launch="my server --port {port}", profile="reductionist", seed=7),
        Settings(animals=("stride-ignored",), seed=7),
        Settings(target="https://a", store="http://127.0.0.1:9000", ca_cert=Path("ca.pem"), aws_profile="work"),
    ],
)
def test_the_settings_of_a_run_are_those_of_its_replay(settings: Settings) -> None:
    elsewhere = Settings(target="http://elsewhere", seed=settings.seed)
    assert as_found(origin_of(settings), elsewhere, ()) == settings


def test_a_server_that_is_named_is_the_one_that_is_asked() -> None:
    origin = origin_of(Settings(animals=("stride-ignored",), profile="mine.toml"))
    named = as_found(origin, Settings(target="http://a"), ("target",))
    assert (named.target, named.animals, named.profile) == ("http://a", (), "mine.toml")
    assert as_found(origin, Settings(target="http://a", profile="b"), ("target", "profile")).profile == "b"


@pytest.mark.parametrize("launch", ["my-server --port {port}", "'my server' --name 'it is' --port {port}"])
def test_an_origin_is_told_as_flags_that_a_shell_reads(launch: str) -> None:
    told = Origin(launch=launch, profile="my profile.toml").flags
    assert shlex.split(told) == ["--launch", launch, "--profile", "my profile.toml"]


def test_a_secret_in_a_launch_line_is_masked_and_asked_for_again() -> None:
    finding = stride_ignored(origin=Origin(launch="server --secret hunter2 --port {port}"), last_words="hunter2!")
    masked = scrubbed(finding, [Credentials("key", "hunter2")])
    assert masked.origin is not None
    assert "hunter2" not in masked.origin.launch + masked.last_words
    with pytest.raises(UsageError, match="give it by --launch"):
        as_found(masked.origin, Settings(), ())
    assert as_found(masked.origin, replace(Settings(), launch="again {port}"), ("launch",)).launch == "again {port}"
