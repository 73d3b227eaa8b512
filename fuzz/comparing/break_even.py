"""Up to which bandwidth of the network to the client a server is worth it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import BYPASS, Comparison, Temperature, Times, rounds_of_both
from fuzz.comparing.statistics import Interval, bootstrap
from specs.reductions.dtypes import Array


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The bandwidth at which a server and the bypass take as long: below it the server is faster.

    It is derived from times that were measured without a narrow network, and from the bytes that go to the client:
    time(bandwidth) = median + bytes / bandwidth. Infinite where the server is faster as it is; 0 where it never is.
    `measured` are the ratios bypass / server of medians at bandwidths that the store's network was narrowed to.
    """

    question: TimedQuestion
    server: str
    temperature: Temperature
    mbps: Interval
    measured: tuple[tuple[float, float], ...] = ()


def break_evens(comparison: Comparison, temperature: Temperature = "cold") -> Iterator[BreakEven]:
    """List one for each question and server that can be told."""
    for question in comparison.questions:
        bypass = comparison.find(question, BYPASS, temperature)
        for server in comparison.servers:
            mine = comparison.find(question, server, temperature)
            if mine is None or bypass is None or not rounds_of_both(mine, bypass):
                continue
            mine_ms = median(mine.right_ms)
            mbps = _interval(mine, bypass)
            measured = tuple(
                (one.mbps, median(one.right_ms) / at_bandwidth(mine_ms, mine.bytes_to_client, one.mbps))
                for one in comparison.times
                if one.mbps and one.question == question and one.right_ms
            )
            yield BreakEven(question, server, temperature, mbps, measured)


def _interval(mine: Times, bypass: Times) -> Interval:
    """Return the break-even of the medians, and of those of rounds drawn anew."""
    pairs = rounds_of_both(mine, bypass)

    def of_medians(samples: Array) -> Array:
        medians = np.median(samples, axis=1)
        found = [break_even_mbps(one, mine.bytes_to_client, other, bypass.bytes_to_client) for one, other in medians]
        return np.array(found)

    return bootstrap(pairs, of_medians)


def at_bandwidth(elapsed_ms: float, bytes_to_client: int, mbps: float) -> float:
    """Say how long it takes in milliseconds where so many Mbit/s lie between it and the client."""
    return elapsed_ms + bytes_to_client * 8 / (mbps * 1000)


def break_even_mbps(server_ms: float, server_bytes: int, bypass_ms: float, bypass_bytes: int) -> float:
    """Return the bandwidth where both take as long: the server sends less, and takes longer to make it."""
    saved_bytes, lost_ms = bypass_bytes - server_bytes, server_ms - bypass_ms
    if saved_bytes <= 0:
        return math.inf if lost_ms <= 0 and saved_bytes == 0 else 0.0
    return math.inf if lost_ms <= 0 else saved_bytes * 8 / (lost_ms * 1000)


def bandwidth_text(mbps: float) -> str:
    """Return a bandwidth for people."""
    if math.isinf(mbps):
        return "any bandwidth"
    return f"{mbps / 1000:,.3g} Gbit/s" if mbps >= 1000 else f"{mbps:.3g} Mbit/s"
