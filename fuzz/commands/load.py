"""Put a server under load: every answer checked, throughput and percentiles told."""

from __future__ import annotations

import secrets
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.errors import INTERRUPTED, CannotRun, UsageError
from fuzz.flags import (
    CREDENTIALS,
    EXIT_CODES,
    add_animal_flag,
    add_config_flag,
    add_target_flags,
    settings_of,
    told_by,
)
from fuzz.reports.terminal import Terminal

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.load.course import LoadCourse, LoadPlan
    from fuzz.load.limits import Limit
    from fuzz.load.measured import Measured
    from fuzz.load.wrong import WrongAnswers
    from fuzz.running.targets import Target
    from fuzz.subject import Loading

MOST_SEED = 2**32
MOST_CLIENTS = 1000
# Under load answers take longer than where one request is sent at a time.
TIMEOUT_SECONDS = 60.0
SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_DRAWINGS = 0.1
EXAMPLES = """\
examples:
  asfuzz load --list
      the scenarios, and what each does
  asfuzz load --scenario mixed
      the embedded object store, once through the scenario
  asfuzz load --scenario uploads --target http://127.0.0.1:9000 --profile minio --seconds 10m
      a store of yours, again and again for ten minutes
  asfuzz load --scenario downloads --clients 200 --size 10MiB --at-most-p99 get-object=500
      other numbers than the scenario's own; exit code 1 if one in a hundred reads takes longer than 500 ms
  asfuzz load --scenario many --passes 20 --out load.json
  asfuzz load --resume load.json --passes 20
      if the first is killed, the second goes on after its last complete round, and removes what it had left behind
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: the scenario and its numbers, the limits, and the server."""
    what = parser.add_argument_group("load")
    which = what.add_mutually_exclusive_group(required=True)
    which.add_argument("--scenario", metavar="NAME", help="what the clients do; see --list")
    which.add_argument("--resume", metavar="FILE", type=Path, help="go on with the load whose --out this was")
    which.add_argument("--list", action="store_true", help="list the scenarios")
    length = what.add_mutually_exclusive_group()
    length.add_argument("--seconds", metavar="N", help="begin rounds for so long: 90, 90s, 10m, 8h")
    length.add_argument("--passes", metavar="N", type=int, help="how often to do all rounds (default: once)")
    what.add_argument("--clients", metavar="N", type=int, help="clients at the same time, in place of each round's own")
    what.add_argument("--each", metavar="N", type=int, help="how many operations each client draws in a round")
    what.add_argument("--size", metavar="SIZE,…", help="sizes of objects, such as 1000 or 64KiB,20MiB")
    what.add_argument("--seed", metavar="S", help="make the same choices again (default: new ones)")
    add_animal_flag(what)
    limits = parser.add_argument_group("limits, none by default; where one does not hold, the exit code is 1")
    for share in (50, 90, 99):
        limits.add_argument(
            f"--at-most-p{share}", metavar="MS|OPERATION=MS", nargs="+", action="extend", default=[],
            help=f"{share} %% of the answers to each operation, or to this one, come within so many milliseconds",
        )  # fmt: skip
    limits.add_argument(
        "--at-least-rate", metavar="N|OPERATION=N", nargs="+", action="extend", default=[],
        help="each operation, or this one, is answered so many times a second",
    )  # fmt: skip
    told = parser.add_argument_group("result")
    told.add_argument("--out", metavar="FILE", type=Path, help="write the result as JSON, after each round")
    told.add_argument("--findings", metavar="DIR", help="where wrong answers are kept (default: findings)")
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


def main(arguments: Namespace) -> int:
    """Put the server under load, and print a table; 1 where an answer was wrong or a limit does not hold."""
    settings = _settings(arguments)
    loading = _loading(settings)
    terminal = Terminal(sys.stdout, color=settings.color)
    if arguments.list:
        for one in loading.scenarios:
            terminal.line(f"{one.name:<12}{one.sentence}")
        return 0
    measured, plan = _measured(arguments, settings), _plan(arguments, settings)
    limits = _limits(arguments)
    return _loaded(settings, loading, plan, measured, limits, terminal)


def _settings(arguments: Namespace) -> Settings:
    """Return the settings; the subject is the first that has loads, unless one is named."""
    from fuzz.registry import registry
    from fuzz.running.targets import subject_under_test

    settings = settings_of(arguments)
    if "timeout" not in told_by(arguments):
        settings = replace(settings, timeout_seconds=max(settings.timeout_seconds, TIMEOUT_SECONDS))
    if "subject" not in told_by(arguments) and subject_under_test(settings).loading is None:
        able = [one.name for one in registry().subjects.values() if one.loading is not None]
        settings = replace(settings, subject=able[0]) if able else settings
    return settings


def _loading(settings: Settings) -> Loading:
    from fuzz.registry import registry
    from fuzz.running.targets import subject_under_test

    subject = subject_under_test(settings)
    if subject.loading is None:
        able = [one.name for one in registry().subjects.values() if one.loading is not None]
        raise UsageError(f"--subject {subject.name}: it has no loads; these have: {', '.join(able) or 'none'}")
    return subject.loading


def _measured(arguments: Namespace, settings: Settings) -> Measured:
    """Return an empty result for the scenario, or that of the run to resume."""
    from fuzz.load.measured import Measured, read

    if arguments.resume is not None:
        given = [name for name in ("clients", "each", "size", "seed", "out") if getattr(arguments, name) is not None]
        if given:
            raise UsageError(f"--{given[0]} does not go with --resume, whose file says it")
        return read(arguments.resume)
    for name, most in (("clients", MOST_CLIENTS), ("each", MOST_SEED), ("passes", MOST_SEED)):
        value = getattr(arguments, name)
        if value is not None and not 1 <= value <= most:
            raise UsageError(f"--{name} {value}: a number from 1 to {most:,} is wanted")
    seed = secrets.randbelow(MOST_SEED) if settings.seed is None else settings.seed
    return Measured(arguments.scenario, seed, arguments.clients, arguments.each, _sizes(arguments.size))


def _sizes(text: str | None) -> tuple[int, ...] | None:
    from fuzz.option_values import byte_sizes

    try:
        return None if text is None else byte_sizes(text)
    except ValueError as error:
        raise UsageError(f"--size: {error}") from error


def _plan(arguments: Namespace, settings: Settings) -> LoadPlan:
    from fuzz.load.course import LoadPlan

    out: Path | None = arguments.resume or arguments.out
    if out is not None and not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}")
    return LoadPlan(settings.seconds if arguments.seconds else None, arguments.passes, out)


def _limits(arguments: Namespace) -> list[Limit]:
    from fuzz.load.limits import limits

    found = [
        one
        for share in (50, 90, 99)
        for one in limits(f"--at-most-p{share}", "percentile", getattr(arguments, f"at_most_p{share}"), share / 100)
    ]
    return [*found, *limits("--at-least-rate", "rate", arguments.at_least_rate)]


def _loaded(
    settings: Settings,
    loading: Loading,
    plan: LoadPlan,
    measured: Measured,
    limits: Sequence[Limit],
    terminal: Terminal,
) -> int:
    """Open the target, take the rounds, tell what came out, and return the exit code."""
    from fuzz.findings.known import UnusableKnown, gather
    from fuzz.load.course import LoadCourse, scenario_of
    from fuzz.load.limits import check_names
    from fuzz.load.wrong import WrongAnswers
    from fuzz.running.targets import open_target

    scenario = scenario_of(loading, measured.scenario)
    progress = _progress(terminal)
    with open_target(settings) as target, closing(target.session()) as session, closing(target.session()) as looking:
        try:
            known = gather(settings.findings, target.profile)
        except UnusableKnown as error:
            raise UsageError(str(error)) from error
        wrong = WrongAnswers(target, looking, settings.findings, known, lambda text: progress(text, None))
        course = LoadCourse(session, loading, plan, measured, progress, wrong)
        check_names(limits, course.operations())
        _heading(terminal, target, scenario.name, scenario.sentence, measured)
        try:
            course.run()
        finally:
            terminal.clear()
        return _told(terminal, course, wrong, limits, _left_behind(session.stage, looking.stage))


def _left_behind(*stages: object) -> list[str]:
    return [name for one in stages for name in getattr(one, "left_behind", ())]


def _heading(terminal: Terminal, target: Target, name: str, sentence: str, measured: Measured) -> None:
    terminal.line(f"load      {name}: {sentence}")
    terminal.line(
        f"target    {target.name} ({target.url})" if target.name != target.url else f"target    {target.name}"
    )
    terminal.line(f"profile   {target.profile.name}    seed {measured.seed}")
    if measured.done:
        terminal.line(f"resumed   {len(measured.done)} rounds were done before, and are not done again")
    for text in target.doubts:
        terminal.line(f"! {text}")


def _progress(terminal: Terminal) -> Callable[[str, float | None], None]:
    """Return a function that shows progress: on one line of a terminal, elsewhere as a line now and then."""
    begun, last = time.monotonic(), 0.0

    def tell(what: str, done: float | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < (SECONDS_BETWEEN_DRAWINGS if terminal.live else SECONDS_BETWEEN_LINES):
            return
        last = now
        text = f"{what} · {now - begun:.0f} s" if done is None else f"{done:4.0%} · {what} · {now - begun:.0f} s"
        if terminal.live:
            terminal.redraw(text)
        else:
            terminal.line(text)

    return tell


def _told(
    terminal: Terminal, course: LoadCourse, wrong: WrongAnswers, limits: Sequence[Limit], left_behind: Sequence[str]
) -> int:
    """Tell the result, and return the exit code."""
    from fuzz.load.limits import broken
    from fuzz.load.table import lines, told_wrong

    measured = course.measured
    terminal.lines([*lines(measured), ""])
    terminal.lines(list(told_wrong(wrong)))
    over = [] if course.interrupted else list(broken(limits, measured))
    terminal.lines([f"✗ {text}" for text in over])
    for name in left_behind:
        terminal.line(f"! {name} could not be removed")
    verdict = "INTERRUPTED" if course.interrupted else "FAIL" if wrong.unknown or over else "PASS"
    if verdict == "PASS" and not measured.checked:
        verdict = "ERROR"
    rounds = f"{wrong.rounds} of {len(measured.done)} rounds had wrong answers · " if wrong.rounds else ""
    terminal.line(f"{verdict}  {rounds}{measured.checked:,} checked answers in {measured.seconds:.1f} s under load")
    codes = {"INTERRUPTED": INTERRUPTED, "FAIL": 1, "PASS": 0, "ERROR": CannotRun.exit_code}
    return codes[verdict]
