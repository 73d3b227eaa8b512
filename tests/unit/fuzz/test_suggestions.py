"""A flag that does not exist is refused, with the one that was probably meant for that command."""

from __future__ import annotations

import pytest

from fuzz import cli


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["bench", "hunt", "--seed", "7"], "--seeds"),
        (["run", "--secon", "3"], "--seconds"),
        (["run", "--taget", "x"], "--target"),
    ],
)
def test_part_of_a_flag_is_not_the_flag(words: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2
    assert f"Did you mean '{meant}'?" in capsys.readouterr().err
