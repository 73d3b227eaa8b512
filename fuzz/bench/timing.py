"""Measure whether `asfuzz compare` times requests as curl does by its own clock, and what timing costs."""

from __future__ import annotations

import shutil
import subprocess
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING

from fuzz.errors import CannotRun
from fuzz.flags import add_config_flag, add_target_flags, settings_of

if TYPE_CHECKING:
    from fuzz.comparing.contenders import Server
    from fuzz.comparing.results import HarnessCost

EACH = 10
SECONDS = 100.0
EXAMPLES = """\
examples:
  asfuzz bench timing                                   the embedded server
  asfuzz bench timing --launch 'my-server --port {port}' --sizes 1000 --blocks 50

The same bytes are sent by the code of asfuzz compare and by curl, in turns, each time over a connection of its own of
which the first request does not count.
"""
Times = list[tuple[float, float]]


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which server, how large objects, how often."""
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000], metavar="N", help="default: 100 1000")
    parser.add_argument("--blocks", type=int, default=20, metavar="N", help=f"of {EACH} requests each (default: 20)")
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Print both medians for each size, and the cost of the harness; raises CannotRun where there is no curl."""
    from fuzz.comparing import harness_cost
    from fuzz.comparing.contenders import Server
    from fuzz.comparing.judging import Prepared
    from fuzz.comparing.opening import NamedServer, open_field
    from fuzz.comparing.questions import TimedQuestion

    if shutil.which("curl") is None:
        raise CannotRun("curl, whose clock is the other one, is not installed")
    settings = settings_of(arguments)
    with open_field(settings, [NamedServer("server", settings.target, settings.launch)], ()) as field:
        server = field.contenders[0]
        assert isinstance(server, Server)
        smallest: list[float] = []
        for side in arguments.sizes:
            prepared = Prepared(TimedQuestion(side), field.profile)
            field.store.put("private", f"timing/{side}", prepared.data)
            found = blocks(server, server.message(prepared, f"timing/{side}"), arguments.blocks)
            smallest.append(median(mine for pairs in found for mine, _ in pairs))
            print(row(side, found), flush=True)
    print("\n".join(cost(harness_cost.measure((1, 16)), min(smallest))))
    mine, of_curl = own_times(arguments.blocks)
    print(f"of a server that answers at once asfuzz takes {mine * 1000:.0f} µs a request, curl {of_curl * 1000:.0f} µs")
    return 0


def own_times(count: int) -> tuple[float, float]:
    """Return the median milliseconds of asfuzz and of curl with a server that does nothing: what each adds itself."""
    from fuzz.comparing.harness_cost import REQUEST, idle_server

    with idle_server() as server:
        pairs = [(by_lanes(server.url, REQUEST), by_curl(server.url, REQUEST)) for _ in range(count)]
    mine, of_curl = ([one for pair in pairs for one in pair[place]] for place in (0, 1))
    return median(mine), median(of_curl)


def row(side: int, found: list[Times]) -> str:
    """Return a row with both medians, and their ratio."""
    from fuzz.comparing.statistics import ratio_by_group

    mine, of_curl = (median(pair[place] for pairs in found for pair in pairs) for place in (0, 1))
    ratio = ratio_by_group(found)
    return (
        f"sum float32 · {side}²: {mine:.2f} ms, by curl {of_curl:.2f} ms; "
        f"{ratio.value:.2f} times as long  [{ratio.low:.2f}, {ratio.high:.2f}]"
    )


def cost(harness: HarnessCost, smallest_ms: float) -> Iterator[str]:
    """Yield what a request costs the measuring code, with a server that answers at once."""
    yield (
        f"the harness costs {harness.request_ms * 1000:.0f} µs a request, "
        f"{harness.request_ms / smallest_ms:.1%} of the smallest median"
    )
    for clients, rate in harness.rates.items():
        yield f"it could send {rate:,.0f} a second, {clients} at a time"


def blocks(server: Server, message: bytes, count: int) -> list[Times]:
    """Yield blocks of times, measured by asfuzz and by curl in turn."""
    found = []
    for number in range(count):
        turns = [by_lanes, by_curl] if number % 2 else [by_curl, by_lanes]
        times = {turn: turn(server.target.url, message) for turn in turns}
        found.append(list(zip(times[by_lanes], times[by_curl], strict=True)))
    return found


def by_lanes(url: str, message: bytes) -> list[float]:
    """Return the milliseconds that the code of comparisons measures, without the request that opened the connection."""
    from fuzz.comparing.lanes import TimedLanes

    with closing(TimedLanes(url, SECONDS)) as lanes:
        return [lanes.ask([message])[0][0].elapsed_ms for _ in range(EACH + 1)][1:]


def by_curl(url: str, message: bytes) -> list[float]:
    """Return the milliseconds that curl measures, without the request that opened the connection.

    Raises CannotRun if an answer is not 200.
    """
    head, _, body = message.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    words = ["curl", "-sS", "-w", "%{time_total} %{http_code}\n", "--data-binary", "@-"]
    for line in headers:
        words += ["-H", line] if not line.lower().startswith(("host", "content-length")) else []
    # A header of its own that curl would add is left out by its bare name.
    there = {line.partition(":")[0].lower() for line in headers}
    words += [part for name in ("User-Agent", "Accept") if name.lower() not in there for part in ("-H", f"{name}:")]
    # Curl asks for all of them over the same connection.
    asked = ["-o", "/dev/null", f"{url}{first.split(' ')[1]}"] * (EACH + 1)
    done = subprocess.run([*words, *asked], input=body, capture_output=True, check=False, timeout=SECONDS)
    told = [line.split() for line in done.stdout.decode().splitlines()]
    if done.returncode or {code for _, code in told} != {"200"}:
        raise CannotRun(f"curl: {done.stderr.decode('utf-8', 'replace').strip() or told}")
    return [float(seconds) * 1000 for seconds, _ in told[1:]]
