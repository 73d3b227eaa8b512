"""The examples of each command's help are commands: they name flags and commands that there are."""

from __future__ import annotations

import re
import shlex

import pytest

from fuzz.cli import COMMANDS, main


@pytest.mark.parametrize("command", ["", *(name for name, _ in COMMANDS)])
def test_an_example_of_the_help_is_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of([command] if command else [], capsys)
    examples = [line.strip() for line in told.splitlines() if re.match(r"  +asfuzz \S", line)]
    assert examples
    for line in examples:
        # What stands far to the right says what the example does.
        words = shlex.split(re.split(r"\s{2,}", line.removesuffix("\\"))[0])
        flags = [one for one in words if one.startswith("--")]
        known = help_of(words[1:3] if words[1] in ("bench", "known") else words[1:2], capsys)
        assert all(re.search(rf"{re.escape(one)}\b", known) for one in flags), line


def help_of(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What the help of a command says; `COMMAND` stands for any."""
    with pytest.raises(SystemExit) as ended:
        main([*(word for word in words if word != "COMMAND"), "--help"])
    assert ended.value.code == 0, words
    return capsys.readouterr().out
