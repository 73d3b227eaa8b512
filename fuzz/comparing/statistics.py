"""Numbers told with what they are worth: confidence intervals, and the chance that a difference is noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np

from specs.reductions.dtypes import Array

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 20240229
# How often connections are opened anew within a series of rounds. What a connection takes of a server, such as a thread
# and the memory of that thread, may make it faster or slower than another for as long as it lasts.
CONNECTIONS = 20
# Of fewer rows there would be too few stretches to draw from.
LEAST_FOR_STRETCHES = 50
SWAPS = 4000
# The share of values at each end that the middle of them leaves out.
LEFT_OUT = 0.1


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, and the bounds between which the true value lies with the confidence asked for."""

    value: float
    low: float
    high: float

    def excludes(self, number: float) -> bool:
        return not self.low <= number <= self.high


def quantiles(values: Sequence[float], *shares: float) -> tuple[float, ...]:
    """Return the values below which so many of them lie."""
    return tuple(float(one) for one in np.quantile(np.asarray(values, float), shares))


def bootstrap(
    rows: Sequence[float] | Sequence[Sequence[float]],
    statistic: Callable[[Array], Array],
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Interval:
    """Return an interval by resampling whole rows, so that what was measured side by side stays side by side.

    Many rows are drawn in stretches: neighbours in time are more alike than others, and so tell less than their number.
    `statistic` makes one number of each sample: it takes an array of samples × rows × columns.
    """
    data = np.asarray(rows, float)
    if data.ndim == 1:
        data = data[:, None]
    stretch = round(1.5 * len(data) ** (1 / 3)) if len(data) >= LEAST_FOR_STRETCHES else 1
    begins = np.random.default_rng(seed).integers(0, len(data), (resamples, -(-len(data) // stretch), 1))
    chosen = ((begins + np.arange(stretch)) % len(data)).reshape(resamples, -1)[:, : len(data)]
    drawn = statistic(data[chosen])
    # Of a statistic that may be infinite there is nothing between two values.
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2], method="nearest")
    return Interval(float(statistic(data[None])[0]), float(low), float(high))


def median_interval(values: Sequence[float], *, confidence: float = CONFIDENCE, seed: int = SEED) -> Interval:
    """Return the median of values, with its interval."""
    return bootstrap(values, lambda samples: np.median(samples[:, :, 0], axis=1), confidence=confidence, seed=seed)


def ratio_of_medians(above: Sequence[float], below: Sequence[float], *, seed: int = SEED) -> Interval:
    """Say how many times as large the one's median is as the other's; the values belong together pair by pair."""
    return bootstrap(
        list(zip(above, below, strict=True)),
        lambda samples: np.median(samples[:, :, 0], axis=1) / np.median(samples[:, :, 1], axis=1),
        seed=seed,
    )


def unhindered(values: Sequence[float]) -> float:
    """Return the mean of the faster half: how long it takes where nothing else of the machine gets in the way."""
    return fmean(sorted(values)[: (len(values) + 1) // 2])


def middle(values: Sequence[float]) -> float:
    """Return the mean without a tenth of the values at each end: one start in ten may be anything."""
    return fmean(_without_ends(sorted(values)))


def error_of_middle(values: Sequence[float]) -> float:
    """Return the standard error of the middle, by Yuen (1974): the values at the ends count as their neighbours."""
    inner = _without_ends(sorted(values))
    left_out = (len(values) - len(inner)) // 2
    drawn_in = [inner[0]] * left_out + inner + [inner[-1]] * left_out
    return stdev(drawn_in) * sqrt(len(values)) / len(inner)


def freedom_of_middle(values: Sequence[float]) -> int:
    """Say how many degrees of freedom its error has."""
    return len(_without_ends(values)) - 1


def _without_ends(ordered: Sequence[float]) -> list[float]:
    left_out = int(len(ordered) * LEFT_OUT)
    return list(ordered[left_out : len(ordered) - left_out])


def middle_interval(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Interval:
    """Return the middle of at least two values that know nothing of each other, with its interval by Student's t."""
    found = middle(values)
    reach = student(confidence, freedom_of_middle(values)) * error_of_middle(values)
    return Interval(found, found - reach, found + reach)


def student(confidence: float, freedom: int) -> float:
    """Say how many standard errors reach so far: Student's t by its series in powers of 1 / freedom."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return fsum(term / float(freedom) ** power for power, term in enumerate(terms))


def ratio_by_group(groups: Sequence[Sequence[tuple[float, float]]], *, confidence: float = CONFIDENCE) -> Interval:
    """Say how many times as large the one of a pair is as the other; the pairs of a group count as one value.

    What slows both of a pair is left out. A group is what shares its luck: the requests over a connection, or those
    after a start of the server.
    """
    logs = [log(unhindered(mine) / unhindered(theirs)) for mine, theirs in (zip(*pairs) for pairs in groups)]
    found = middle_interval(logs, confidence=confidence)
    return Interval(*(float(np.exp(one)) for one in (found.value, found.low, found.high)))


def chance_of_noise(before: Sequence[float], after: Sequence[float], *, seed: int = SEED) -> float:
    """Say how often chance alone makes a difference of middles as large as the one between two groups of blocks.

    The blocks are dealt out to the two groups anew: if nothing has changed it does not matter which is in which.
    """
    together = np.concatenate([np.asarray(before, float), np.asarray(after, float)])
    first = len(before)
    found = abs(middle(after) - middle(before))
    dealt = np.random.default_rng(seed).permuted(np.tile(together, (SWAPS, 1)), axis=1)
    differences = np.abs(_middles(dealt[:, first:]) - _middles(dealt[:, :first]))
    return float((1 + np.count_nonzero(differences >= found * (1 - 1e-9))) / (1 + SWAPS))


def _middles(rows: Array) -> Array:
    """Return the middle of each row."""
    left_out = int(rows.shape[1] * LEFT_OUT)
    return np.asarray(np.sort(rows, axis=1)[:, left_out : rows.shape[1] - left_out].mean(axis=1))


def corrected(chances: Sequence[float]) -> tuple[float, ...]:
    """Chances that hold for all of several comparisons together, by Holm's method."""
    order = sorted(range(len(chances)), key=lambda one: chances[one])
    result = [1.0] * len(chances)
    largest = 0.0
    for rank, one in enumerate(order):
        largest = max(largest, min(1.0, chances[one] * (len(chances) - rank)))
        result[one] = largest
    return tuple(result)


def blocks_of(values: Sequence[float], blocks: int) -> list[float]:
    """Return the medians of so many stretches of values, one after the other: neighbours in time are much alike."""
    stretches = np.array_split(np.asarray(values, float), min(blocks, len(values)))
    return [float(np.median(one)) for one in stretches]
