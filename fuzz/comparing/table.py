"""A comparison as a table for people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from fuzz.comparing.break_even import BreakEven, bandwidth_text, break_evens
from fuzz.comparing.plan import TEMPERATURES
from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import BYPASS, Comparison, Temperature, Times, luck_of_a_start, rounds_of_both
from fuzz.comparing.statistics import (
    CONFIDENCE,
    Interval,
    median_interval,
    quantiles,
    ratio_by_group,
    ratio_of_medians,
)
from fuzz.findings.again import replay_line

LEAST_FOR_INTERVALS = 4
# Of the longest label that there is, such as that of a strided selection of shuffled and compressed data.
WIDEST = 46
LARGE_SHARE = 0.10
HEAD = f"{'':<24}{'median':>10}{'95 %':>24}{'p5':>10}{'p95':>10}{'to client':>11}   times as fast as the bypass"


def lines(comparison: Comparison) -> Iterator[str]:
    """Return the whole table."""
    for question in comparison.questions:
        yield ""
        yield f"{question.label}"
        yield HEAD
        yield from _times(comparison, question)
    yield from _side_by_side(comparison)
    yield from _throughputs(comparison)
    yield from _break_evens(comparison)
    yield from _caches(comparison)
    yield from _harness(comparison)
    yield from _told(comparison)


def _times(comparison: Comparison, question: TimedQuestion) -> Iterator[str]:
    for name in comparison.contenders:
        for temperature in TEMPERATURES if name != BYPASS else TEMPERATURES[:1]:
            one = comparison.find(question, name, temperature)
            if one is not None:
                yield _row(comparison, one)
    for one in comparison.times:
        if one.mbps and one.question == question and one.right_ms:
            yield _row(comparison, one)


def _row(comparison: Comparison, one: Times) -> str:
    middle = median_interval(one.right_ms)
    p5, p95 = quantiles(one.right_ms, 0.05, 0.95)
    where = f"{one.contender} at {one.mbps:g} Mbit/s" if one.mbps else one.contender
    name = where if one.contender == BYPASS else f"{where} {one.temperature}"
    bounds = f"{ms(middle.low)} … {ms(middle.high)}"
    size = byte_text(one.bytes_to_client)
    row = f"  {name:<22}{ms(middle.value):>10}{bounds:>24}{ms(p5):>10}{ms(p95):>10}{size:>11}"
    gain = None if one.contender == BYPASS else speed_up(comparison, one)
    missing = len(one.elapsed_ms) - len(one.right_ms)
    more = [] if gain is None else [f"{gain.value:.2f}  [{gain.low:.2f}, {gain.high:.2f}]"]
    more += [f"{missing} of {len(one.elapsed_ms)} not right, left out"] * bool(missing)
    return f"{row}   {'   '.join(more)}".rstrip()


def speed_up(comparison: Comparison, one: Times) -> Interval | None:
    """Say how many times as fast as the bypass, by the rounds that both answered rightly."""
    pairs = rounds_of_both(comparison.find(one.question, BYPASS, one.temperature), one)
    return ratio_of_medians(*zip(*pairs, strict=True)) if len(pairs) >= LEAST_FOR_INTERVALS else None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The times of a server against those of the first one, in the same rounds."""

    question: TimedQuestion
    contender: str
    temperature: Temperature
    ratio: Interval

    @property
    def verdict(self) -> str:
        """Say what the interval leaves no doubt about."""
        if not self.ratio.excludes(1):
            return "no difference"
        return "slower" if self.ratio.value > 1 else "faster"


def side_by_side(comparison: Comparison) -> Iterator[SideBySide]:
    """Return the servers against the first of them, round by round: what slows the machine slows both.

    The intervals hold for all that is compared together, and allow for starts and connections that differ anyway.
    """
    first, *others = comparison.servers or ("",)
    asked = list(product(comparison.questions, others, TEMPERATURES))
    for question, name, temperature in asked:
        groups = comparison.pairs(question, name, first, temperature)
        if len(groups) >= LEAST_FOR_INTERVALS:
            found = ratio_by_group(groups, confidence=1 - (1 - CONFIDENCE) / len(asked))
            yield SideBySide(question, name, temperature, found)


def _side_by_side(comparison: Comparison) -> Iterator[str]:
    found = list(side_by_side(comparison))
    if found:
        yield ""
        yield f"how many times as long as {comparison.servers[0]} in the same round (95 %, all of them together)"
    for one in found:
        bounds = f"{one.ratio.value:.2f}  [{one.ratio.low:.2f}, {one.ratio.high:.2f}]"
        yield f"  {one.question.label:<{WIDEST}} {f'{one.contender} {one.temperature}':<22} {bounds}   {one.verdict}"
    names = [one for one in comparison.servers if not comparison.started_anew(one)]
    if found and names:
        yield luck_of_a_start(names)


def _throughputs(comparison: Comparison) -> Iterator[str]:
    counts = list(dict.fromkeys(one.clients for one in comparison.throughputs))
    if not counts:
        return
    yield ""
    yield "right answers a second, all about one object (median of blocks, and their range)"
    yield f"{'':<24}" + "".join(f"{f'{clients} at a time':>26}" for clients in counts)
    for question in dict.fromkeys(one.question for one in comparison.throughputs):
        yield question.label
        for name in comparison.contenders:
            found = {
                one.clients: one
                for one in comparison.throughputs
                if one.question == question and one.contender == name and one.rates
            }
            if found:
                cells = [_rates(found[clients].rates) if clients in found else "" for clients in counts]
                yield f"  {name:<22}" + "".join(f"{cell:>26}" for cell in cells)


def _rates(rates: tuple[float, ...]) -> str:
    (middle,) = quantiles(rates, 0.5)
    return f"{middle:,.0f}  ({min(rates):,.0f} … {max(rates):,.0f})"


def _break_evens(comparison: Comparison) -> Iterator[str]:
    found = list(break_evens(comparison))
    if not found:
        return
    yield ""
    yield "worth it, by the bandwidth of the network to the client (derived: median + bytes / bandwidth; cold; 95 %)"
    for one in found:
        yield f"  {one.question.label:<{WIDEST}} {one.server:<18} {told_of(one)}"
        for mbps, ratio in one.measured:
            told = f"{ratio:.2f} times as fast as the bypass measured at {bandwidth_text(mbps)}"
            yield f"  {'':<{WIDEST}} {'':<18} {told}"


def told_of(one: BreakEven) -> str:
    """Below which bandwidth, in words, with what that is worth."""
    found = one.mbps
    if found.value <= 0:
        return "at none: it sends no less than the bypass fetches"
    if math.isinf(found.low):
        return "at any bandwidth: faster than the bypass as it is"
    if math.isinf(found.value):
        return f"at any bandwidth as measured; for certain below {bandwidth_text(found.low)}"
    return f"below {bandwidth_text(found.value)}  [{bandwidth_text(found.low)}, {bandwidth_text(found.high)}]"


def _caches(comparison: Comparison) -> Iterator[str]:
    """Compare asking anew with asking again: where the latter is faster, the server keeps something."""
    told = []
    for question in comparison.questions:
        for name in comparison.servers:
            gain = cache_gain(comparison, question, name)
            if gain is not None and gain.low > 1:
                bounds = f"[{gain.low:.2f}, {gain.high:.2f}]"
                told.append(f"  {question.label:<{WIDEST}} {name:<18} {gain.value:.2f} times as fast  {bounds}")
    if told:
        yield ""
        yield "asked about the same object again (warm against cold: a cache, where it is much more than 1)"
        yield from told


def cache_gain(comparison: Comparison, question: TimedQuestion, name: str) -> Interval | None:
    """Say how many times as fast the same question is when it is asked again."""
    cold, warm = (comparison.find(question, name, temperature) for temperature in TEMPERATURES)
    pairs = rounds_of_both(cold, warm)
    return ratio_of_medians(*zip(*pairs, strict=True)) if len(pairs) >= LEAST_FOR_INTERVALS else None


def _harness(comparison: Comparison) -> Iterator[str]:
    cost = comparison.harness
    if cost is None:
        return
    medians = [quantiles(one.right_ms, 0.5)[0] for one in comparison.times if one.right_ms and one.contender != BYPASS]
    yield ""
    share = cost.request_ms / min(medians) if medians else 0.0
    much = ": much of what is told above is the harness" if share > LARGE_SHARE else ""
    rates = ", ".join(f"{rate:,.0f} ({clients} at a time)" for clients, rate in cost.rates.items())
    yield (
        f"the harness costs at most {cost.request_ms * 1000:,.0f} µs a request (of a server that does nothing, "
        f"network included), {share:.0%} of the smallest median{much}"
    )
    if rates:
        yield f"it could send so many requests a second: {rates}"


def _told(comparison: Comparison) -> Iterator[str]:
    for one in comparison.told:
        yield ""
        mark = "–" if one.trouble == "refused" else "✗"
        yield f"{mark} {one.contender}: {one.trouble} {one.times} times · {one.question.label}"
        yield f"     {one.request}"
        yield f"     {one.shown[:400]}"
    if comparison.wrong and comparison.interrupted and not comparison.findings:
        yield ""
        yield "interrupted: nobody has looked into what was answered wrongly, and no finding was saved"
    for kept in comparison.findings:
        yield ""
        yield f"{'known' if kept.known_reason else 'found':<10}{kept.contender}: {kept.title}"
        if kept.known_reason:
            yield f"          {kept.known_reason}"
        if kept.path:
            yield f"          {kept.path}"
            yield f"again     {replay_line(kept.path)}"
    for name, why in comparison.lost.items():
        yield ""
        yield f"! {name} was left out: {why}"
    for label, why in comparison.unasked.items():
        yield ""
        yield f"! {label} was not asked any more: {why}"


def ms(value: float) -> str:
    return f"{value:.2f} ms" if value < 10 else f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def byte_text(count: int) -> str:
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
