"""Measure how often `asfuzz compare` tells that a server has become slower, and how often where it has not."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from fuzz.comparing.defaults import ROUNDS, STARTS
from fuzz.flags import add_config_flag, add_target_flags, settings_of

if TYPE_CHECKING:
    from fuzz.comparing.contenders import Server
    from fuzz.comparing.lanes import TimedLanes
    from fuzz.comparing.opening import Field
    from fuzz.comparing.plan import ComparisonPlan
    from fuzz.comparing.questions import TimedQuestion
    from fuzz.comparing.results import Comparison
    from fuzz.config import Settings
    from fuzz.running.targets import Target

SERVER, TWIN, SLOWED = "server", "twin", "slowed"
# How many pairs of requests tell how long a relay must wait. So many times the share is tried, and allowed at most.
PAIRS_TRIED, TRIED_TIMES, MOST_TIMES = 600, 2, 4
EXAMPLES = """\
examples:
  asfuzz bench slowdowns                                the embedded server
  asfuzz bench slowdowns --launch 'my-server --port {port}' --sizes 1000 --repeats 100

Each run starts the server three times and asks each through a relay, in turns with the embedded server and the bypass:
two relays pass everything on, and one takes a share longer. All are started anew many times in a run, as often as
asfuzz compare starts them by itself. In the next run the same is asked against it (--against), and in the same run side
by side. A relay is measured as part of the
server: how much it must wait for the whole request to take that share longer is found out first, for the first size.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many tries, and how much slower the slow server is."""
    parser.add_argument("--tries", type=int, default=20, metavar="N", help="of each kind (default: 20)")
    parser.add_argument("--share", type=float, default=0.10, metavar="S", help="how much slower (default: 0.1)")
    parser.add_argument(
        "--repeats", type=int, default=ROUNDS, metavar="N", help=f"rounds of each run (default: {ROUNDS})"
    )
    parser.add_argument(
        "--starts", type=int, default=STARTS, metavar="N", help=f"in a run, at least (default: {STARTS})"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000], metavar="N", help="of squares (default: 1000)")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep each run's comparison as JSON")
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Measure run after run, and print how many tries told what."""
    from fuzz.comparing.plan import ComparisonPlan
    from fuzz.comparing.questions import TimedQuestion
    from fuzz.comparing.results import to_json

    settings = settings_of(arguments)
    plan = ComparisonPlan(tuple(map(TimedQuestion, arguments.sizes)), arguments.repeats, (), starts=arguments.starts)
    slowed_by = _slowed_by(settings, plan.questions[0], arguments.share)
    runs: list[Comparison] = []
    for number in range(arguments.tries + 1):
        runs.append(_run(settings, plan, slowed_by))
        if arguments.out is not None:
            arguments.out.mkdir(parents=True, exist_ok=True)
            (arguments.out / f"{number}.json").write_text(to_json(runs[-1]), "utf-8")
        print(f"{number}/{arguments.tries} {_medians(runs[-1])}", file=sys.stderr, flush=True)
    for row in rows(runs, arguments.share):
        print(row)
    return 0


def rows(runs: Sequence[Comparison], share: float) -> Iterator[str]:
    """Yield a row for each kind of try: what was told of it."""
    tries = len(runs) - 1
    yield f"{'':<44}{'slower':>8}{'faster':>8}   of {tries} tries"
    for name, title in ((SERVER, "the same server"), (SLOWED, f"slowed by {share:.0%}")):
        told = [_told_against(before, after, name) for before, after in pairwise(runs)]
        yield _row(f"{title}, against the run before", told)
    for name, title in ((TWIN, "the same server"), (SLOWED, f"slowed by {share:.0%}")):
        yield _row(f"{title}, side by side in one run", [_told_side_by_side(run, name) for run in runs[1:]])
    yield f"how many times as long it really took, by the medians of pairs: {_really(runs)}"


def _row(title: str, told: Sequence[set[str]]) -> str:
    counts = "".join(f"{sum(verdict in one for one in told):>8}" for verdict in ("slower", "faster"))
    return f"{title:<44}{counts}"


def _really(runs: Sequence[Comparison]) -> str:
    from fuzz.comparing.table import side_by_side

    found = [one for run in runs for one in side_by_side(run)]
    middles = {name: median(one.ratio.value for one in found if one.contender == name) for name in (TWIN, SLOWED)}
    return ", ".join(f"{name} {middle:.2f}" for name, middle in middles.items())


def _told_against(before: Comparison, after: Comparison, name: str) -> set[str]:
    """Return the verdicts on one of the relays, which is taken for the server of the run before."""
    from fuzz.comparing.against import told_changes

    return {one.verdict for one in told_changes(_only(before, SERVER), _only(after, name))}


def _only(run: Comparison, name: str) -> Comparison:
    from fuzz.comparing.results import BYPASS, EMBEDDED

    kept = [one for one in run.times if one.contender in (name, EMBEDDED, BYPASS)]
    times = tuple(replace(one, contender=SERVER) if one.contender == name else one for one in kept)
    return replace(run, times=times)


def _told_side_by_side(run: Comparison, name: str) -> set[str]:
    from fuzz.comparing.table import side_by_side

    return {one.verdict for one in side_by_side(run) if one.contender == name}


def _medians(run: Comparison) -> str:
    found = {name: [one for one in run.times if one.contender == name and one.right_ms] for name in run.contenders}
    return (
        "  ".join(
            f"{name} {' '.join(f'{median(one.right_ms):.2f}' for one in times)} ms" for name, times in found.items()
        )
        + f"  {run.starts} starts"
    )


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Field, Callable[..., Server]]]:
    """Open the store, the embedded server and the bypass.

    Yield them with a function that starts a server behind a relay.
    """
    from fuzz.comparing.contenders import Server
    from fuzz.comparing.opening import NamedServer, open_field
    from fuzz.comparing.results import EMBEDDED
    from fuzz.embedded.processes import running
    from fuzz.running.targets import running_server

    with ExitStack() as stack:
        field = stack.enter_context(open_field(settings, [NamedServer(EMBEDDED)], ()))
        (embedded,) = field.servers

        def relayed(name: str, slowed_by: float = 0.0) -> Server:
            both = stack.enter_context(ExitStack())

            def start() -> Target:
                both.close()
                url, _ = both.enter_context(running_server(settings, field.store, embedded.target.client))
                command = [sys.executable, "-m", "fuzz.bench.slow_relay", "--upstream", url, "--share", str(slowed_by)]
                return replace(embedded.target, url=both.enter_context(running(command)).url)

            server = Server(name, start(), start if settings.target is None else None)
            return stack.enter_context(closing(server))

        yield field, relayed


def _run(settings: Settings, plan: ComparisonPlan, slowed_by: float) -> Comparison:
    from fuzz.comparing.measuring import Course

    with _opened(settings) as (field, relayed):
        servers = (relayed(SERVER), relayed(TWIN), relayed(SLOWED, slowed_by))
        course = Course(plan, (*servers, *field.contenders), field.store, field.profile, lambda *_: None)
        course.run()
        return course.result()


def _slowed_by(settings: Settings, question: TimedQuestion, share: float) -> float:
    """Return the share of a server's time by which a relay must wait for a request to take the wanted share longer.

    What a relay takes itself is not made longer, and whoever has just waited answers a little sooner: so it is tried.
    """
    from fuzz.bench.slow_relay import SLOWED_BY
    from fuzz.comparing.judging import Prepared
    from fuzz.comparing.lanes import TimedLanes

    with _opened(settings) as (field, relayed):
        prepared = Prepared(question, field.profile)
        field.store.put("private", "tried", prepared.data)
        server = relayed(SERVER)
        head, _, body = server.message(prepared, "tried").partition(b"\r\n\r\n")
        # One relay is asked in turns, over one connection: no luck of a start is between the two.
        tried = TRIED_TIMES * share
        messages = [head + f"\r\n{SLOWED_BY}: {one}\r\n\r\n".encode() + body for one in (0.0, tried)]
        with closing(TimedLanes(server.target.url, server.target.client.timeout_seconds)) as lanes:
            pairs = [_asked(lanes, messages, backwards=bool(number % 2)) for number in range(PAIRS_TRIED)]
    took = median(slowed / plain for plain, slowed in pairs) - 1
    return min(tried * share / max(took, 1e-9), MOST_TIMES * share)


def _asked(lanes: TimedLanes, messages: Sequence[bytes], *, backwards: bool) -> list[float]:
    """Return how many milliseconds each request takes; `backwards` sends the last one first.

    The order matters: the second request finds the machine in another state than the first.
    """
    times = {one: lanes.ask([one])[0][0].elapsed_ms for one in (reversed(messages) if backwards else messages)}
    return [times[one] for one in messages]
