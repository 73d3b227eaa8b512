"""Counts that are wrong."""

from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Counts, Outcome, Reduction

LANES = 64


class CountsSummedUp(ReferenceServer):
    """Along axes, one count is given for all elements of the result."""

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        return [sum(super().result_counts(reduction, outcome))]


class CountOfNothingIsOne(ReferenceServer):
    """Where nothing is left, the count is one, so that nobody divides by zero."""

    def count_elements(self, present: Array) -> Counts:
        return np.maximum(super().count_elements(present), 1)


class SumCountsEveryElement(ReferenceServer):
    """The count of a sum includes what is missing."""

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce_present(array, reduction)
        if reduction.operation != "sum":
            return outcome
        return replace(outcome, counts=super().reduce_present(array, replace(reduction, missing=None)).counts)


class CountOfTheUnselected(ReferenceServer):
    """A count without missing data is that of the whole array, whatever is selected."""

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce(array, reduction)
        if reduction.operation != "count" or reduction.axis is not None or reduction.missing or not reduction.shape:
            return outcome
        every = np.array(int(np.prod(reduction.shape)), np.int64)
        return Outcome(every, every)


class CountListDiffersFromCounts(ReferenceServer):
    """With count, the list tells how many elements were counted at all."""

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        counts = super().result_counts(reduction, outcome)
        return [max(counts, default=0)] * len(counts) if reduction.operation == "count" else counts


class CountInLanes(ReferenceServer):
    """Elements beyond a multiple of 64 are not counted."""

    def count_elements(self, present: Array) -> Counts:
        length = present.shape[-1]
        return super().count_elements(present[..., : length - length % LANES] if length > LANES else present)


class CountHasTheDtypeAsked(ReferenceServer):
    """A count is said to be of the dtype asked for."""

    def result_dtype(self, reduction: Reduction) -> str:
        return reduction.dtype


class CountOfAllIsEmpty(ReferenceServer):
    """The answer to a reduction of everything has an empty list of counts."""

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        return super().result_counts(reduction, outcome) if outcome.values.ndim else []


class CountsRepeatTheFirst(ReferenceServer):
    """Every element of the result is said to have as many elements as the first."""

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        counts = super().result_counts(reduction, outcome)
        return counts[:1] * len(counts)
