"""Targets: commands that are not installed, servers that nobody has described."""

from __future__ import annotations

import pytest

from fuzz.config import Settings
from fuzz.embedded.processes import start_reference_server
from fuzz.errors import CannotRun
from fuzz.targets import open_target


def test_a_missing_command_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(CannotRun, match="cargo install reductionist"),
        open_target(Settings(launch="reductionist {port}")),
    ):
        pass


def test_a_missing_command_nobody_knows_is_told_without_guesses() -> None:
    with (
        pytest.raises(CannotRun, match=r"is not installed, or not on the PATH$"),
        open_target(Settings(launch="no-such x")),
    ):
        pass


def test_an_unknown_target_is_probed() -> None:
    with start_reference_server() as server, open_target(Settings(target=server.url)) as target:
        assert target.profile.name == "auto"
        assert target.profile.operations
        assert "https" not in target.profile.interfaces


def test_a_profile_asked_for_is_not_probed() -> None:
    with start_reference_server() as server, open_target(Settings(target=server.url, profile="reference")) as target:
        assert target.profile.name == "reference"
