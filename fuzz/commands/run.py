"""Try things on a server, and tell what it got wrong."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from fuzz.config import Settings, keep_hypothesis_tidy
from fuzz.errors import INTERRUPTED, CannotRun, UsageError
from fuzz.events import Event, RunEnded
from fuzz.findings.scrubbing import without_secrets
from fuzz.flags import CREDENTIALS, EXIT_CODES, add_animal_flag, add_config_flag, add_target_flags, settings_of
from fuzz.reports.bus import Bus, Report
from fuzz.reports.console import Console
from fuzz.reports.events_file import EventsFile
from fuzz.reports.github import GitHub
from fuzz.reports.junit import JUnit
from fuzz.reports.summary import STANDARD_OUTPUT, Summary
from fuzz.reports.terminal import Terminal
from fuzz.running.store.protocol import Credentials
from fuzz.versions import versions

MOST_SEED = 2**32
EXAMPLES = """\
examples:
  asfuzz run
      the embedded reference server for half a minute: it should be clean
  asfuzz run --target http://127.0.0.1:8080 --seconds 10m
      a server of yours on this machine, with objects from the embedded memory store
  asfuzz run --target http://10.0.0.7:8080 --advertise 10.0.0.2 --profile my-server.toml
      a server on another machine, which reads from this one
  asfuzz run --target http://127.0.0.1:8080 --store http://127.0.0.1:9000 --summary summary.json
      with objects in a MinIO; keys from ASFUZZ_ACCESS_KEY and ASFUZZ_SECRET_KEY; the result as JSON for a script
  asfuzz run --launch 'env PORT={port} ./my-server' --seconds 8h --workers 2
      a server that is started, and restarted when it dies, all night
  asfuzz run --only reduction --examples 200 --seed 7
      one property, a fixed number of examples, the same ones every time
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: what is tested, for how long, and where results go."""
    add_target_flags(parser)
    budget = parser.add_argument_group("what to try")
    length = budget.add_mutually_exclusive_group()
    length.add_argument("--seconds", metavar="N", help="how long, starting included: 90, 90s, 10m, 8h (default: 30)")
    length.add_argument("--examples", metavar="N", help="how many examples of each property, however long it takes")
    budget.add_argument("--seed", metavar="S", help="make the same choices again (default: new ones)")
    budget.add_argument("--only", metavar="PROPERTY", nargs="+", action="extend", help="these properties only")
    budget.add_argument("--max-findings", metavar="N", help="stop after so many findings (default: 100)")
    budget.add_argument("--workers", metavar="N", help="processes that try things at the same time (default: 1)")
    budget.add_argument(
        "--lanes", metavar="N|auto", help="cases at the same time, of each worker (default: auto, as many as serve)"
    )
    add_animal_flag(budget)
    results = parser.add_argument_group("results")
    results.add_argument("--findings", metavar="DIR", help="the folder that remembers findings (default: findings)")
    results.add_argument("--summary", metavar="FILE", help="write the result as JSON; - is standard output")
    results.add_argument("--junit", metavar="FILE", help="write the result as JUnit XML: one failure for each finding")
    results.add_argument(
        "--github",
        action=BooleanOptionalAction,
        help="annotations and the step's summary for GitHub (default: where GITHUB_STEP_SUMMARY is set)",
    )
    results.add_argument("-q", "--quiet", action="store_true", help="show what was found and the verdict, nothing else")
    results.add_argument("--verbose", action="store_true", help="also tell what the answers hung on")
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


class Interruption:
    """Hears Ctrl-C and SIGTERM: raises KeyboardInterrupt, and remembers it for where an exception comes to nothing."""

    def __init__(self) -> None:
        self.heard = False

    def __call__(self, _signal: int, frame: FrameType | None) -> None:
        self.heard = True
        # Hypothesis has a callback of this name called by the garbage collector, which prints exceptions and goes on.
        if frame is None or frame.f_code.co_name != "gc_callback":
            raise KeyboardInterrupt


def main(arguments: Namespace) -> int:
    """Run, and return the exit code of what came out."""
    settings = settings_of(arguments)
    interruption = Interruption()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, interruption)
    with _reports(settings, verbose=arguments.verbose, quiet=arguments.quiet) as telling:
        try:
            end = _hunt(settings, telling, lambda: interruption.heard, arguments.begun)
        except KeyboardInterrupt:
            end = telling.tally.ended or telling.tally.end_of_interrupted("interrupted")
        except (CannotRun, UsageError) as error:
            telling(telling.tally.end_of_broken(str(error)))
            if telling.tally.started is None:
                raise type(error)(without_secrets(str(error), telling.secrets)) from error
            return error.exit_code
        except BrokenPipeError:
            raise
        except BaseException as error:
            telling(telling.tally.end_of_broken(f"the suite broke: {type(error).__name__}: {error}"))
            raise
        telling(end)
    return exit_code(end)


def exit_code(end: RunEnded) -> int:
    """Return the exit code: 0 clean, 1 findings, 130 interrupted, 3 if the run could not tell or checked nothing."""
    if end.verdict == "INTERRUPTED":
        return INTERRUPTED
    if end.verdict == "FAIL":
        return 1
    return CannotRun.exit_code if end.verdict == "ERROR" or end.checked_requests == 0 else 0


@contextmanager
def _reports(settings: Settings, *, verbose: bool = False, quiet: bool = False) -> Iterator[Bus]:
    """Yield the reports of a run: for scripts, for later reports, and for the person who watches."""
    _check_writable(settings.findings, {"--summary": settings.summary, "--junit": settings.junit})
    reports: list[Report] = [EventsFile(settings.findings)]
    if settings.summary is not None:
        reports.insert(0, Summary(settings.summary, versions()))
    if settings.junit is not None:
        reports.insert(0, JUnit(settings.junit))
    stream = sys.stderr if settings.summary == STANDARD_OUTPUT else sys.stdout
    reports.append(Console(Terminal(stream, color=settings.color), verbose=verbose, quiet=quiet))
    if settings.github:
        reports.append(GitHub(stream, settings.github_summary))
    try:
        yield Bus(reports, _secrets(settings))
    finally:
        for report in reports:
            report.close()


def _secrets(settings: Settings) -> Iterator[Credentials]:
    """Yield the credentials that were given; those of a store of the suite's own are known when it is open."""
    if settings.secret_key:
        yield Credentials(settings.access_key or "", settings.secret_key)
    if settings.stranger_secret_key:
        yield Credentials(settings.stranger_access_key or "", settings.stranger_secret_key)
    if settings.second_secret_key:
        yield Credentials(settings.second_access_key or "", settings.second_secret_key)


def _check_writable(findings: Path, results: Mapping[str, Path | None]) -> None:
    """Raise CannotRun now, rather than after a night, if a folder or file cannot be written."""
    try:
        findings.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"--findings {findings}: the folder cannot be made: {error.strerror}") from error
    for flag, path in results.items():
        if path is None or path == STANDARD_OUTPUT:
            continue
        try:
            if not path.parent.is_dir():
                raise UsageError(f"{flag} {path}: there is no folder {path.parent}")
            if path.is_dir():
                raise UsageError(f"{flag} {path} is a folder; name a file")
            with path.open("a"):
                pass
        except OSError as error:
            raise CannotRun(f"{flag} {path} cannot be written: {error.strerror}") from error


def _hunt(settings: Settings, telling: Bus, interrupted: Callable[[], bool], begun: float) -> RunEnded:
    """Hunt until the budget ends, which counts from when the command began."""
    keep_hypothesis_tidy()
    # The hunt brings Hypothesis, NumPy and all strategies with it: half a second that errors of usage need not wait.
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    _check_names(settings)
    if settings.seed is None:
        settings = replace(settings, seed=secrets.randbelow(MOST_SEED))
    with open_target(settings) as target:
        telling.doubts = target.doubts
        telling.secrets = (*telling.secrets, *target.store.credentials.values())
        plan = Plan(
            profile=target.profile,
            seed=settings.seed or 0,
            seconds=settings.seconds,
            examples=settings.examples,
            only=settings.only,
            findings=settings.findings,
            max_findings=settings.max_findings,
            workers=settings.workers,
            lanes=settings.lanes,
            starting_seconds=time.monotonic() - begun,
        )
        emit: Callable[[Event], None] = telling
        end: RunEnded = hunt(plan, target, emit, interrupted)
        telling(end)
        return end


def _check_names(settings: Settings) -> None:
    from fuzz.running.targets import subject_under_test
    from specs.profile import did_you_mean

    names = [one.name for one in subject_under_test(settings).properties]
    for name in settings.only:
        if name not in names:
            raise UsageError(f"--only: property {name!r} is unknown.{did_you_mean(name, names)}")
