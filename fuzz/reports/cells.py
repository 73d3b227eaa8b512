"""The tables that a report has in whatever form: their headings and their cells."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.reports.overview import Overview
from fuzz.reports.wording import clock_time, day, milliseconds

LATENCIES = ("operation", "object up to", "answers", "half within", "90 % within", "99 % within", "all within")
RUNS = ("begun (UTC)", "verdict", "requests", "took", "seed", "workers", "profile", "ended by")


def latency_cells(report: Overview) -> Iterator[tuple[str, ...]]:
    """Yield cells that tell how long answers took, by operation and size."""
    for one in report.latencies:
        times = (one.median_ms, one.p90_ms, one.p99_ms, one.most_ms)
        yield one.operation, one.size, f"{one.answers:,}", *map(milliseconds, times)


def run_cells(report: Overview) -> Iterator[tuple[str, ...]]:
    """Yield the runs in their order."""
    for run in report.runs:
        started = run.started
        told = ("", "", "") if started is None else (str(started.seed), str(started.workers), started.profile)
        yield day(run.begun), run.verdict, f"{run.requests:,}", clock_time(run.seconds), *told, run.why


def run_facts(report: Overview) -> Iterator[tuple[str, list[str]]]:
    """Yield the facts about the runs, each different value once."""
    started = [run.started for run in report.runs if run.started is not None]
    kinds = (
        ("target", [one.target for one in started]),
        ("store", [one.store for one in started]),
        ("profile", [f"{one.profile}, API {one.api}" if one.api else one.profile for one in started]),
        ("rulings", [_rulings(one.rulings_off) for one in started]),
        ("limits", [", ".join(f"{name} {value}" for name, value in one.limits) for one in started]),
        ("versions", [", ".join(f"{name} {version}" for name, version in one.versions) for one in started]),
    )
    for name, values in kinds:
        several = [value for value in dict.fromkeys(values) if value]
        if several:
            yield name, several


def _rulings(off: tuple[str, ...]) -> str:
    return f"all but {', '.join(off)}" if off else "all"
