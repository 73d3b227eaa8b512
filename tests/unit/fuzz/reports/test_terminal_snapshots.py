"""What a run shows on terminals from 40 to 200 columns, as it stood when somebody last looked at it.

After a change that is meant, take the snapshots anew, and look at them:

    python tests/unit/fuzz/reports/test_terminal_snapshots.py
"""

from __future__ import annotations

import io
from itertools import count
from pathlib import Path

import pytest

from fuzz.reports.console import Console
from fuzz.reports.terminal import Terminal
from tests.unit.told_runs import a_run_with_a_finding

FOLDER = Path(__file__).parent / "snapshots"
WIDTHS = (40, 60, 80, 100, 140, 200)
# Below this many columns the words beside a label would have too little room.
LEAST = 46


class Wide(Terminal):
    """A terminal of so many columns, which takes UTF-8."""

    columns = 80

    @property
    def width(self) -> int:
        return self.columns


def taken(columns: int) -> str:
    """All lines of a run that stay on a terminal of that width."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "utf-8", write_through=True)
    terminal = Wide(stream, color=False, live=True)
    terminal.columns = columns
    ticks = count(0, 60)
    console = Console(terminal, clock=lambda: float(next(ticks)))
    for event in a_run_with_a_finding():
        console(event)
    console.close()
    # What is drawn over is gone: the part of a line before the last return.
    lines = written.getvalue().decode().split("\n")
    return "\n".join(line.rpartition("\r")[2].replace("\x1b[K", "").rstrip() for line in lines)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_run_looks_as_it_did(columns: int) -> None:
    assert taken(columns) == (FOLDER / f"terminal-{columns}.txt").read_text("utf-8")


@pytest.mark.parametrize("columns", WIDTHS)
def test_what_is_read_wraps_and_what_is_copied_does_not(columns: int) -> None:
    """A terminal wraps lines by itself where it must; a line that is pasted or searched for has to be one line."""
    lines = [line.strip() for line in taken(columns).splitlines()]
    for one in ("asfuzz replay findings/select-stride", '"selection": [[0, 3, 2]]}', "tried 1 of 2 properties"):
        assert any(line.endswith(one) for line in lines)
    begun = next(number for number, line in enumerate(lines) if line.startswith("must"))
    ended = next(number for number, line in enumerate(lines) if line.startswith("needs"))
    assert all(len(line) <= max(columns, LEAST) for line in lines[begun:ended])


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in WIDTHS:
        (FOLDER / f"terminal-{each}.txt").write_text(taken(each), "utf-8")
