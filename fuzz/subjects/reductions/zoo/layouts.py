"""Elements laid out wrongly."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Counts, Order, Outcome, Reduction


class FortranOrderIgnored(ReferenceServer):
    """Data is always read in C order."""

    def data_layout(self, _reduction: Reduction) -> Order:
        return "C"


class FortranOrderIgnoredWithSelection(ReferenceServer):
    """With a selection data is read in C order."""

    def data_layout(self, reduction: Reduction) -> Order:
        return "C" if reduction.selection is not None else reduction.order


class FortranOrderIgnoredAlongSomeAxes(ReferenceServer):
    """Where only some of three or more axes are reduced, data is read in C order."""

    def data_layout(self, reduction: Reduction) -> Order:
        rank = len(reduction.shape or ())
        return "C" if reduction.axis and rank >= 3 and len(reduction.axis) < rank else reduction.order


class FortranOrderSwapsTwoAxes(ReferenceServer):
    """F order exchanges the first and the last axis, and leaves those between as they are."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        if reduction.order == "C" or reduction.shape is None:
            return super().to_array(reduction, data)
        first, *between, last = (*reduction.shape, 1) if len(reduction.shape) == 1 else reduction.shape
        swapped = replace(reduction, order="C", shape=(last, *between, first))
        array: Array = super().to_array(swapped, data).swapaxes(0, -1)
        return array.reshape(reduction.shape) if len(reduction.shape) == 1 else array


class ReductionsLaidOutInCOrder(ReferenceServer):
    """What remains of several axes is answered in C order."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        laid_out = reduction if reduction.operation == "select" else replace(reduction, order="C")
        return super().result_bytes(laid_out, outcome)


class SelectLaidOutInCOrder(ReferenceServer):
    """Selected elements are answered in C order."""

    def result_bytes(self, reduction: Reduction, outcome: Outcome) -> bytes:
        laid_out = replace(reduction, order="C") if reduction.operation == "select" else reduction
        return super().result_bytes(laid_out, outcome)


class CountsLaidOutInCOrder(ReferenceServer):
    """The counts are listed in C order, whatever the elements' order."""

    def result_counts(self, reduction: Reduction, outcome: Outcome) -> list[int]:
        return super().result_counts(replace(reduction, order="C"), outcome)


class ShapeReversedInFortranOrder(ReferenceServer):
    """In F order the answer's shape is told from the last axis to the first."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        return super().answer_map(reduction, self.turned(outcome) if reduction.order == "F" else outcome)

    def turned(self, outcome: Outcome) -> Outcome:
        """Return the same elements in the same order, under the reversed shape."""
        values = outcome.values.flatten("F").reshape(outcome.values.shape[::-1], order="F")
        counts: Counts = outcome.counts.flatten("F").reshape(outcome.counts.shape[::-1], order="F")
        return Outcome(values, counts)


class StridedResultInMemoryOrder(ReferenceServer):
    """A result that is no contiguous copy is answered as it lies in memory."""

    def lay_out(self, array: Array, reduction: Reduction) -> Array:
        if array.ndim >= 3 and reduction.selection is not None:
            return np.ravel(array, order="K")
        return super().lay_out(array, reduction)


class LeadingDimensionOfOneLosesTheOrder(ReferenceServer):
    """Behind a first dimension of length one, data in F order is read in C order."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        shape = reduction.shape
        if shape and len(shape) > 2 and shape[0] == 1 and reduction.order == "F":
            inner = replace(reduction, order="C", shape=shape[1:])
            return super().to_array(inner, data)[np.newaxis]
        return super().to_array(reduction, data)
