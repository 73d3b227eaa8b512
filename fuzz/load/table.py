"""Tell the result of a load in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.load.measured import AnswerTimes, Measured, RoundMeasured, percentile
from fuzz.load.wrong import WrongAnswers

MIB = 2**20
# Where asfuzz itself is at work for so much of the time, it may be what is measured.
MUCH = 0.7
HEAD = f"  {'':<20}{'answers':>9}{'a second':>10}{'p50':>11}{'p90':>11}{'p99':>11}{'longest':>11}"


def lines(measured: Measured) -> Iterator[str]:
    """Yield the table: for each round, the answers to each operation."""
    for name, one in measured.rounds.items():
        yield ""
        yield _title(name, one)
        yield HEAD
        for operation, times in sorted(one.times.items()):
            yield _row(operation, one, times)
    for name, why in measured.skipped.items():
        yield f"left out  {name}: {why}"
    busy = sum(one.busy_seconds for one in measured.rounds.values())
    if measured.seconds and busy / measured.seconds > MUCH:
        yield ""
        yield (
            f"! asfuzz itself was at work for {busy / measured.seconds:.0%} of the time: "
            "with fewer clients the same server may show shorter times"
        )
    if measured.busy_answers:
        yield f"! {measured.busy_answers:,} requests were answered by 429 or 503, to come again later"
    if measured.unchecked:
        yield (
            f"! {measured.unchecked:,} answers could not be judged: they came after a wrong answer of the same client, "
            "or after a request whose outcome is open"
        )


def _title(name: str, one: RoundMeasured) -> str:
    every = one.every
    clients = "1 client" if one.clients == 1 else f"{one.clients} clients"
    rates = [f"{one.rate(every):,.0f} answers a second"]
    for word, size in (("sent", every.sent_bytes), ("received", every.came_bytes)):
        if one.seconds and size / one.seconds > MIB / 100:
            rates.append(f"{size / one.seconds / MIB:,.1f} MiB/s {word}")
    return f"{name} · {clients} · {len(every.took_ms):,} answers in {one.seconds:.1f} s · {', '.join(rates)}"


def _row(operation: str, one: RoundMeasured, times: AnswerTimes) -> str:
    shown = "".join(f"{percentile(times.took_ms, share):>8,.1f} ms" for share in (0.5, 0.9, 0.99, 1.0))
    return f"  {operation:<20}{len(times.took_ms):>9,}{one.rate(times):>10,.1f}{shown}"


def told_wrong(wrong: WrongAnswers) -> Iterator[str]:
    """Yield what was answered wrongly: findings with where they are saved, and what no finding came of."""
    for path, finding, reason in wrong.findings():
        known = f"  known: {reason}" if reason else ""
        yield f"{'·' if reason else '✗'} {finding.violation.title}{known}"
        yield f"     {path}; again: asfuzz replay {path}"
    for one in wrong.untold:
        yield f"✗ {one.violation.title} (in {one.round}; it did not come again)"
        yield f"     asked      {one.request}"
        yield f"     expected   {one.violation.expected}"
        yield f"     got        {one.violation.actual}"
