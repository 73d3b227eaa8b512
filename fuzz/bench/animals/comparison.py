"""Compare what parts of the suite are worth: the same trials with each part left out, in one table."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence

from fuzz.bench.animals.scoreboard import QUICK_SECONDS, Scoreboard, ScoreboardRow, scoreboard
from fuzz.bench.animals.trials import AnimalTrial
from fuzz.bench.animals.visits import tasks_for, visit

EVERYTHING = "everything"
WIDTH = 14


def compare(
    animals: Sequence[str],
    ablations: Sequence[str],
    arguments: Namespace,
    progress: Callable[[int], Callable[[AnimalTrial], None]],
) -> int:
    """Try the animals with everything, and with each part left out; print when each was seen."""
    parts = ("", *ablations)
    # All of one seed before the next: whatever else the machine does meanwhile spoils none more than the others.
    tasks = [
        task
        for seed in range(arguments.seed, arguments.seed + arguments.seeds)
        for part in parts
        for task in tasks_for(animals, seeds=1, first_seed=seed, seconds=arguments.seconds, ablation=part)
    ]
    trials = visit(tasks, arguments.workers, progress(len(tasks)))
    boards = {part: scoreboard(one for one in trials if one.task.ablation == part) for part in parts}
    for line in lines(boards):
        print(line)
    if arguments.json is not None:
        told = {part or EVERYTHING: board.as_json() for part, board in boards.items()}
        arguments.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return 0 if boards[""].clean else 1


def lines(boards: Mapping[str, Scoreboard]) -> Iterator[str]:
    """Yield a row for each animal: the median seconds of one core until it was seen."""
    rows = {part: {row.id: row for row in board.rows} for part, board in boards.items()}
    names = [row.id for row in boards[""].rows]
    width = max(map(len, (*names, "detected in every trial")))
    yield f"{'animal':<{width}}" + "".join(f"{part or EVERYTHING:>{WIDTH + 2}}" for part in boards)
    for name in names:
        yield f"{name:<{width}}" + "".join(f"{_when(rows[part].get(name)):>{WIDTH + 2}}" for part in boards)
    yield ""
    for title, count in (
        ("detected in every trial", lambda row: row.detected == row.trials),
        (f"and within {QUICK_SECONDS:g} core s", lambda row: _quick(row)),
    ):
        counts = (sum(map(count, board.rows)) for board in boards.values())
        yield f"{title:<{width}}" + "".join(f"{f'{one} of {len(names)}':>{WIDTH + 2}}" for one in counts)
    yield from (f"  ✗ false alarm: {one}" for board in boards.values() for one in board.false_alarms)
    yield from (f"  could not be tried: {one}" for board in boards.values() for one in board.broken)


def _quick(row: ScoreboardRow) -> bool:
    return row.detected == row.trials and row.cpu_seconds <= QUICK_SECONDS


def _when(row: ScoreboardRow | None) -> str:
    if row is None or not row.detected:
        return "not seen"
    some = f" {row.detected}/{row.trials}" if row.detected < row.trials else ""
    return f"{row.cpu_seconds:.1f}{some}"
