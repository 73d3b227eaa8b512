"""Measure servers side by side, every answer checked."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fuzz.comparing.defaults import MOST_STARTS, ROUNDS, SEEN, STARTS
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import CREDENTIALS, EXIT_CODES, add_config_flag, add_store_flags, settings_of

if TYPE_CHECKING:
    from fuzz.comparing.opening import NamedServer
    from fuzz.comparing.plan import ComparisonPlan
    from fuzz.comparing.results import Comparison
    from fuzz.findings.known import Known
    from fuzz.reports.terminal import Terminal
    from specs.reductions.profile import Profile

FORMATS = ("json", "png", "svg", "html")
MOST_CLIENTS = 256
SECONDS_BETWEEN_LINES = 10.0
# Of less than this share done, nobody can tell how long the rest takes.
LEAST_DONE = 0.02
Number = TypeVar("Number", int, float)
INTERRUPTED = 130
EXAMPLES = """\
examples:
  asfuzz compare embedded                              the embedded server, and bypassing it
  asfuzz compare old=http://127.0.0.1:8080 new=http://127.0.0.1:8081 --out results
  asfuzz compare new=http://127.0.0.1:8081 --against results/comparison.json
      what got slower since, with the chance that it is noise
  asfuzz compare --launch 'mine=my-server --port {port}' --codecs none,gzip,shuffle+gzip
  asfuzz compare embedded --store-mbps 100,1000        the bypass over narrow networks too

The servers and a client that bypasses them (it fetches the object by boto3 and reduces it by NumPy) take turns, so that
what drifts hits all alike. cold: about an object that nobody has asked about; warm: about one that was asked about
before. Every answer is checked; the time of one that is not right is left out, and a wrong one is looked into and saved
as a finding, like those of asfuzz run.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which servers are compared, and what they are asked."""
    parser.add_argument("servers", nargs="*", metavar="NAME=URL", help="servers that run already, or: embedded")
    parser.add_argument(
        "--launch", dest="launched", action="append", default=[], metavar="NAME=CMD",
        help="start a server for it: 'mine=my-server --port {port}'; may be repeated",
    )  # fmt: skip
    asked = parser.add_argument_group("what is asked")
    asked.add_argument("--sizes", default="100,1000,2000", help="sides of squares (default: 100,1000,2000)")
    asked.add_argument("--dtypes", default="float32", help="element types (default: float32)")
    asked.add_argument("--operations", default="sum", help="count, min, max, sum, select (default: sum)")
    asked.add_argument("--selections", default="all", help="all, half, strided, corner (default: all)")
    asked.add_argument("--codecs", default="none", help="none, gzip, zlib, blosc2, shuffle+gzip … (default: none)")
    asked.add_argument("--clients", default="1,4,16", help="at the same time; 0 for none of that (default: 1,4,16)")
    asked.add_argument("--repeats", type=int, default=ROUNDS, metavar="N", help=f"rounds, at least (default: {ROUNDS})")
    asked.add_argument(
        "--starts", type=int, default=STARTS, metavar="N",
        help="how often, at least, --launch and embedded start a server, since some starts are faster than others "
        f"(default: {STARTS})",
    )  # fmt: skip
    asked.add_argument(
        "--see", type=float, default=100 * SEEN, metavar="PERCENT",
        help="start servers of --launch more often until a later run with --against would tell a slowdown like this "
        f"(default: {SEEN:.0%}; 0: do not)".replace("%", "%%"),
    )  # fmt: skip
    asked.add_argument(
        "--most-starts", type=int, default=MOST_STARTS, metavar="N", help=f"but no more often (default: {MOST_STARTS})"
    )
    asked.add_argument(
        "--yardstick", choices=("embedded", "bypass"),
        help="whom --against measures changes by: where the embedded server is named, or a server is started by "
        "--launch, embedded, which is then asked as well (default); else bypass",
    )  # fmt: skip
    asked.add_argument("--store-mbps", default="", metavar="N,…", help="bypass over networks of so many Mbit/s as well")
    told = parser.add_argument_group("result")
    told.add_argument("--out", type=Path, metavar="FOLDER", help="write the result and plots (default: a table only)")
    told.add_argument("--formats", default=",".join(FORMATS), help="what --out writes (default: json,png,svg,html)")
    told.add_argument("--findings", metavar="DIR", help="where wrong answers are kept (default: findings)")
    told.add_argument("--against", type=Path, metavar="FILE", help="an earlier run's comparison.json to compare with")
    add_store_flags(parser.add_argument_group("store"))
    add_config_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}\n{CREDENTIALS}"


def main(arguments: Namespace) -> int:
    """Measure, and print a table; 1 where an answer was wrong, 3 where a server could not be measured."""
    from fuzz.comparing.against import lines as against_lines
    from fuzz.comparing.against import told_changes
    from fuzz.comparing.opening import named_servers
    from fuzz.comparing.precision import lines as precision_lines
    from fuzz.comparing.results import read_comparison
    from fuzz.comparing.table import lines
    from fuzz.reports.terminal import Terminal

    plan = _plan(arguments)
    formats = _formats(arguments)
    earlier = read_comparison(arguments.against) if arguments.against else None
    named = named_servers(arguments.servers, arguments.launched, embedded_too=arguments.yardstick != "bypass")
    found = _measured(arguments, plan, named)
    rows = [*_heading(found), *lines(found), *precision_lines(found)]
    if earlier is not None:
        rows += against_lines(told_changes(earlier, found), earlier, arguments.against)
    Terminal(sys.stdout).lines(rows)
    if arguments.out is not None:
        _write(found, rows, arguments.out, formats)
    return _exit_code(found)


def _plan(arguments: Namespace) -> ComparisonPlan:
    from fuzz.comparing.against import LEAST_CHANGE
    from fuzz.comparing.plan import ComparisonPlan
    from fuzz.comparing.questions import questions
    from fuzz.option_values import names

    def several(name: str) -> tuple[str, ...]:
        try:
            return names(getattr(arguments, name))
        except ValueError as error:
            raise UsageError(f"--{name}: {error}") from error

    clients = tuple(one for one in _numbers("--clients", arguments.clients, int) if one)
    if any(one > MOST_CLIENTS for one in clients):
        raise UsageError(f"--clients: {max(clients)} is more than {MOST_CLIENTS}")
    if arguments.repeats < 1:
        raise UsageError(f"--repeats {arguments.repeats}: at least 1 is needed")
    if arguments.starts < 1:
        raise UsageError(f"--starts {arguments.starts}: at least 1 is needed")
    if arguments.see and arguments.see / 100 <= LEAST_CHANGE:
        raise UsageError(f"--see {arguments.see:g}: nothing below {LEAST_CHANGE:.0%} is told; 0 stands for no such aim")
    asked = questions(
        _numbers("--sizes", arguments.sizes, int),
        several("dtypes"), several("operations"), several("selections"), several("codecs"),
    )  # fmt: skip
    mbps = _numbers("--store-mbps", arguments.store_mbps, float) if arguments.store_mbps else ()
    if any(not 0.01 <= one <= 1e6 for one in mbps):
        raise UsageError(f"--store-mbps {arguments.store_mbps}: a bandwidth is 0.01 to 1000000 Mbit/s")
    return ComparisonPlan(
        asked, arguments.repeats, clients, mbps, arguments.starts, arguments.most_starts, arguments.see / 100
    )  # fmt: skip


def _numbers(flag: str, text: str, read: Callable[[str], Number]) -> tuple[Number, ...]:
    from fuzz.option_values import names

    try:
        found = tuple(read(one) for one in names(text))
    except ValueError as error:
        raise UsageError(f"{flag} {text!r} is not a list of numbers, such as 100,1000") from error
    if any(one < 0 for one in found):
        raise UsageError(f"{flag} {text!r}: there is nothing below 0")
    return tuple(dict.fromkeys(found))


def _formats(arguments: Namespace) -> tuple[str, ...]:
    from fuzz.comparing.plots import check_installed
    from fuzz.option_values import names

    try:
        found = names(arguments.formats)
    except ValueError as error:
        raise UsageError(f"--formats: {error}") from error
    unknown = [one for one in found if one not in FORMATS]
    if unknown:
        raise UsageError(f"--formats: {unknown[0]!r} is unknown; known: {', '.join(FORMATS)}")
    if arguments.out is not None and set(found) != {"json"}:
        check_installed()
    return found


def _measured(arguments: Namespace, plan: ComparisonPlan, named: Sequence[NamedServer]) -> Comparison:
    """Measure until the end, or until Ctrl-C, and return all that was measured."""
    from fuzz.comparing import harness_cost
    from fuzz.comparing.keeping import SECONDS_A_SERVER, keep
    from fuzz.comparing.measuring import Course
    from fuzz.comparing.opening import open_field
    from fuzz.reports.terminal import Terminal

    settings = settings_of(arguments)
    terminal = Terminal(sys.stderr, color=settings.color)
    doing = terminal.redraw if terminal.live else terminal.line
    course: Course | None = None
    try:
        with open_field(settings, named, plan.mbps) as field:
            known = _known(settings.findings, field.profile, terminal)
            for name, why in field.lost.items():
                terminal.line(f"! {name} is left out: {why}")
            course = Course(plan, field.contenders, field.store, field.profile, _progress(terminal), dict(field.lost))
            try:
                course.harness = harness_cost.measure(plan.clients)
                course.run()
            except KeyboardInterrupt:
                course.interrupted = True
            seconds = 0.0 if course.interrupted else SECONDS_A_SERVER
            course.findings = keep(course.judge, field.targets, settings.findings, known, doing, seconds)
    except KeyboardInterrupt:
        if course is None:
            raise
        course.interrupted = True
    finally:
        terminal.clear()
    return course.result()


def _known(findings: Path, profile: Profile, terminal: Terminal) -> Known:
    """Return the findings that are accepted for now; raises UsageError."""
    from fuzz.findings.known import UnusableKnown, gather

    try:
        known = gather(findings, profile)
    except UnusableKnown as error:
        raise UsageError(str(error)) from error
    for text in known.warnings():
        terminal.line(f"! {text}")
    return known


def _progress(terminal: Terminal) -> Callable[[str, float], None]:
    """Return a function that shows progress: on one line of a terminal, elsewhere as a line now and then."""
    from fuzz.comparing.table import clock

    begun = last = time.monotonic()

    def tell(what: str, done: float) -> None:
        nonlocal last
        now = time.monotonic()
        left = f" · about {clock((now - begun) * (1 - done) / done)} left" if done >= LEAST_DONE else ""
        text = f"{done:4.0%} · {what} · {clock(now - begun)}{left}"
        if terminal.live:
            terminal.redraw(text)
        elif now - last >= SECONDS_BETWEEN_LINES:
            last = now
            terminal.line(text)

    return tell


def _heading(found: Comparison) -> Iterator[str]:
    yield f"compared  {', '.join(found.contenders)}"
    yield f"store     {found.store}"
    yield f"rounds    {found.rounds}, begun {found.begun}{', interrupted' * found.interrupted}"
    if found.anew:
        yield f"started   {', '.join(found.anew)}: {found.starts} times, each for an equal share of the rounds"


def _write(found: Comparison, rows: Sequence[str], folder: Path, formats: Sequence[str]) -> None:
    """Write the result and the plots; raises CannotRun where the folder cannot be written."""
    from fuzz.comparing.page import page
    from fuzz.comparing.plots import draw
    from fuzz.comparing.results import to_json
    from fuzz.figures import KINDS

    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        if "json" in formats:
            written.append(folder / "comparison.json")
            written[0].write_text(to_json(found), "utf-8")
        if "html" in formats:
            written.append(folder / "comparison.html")
            written[-1].write_text(page(found, rows), "utf-8")
        written += draw(found, folder, [kind for kind in KINDS if kind in formats])
    except OSError as error:
        raise CannotRun(f"--out {folder}: {error.strerror}") from error
    print(f"written   {', '.join(map(str, written))}")


def _exit_code(found: Comparison) -> int:
    """Return the exit code: interrupted, findings, a server that could not be measured, or clean."""
    if found.interrupted:
        return INTERRUPTED
    if found.wrong and not found.excused:
        return 1
    return 0 if found.complete else CannotRun.exit_code
