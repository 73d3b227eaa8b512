"""Comparisons made up for tests: no server is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import BYPASS, Comparison, Complaint, HarnessCost, Throughput, Times

SMALL, LARGE = TimedQuestion(100), TimedQuestion(1000)


def measured(
    median_ms: Mapping[str, float],
    *,
    rounds: int = 40,
    seed: int = 1,
    noise: float = 0.05,
    drift: float = 0.0,
    questions: Sequence[TimedQuestion] = (SMALL,),
    starts: int = 10,
    luck: float = 0.0,
) -> Comparison:
    """Contenders with times around given medians; `drift` slows the machine, and so all of them, in some rounds.

    Each start makes a server faster or slower, by `luck`, for as long as it runs.
    """
    random = np.random.default_rng(seed)
    times = []
    start = [number * starts // rounds for number in range(rounds)]
    lucky = {name: np.exp(random.normal(0.0, luck, starts))[start] if luck else 1.0 for name in median_ms}
    for question in questions:
        busy = np.exp(np.abs(random.normal(0.0, drift, rounds))) if drift else np.ones(rounds)
        for name, median in median_ms.items():
            size = 40_000 if name == BYPASS else 150
            for temperature in ("cold", "warm"):
                elapsed = median * busy * lucky[name] * np.exp(random.normal(0.0, noise, rounds))
                times.append(Times(question, name, temperature, tuple(map(float, elapsed)), size))  # type: ignore[arg-type]
    throughputs = tuple(
        Throughput(question, name, clients, (900.0 * clients, 1000.0 * clients), 50, 9.0)
        for question in questions
        for name in median_ms
        for clients in (1, 4, 16)
    )
    return Comparison(
        tuple(median_ms), "http://127.0.0.1:9000", "2026-01-02T03:04:05+00:00", rounds, {"asfuzz": "1"},
        tuple(times), throughputs, harness=HarnessCost(0.05, {1: 9000.0, 4: 12000.0}),
        starts=starts, connections=1 if starts > 1 else min(20, rounds),
        anew=tuple(name for name in median_ms if name != BYPASS) if starts > 1 else (),
    )  # fmt: skip


def told(question: TimedQuestion = SMALL) -> Complaint:
    return Complaint(question, "a", "wrong", "wrong values: got 2, due 3", 7, "POST /v2/sum/  {}")
