"""asfuzz zoo: let the suite loose on servers that are broken on purpose, and see what it sees."""

from __future__ import annotations

import json
import random
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.config import DEFAULT_SUBJECT
from fuzz.errors import UsageError
from fuzz.flags import add_subject_flags, settings_of
from fuzz.suggestions import nearest

if TYPE_CHECKING:
    from fuzz.bench.animals.trials import AnimalTrial
    from fuzz.subject import Subject

ABLATIONS = ("schema-only", "no-relations", "no-extremes", "one-per-upload")
ALL = "all"
EPILOG = """\
examples:
  asfuzz zoo --list                                  what there is
  asfuzz zoo --animals axis-zero-is-falsy nan-is-missing
  asfuzz zoo --seconds 60 --seeds 5 --workers 2      all of them; takes hours
  asfuzz zoo --kind missing --ablate one-per-upload  what is a part of the suite worth?
  asfuzz zoo --sample 40 --ablate all                and each part of it, in one table
  asfuzz zoo --together --animals one-in-fifty stride-ignored … --seconds 120
  asfuzz zoo --mutants --sample 50                   and servers that nobody thought of
  asfuzz serve --animal axis-zero-is-falsy           one of them, to play with

reached: a request came to the broken code; triggered: and was answered otherwise than by the healthy server;
detected: and the suite saw it. Seconds are those of the clock; core s those that suite, store and server computed.

exit codes:
  0  everything was detected, and nothing seen in the healthy server
  1  something was missed, or seen where nothing is
"""


def add_arguments(parser: ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--animals", "--animal", metavar="ID", nargs="+", help="which (default: all)")
    add_subject_flags(parser)
    parser.add_argument("--kind", metavar="CLASS", help="those of one class of habits, such as missing")
    parser.add_argument("--list", action="store_true", help="show all animals and their habits")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one core, for each trial (default: 10)")
    parser.add_argument("--seeds", type=int, default=1, help="trials for each animal (default: 1)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default: 1)")
    parser.add_argument("--workers", type=int, default=1, help="trials at the same time (default: 1)")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write the scoreboard")
    parser.add_argument("--note", action="store_true", help="note what was seen, for asfuzz clauses")
    parser.add_argument("--ablate", choices=(*ABLATIONS, ALL), default="", help="leave a part of the suite out")
    parser.add_argument("--together", action="store_true", help="one server with all the animals, one hunt")
    parser.add_argument("--mutants", action="store_true", help="servers with a mechanical change of their source")
    parser.add_argument("--sample", metavar="N", type=int, default=0, help="so many, by the seed (default: all)")


def main(arguments: Namespace) -> int:
    from fuzz.running.targets import subject_under_test

    # The animals are names in the zoo and no setting of a run.
    settings = settings_of(Namespace(subject=arguments.subject, load=arguments.load))
    subject = subject_under_test(settings)
    if arguments.list:
        return _list(subject)
    if subject.name != DEFAULT_SUBJECT:
        return _try_others(subject, arguments)
    if arguments.mutants:
        if arguments.ablate == ALL:
            raise UsageError("--mutants takes one of --ablate at a time, not all")
        from fuzz.bench.animals.mutation import try_mutants

        return try_mutants(arguments)
    animals = _chosen(subject, arguments)
    if arguments.together:
        from fuzz.bench.animals.together import hunt_together

        return hunt_together(animals, arguments.seconds, arguments.seed, arguments.json)
    if arguments.ablate == ALL:
        from fuzz.bench.animals.comparison import compare

        return compare(animals, ABLATIONS, arguments, _progress)
    return _score(animals, arguments)


def _list(subject: Subject) -> int:
    animals = subject.serving.animals()
    width = max(map(len, animals), default=0)
    for kind in dict.fromkeys(one.kind for one in animals.values()):
        print(f"{kind}")
        for one in animals.values():
            if one.kind == kind:
                print(f"  {one.id:<{width}}  {one.habit}")
    return 0


def _try_others(subject: Subject, arguments: Namespace) -> int:
    """Try the animals of a subject whose server does not tell when a request has come to its broken code."""
    for name in ("ablate", "together", "mutants", "json", "note"):
        if getattr(arguments, name):
            raise UsageError(f"--{name} goes with the subject {DEFAULT_SUBJECT} alone")
    from fuzz.bench.zoo import row, try_animal

    # The empty name is the server that is not broken.
    missed = 0
    for name in ("", *_chosen(subject, arguments)):
        for seed in range(arguments.seed, arguments.seed + arguments.seeds):
            visit = try_animal(subject, name, seed, arguments.seconds)
            missed += not visit.right
            print(row(visit), flush=True)
    return 1 if missed else 0


def _chosen(subject: Subject, arguments: Namespace) -> list[str]:
    animals = subject.serving.animals()
    for name in arguments.animals or ():
        if name not in animals:
            hint = nearest(name, animals, "asfuzz zoo --list shows all of them")
            raise UsageError(f"animal {name!r} is unknown; {hint}")
    kinds = list(dict.fromkeys(one.kind for one in animals.values()))
    if arguments.kind is not None and arguments.kind not in kinds:
        raise UsageError(f"--kind {arguments.kind!r} is unknown; known: {', '.join(kinds)}")
    chosen = [name for name in arguments.animals or animals if arguments.kind in (None, animals[name].kind)]
    if 0 < arguments.sample < len(chosen):
        return sorted(random.Random(arguments.seed).sample(chosen, arguments.sample), key=chosen.index)
    return chosen


def _score(animals: list[str], arguments: Namespace) -> int:
    from fuzz.bench.animals.scoreboard import lines, scoreboard
    from fuzz.bench.animals.visits import tasks_for, visit

    tasks = list(
        tasks_for(
            animals,
            seeds=arguments.seeds,
            first_seed=arguments.seed,
            seconds=arguments.seconds,
            ablation=arguments.ablate,
        )
    )
    board = scoreboard(visit(tasks, arguments.workers, _progress(len(tasks))))
    _say(lines(board))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(board.as_json(), indent=1) + "\n", encoding="utf-8")
    if arguments.note:
        from fuzz.bench.animals import seen

        seen.write(seen.noted(board.rows, seen.load()))
    return 0 if board.clean else 1


def _progress(total: int) -> Callable[[AnimalTrial], None]:
    """Tell of each trial on standard error."""
    numbers = count(1)

    def tell(trial: AnimalTrial) -> None:
        name = " ".join(trial.task.animals) or "healthy"
        seen = f"seen after {trial.seconds:.1f} s" if trial.detected else "not seen"
        print(f"{next(numbers)}/{total} {name}: {trial.broke or seen}", file=sys.stderr, flush=True)

    return tell


def _say(texts: Iterable[str]) -> None:
    for text in texts:
        print(text)
