"""Selections read wrongly."""

from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Reduction

INT32_SPAN = 2**32


class NegativeBoundOffByOne(ReferenceServer):
    """A negative bound is counted from the last element, not from behind it."""

    def count_from_end(self, length: int, bound: int) -> int:
        return bound + length - 1


class NegativeBoundClamped(ReferenceServer):
    """A negative bound means the beginning."""

    def count_from_end(self, _length: int, _bound: int) -> int:
        return 0


class FarNegativeBoundWrapsAround(ReferenceServer):
    """A bound further below zero than the axis is long is taken modulo its length."""

    def count_from_end(self, length: int, bound: int) -> int:
        return bound % length


class ReversedStopsBeforeFirst(ReferenceServer):
    """A slice that walks backwards never reaches the first element."""

    def clamp_bound(self, length: int, bound: int, stride: int) -> int:
        clamped = super().clamp_bound(length, bound, stride)
        return max(0, clamped)


class ReversedStartUnclamped(ReferenceServer):
    """A backward slice that starts beyond the end starts one behind it."""

    def clamp_bound(self, length: int, bound: int, stride: int) -> int:
        return length if stride < 0 and bound >= length else super().clamp_bound(length, bound, stride)


class ReversedEndOfMinusOne(ReferenceServer):
    """A backward slice takes an end of -1 for the place before the first element."""

    def slice_indices(self, length: int, start: int, end: int, stride: int) -> range:
        return super().slice_indices(length, start, -length - 1 if stride < 0 and end == -1 else end, stride)


class StrideIgnored(ReferenceServer):
    """Every element between the bounds is taken, whatever the stride."""

    def walk(self, first: int, last: int, stride: int, _length: int) -> range:
        return range(first, last, 1 if stride > 0 else -1)


class StrideRemainderDropped(ReferenceServer):
    """The number of elements is the length over the stride, rounded down."""

    def walk(self, first: int, last: int, stride: int, length: int) -> range:
        whole = super().walk(first, last, stride, length)
        return whole[: max(0, (last - first) // whole.step)]


class LongStrideSelectsNothing(ReferenceServer):
    """A stride longer than the axis selects nothing at all."""

    def walk(self, first: int, last: int, stride: int, length: int) -> range:
        return range(0) if abs(stride) > length else super().walk(first, last, stride, length)


class ClampedEndOffByOne(ReferenceServer):
    """An end beyond the axis leaves out its last element."""

    def clamp_bound(self, length: int, bound: int, stride: int) -> int:
        return length - 1 if bound > length else super().clamp_bound(length, bound, stride)


class ReversedComesAscending(ReferenceServer):
    """A backward slice gives the right elements in ascending order."""

    def walk(self, first: int, last: int, stride: int, length: int) -> range:
        indices = super().walk(first, last, stride, length)
        return indices if stride > 0 else indices[::-1]


class BoundsOf32Bits(ReferenceServer):
    """Bounds are kept in 32 bits."""

    def clamp_bound(self, length: int, bound: int, stride: int) -> int:
        wrapped = (bound + INT32_SPAN // 2) % INT32_SPAN - INT32_SPAN // 2
        return super().clamp_bound(length, wrapped, stride)


class EmptySliceSelectsAll(ReferenceServer):
    """A slice of nothing is taken for no slice."""

    def slice_indices(self, length: int, start: int, end: int, stride: int) -> range:
        return super().slice_indices(length, start, end, stride) or range(length)


class EmptySelectionRefused(ReferenceServer):
    """A selection of nothing makes the server fail."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        selected = super().select(array, reduction)
        return selected.reshape(-1, *selected.shape[1:])


class SlicesReversedInFortranOrder(ReferenceServer):
    """In F order the slices of equally long dimensions are given to the axes from the last."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        slices, shape = reduction.selection, reduction.shape
        if slices is not None and reduction.order == "F" and shape == (shape or ())[::-1]:
            reduction = replace(reduction, selection=slices[::-1])
        return super().select(array, reduction)


class SecondSliceSeesFirstLength(ReferenceServer):
    """Every slice is clamped to the length of the first dimension that is long enough."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        if reduction.selection is None or array.ndim < 2:
            return super().select(array, reduction)
        for axis, (start, end, stride) in enumerate(reduction.selection):
            seen = min(array.shape[axis], reduction.shape[0] if reduction.shape else 1)
            indices = self.slice_indices(seen, start, end, stride)
            array = array.take(np.arange(indices.start, indices.stop, indices.step), axis)
        return array


class CountAlongAxesIgnoresSelection(ReferenceServer):
    """Counts along axes are those of the whole array, where the selection starts at the origin."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        starts = {one[0] for one in reduction.selection or ()}
        if reduction.axis and starts == {0} and reduction.operation == "count":
            return array
        return super().select(array, reduction)


class NegativeStrideOfManyDimensions(ReferenceServer):
    """From the third dimension on, a backward slice starts one element late."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        if reduction.selection is None:
            return array
        slices = tuple(
            (start - 1 if axis >= 2 and stride < 0 and start > 0 else start, end, stride)
            for axis, (start, end, stride) in enumerate(reduction.selection)
        )
        return super().select(array, replace(reduction, selection=slices))
