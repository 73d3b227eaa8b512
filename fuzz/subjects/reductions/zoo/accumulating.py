"""Accumulators that start, add or compare wrongly."""

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Counts, Mask


class MaxStartsAtZero(ReferenceServer):
    """The greatest of negative numbers is zero."""

    def reduce_max(self, array: Array) -> Array:
        return np.asarray(np.maximum(super().reduce_max(array), array.dtype.type(0)))


class MinStartsAtLargestFinite(ReferenceServer):
    """A minimum starts at the largest finite number, below infinity."""

    def reduce_min(self, array: Array) -> Array:
        least = super().reduce_min(array)
        return np.minimum(least, np.finfo(array.dtype).max) if array.dtype.kind == "f" else least


class MaxStartsAtSmallestNormal(ReferenceServer):
    """A maximum of floats starts at the smallest positive normal number."""

    def reduce_max(self, array: Array) -> Array:
        greatest = super().reduce_max(array)
        return np.maximum(greatest, np.finfo(array.dtype).tiny) if array.dtype.kind == "f" else greatest


class MinOfUnsignedStartsAtSignedMax(ReferenceServer):
    """A minimum of unsigned numbers starts at the greatest signed one."""

    def reduce_min(self, array: Array) -> Array:
        least = super().reduce_min(array)
        if array.dtype.kind != "u":
            return least
        return np.asarray(np.minimum(least, array.dtype.type(2 ** (8 * array.dtype.itemsize - 1) - 1)))


class IntegerSumSaturates(ReferenceServer):
    """Integer sums stop at the ends of the dtype."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype.kind == "f":
            return super().reduce_sum(array)
        limits = np.iinfo(array.dtype)
        exact = np.asarray(np.add.reduce(array.astype(object), axis=-1, initial=0), object)
        clipped = [min(max(one, int(limits.min)), int(limits.max)) for one in exact.ravel().tolist()]
        return np.array(clipped, array.dtype).reshape(exact.shape)


class IntegerSumThroughFloat64(ReferenceServer):
    """Integers are added up as float64."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype.kind == "f":
            return super().reduce_sum(array)
        exact = np.add.reduce(array.astype(np.float64), axis=-1).astype(object)
        return np.asarray(np.vectorize(int, otypes=[object])(exact) % 2**64).astype(np.uint64).astype(array.dtype)


class Uint64SumThroughInt64(ReferenceServer):
    """Uint64 numbers beyond the int64 range are added up as the greatest int64."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype != np.uint64:
            return super().reduce_sum(array)
        return super().reduce_sum(np.minimum(array, np.uint64(2**63 - 1)))


class Int32SumIsInt64(ReferenceServer):
    """Sums of 32-bit integers come out as 64-bit ones."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype.kind == "f" or array.dtype.itemsize == 8:
            return super().reduce_sum(array)
        return super().reduce_sum(array.astype(f"{array.dtype.kind}8"))


class UnsignedComparedSigned(ReferenceServer):
    """The greatest of unsigned numbers is found by signed comparison."""

    def reduce_max(self, array: Array) -> Array:
        if array.dtype.kind != "u":
            return super().reduce_max(array)
        signed: Array = super().reduce_max(np.ascontiguousarray(array).view(f"i{array.dtype.itemsize}"))
        return signed.astype(array.dtype)


class Int64MinThroughFloat64(ReferenceServer):
    """Integers of 64 bits are compared as float64 by a minimum."""

    def reduce_min(self, array: Array) -> Array:
        if array.dtype.kind == "f" or array.dtype.itemsize == 4 or not array.shape[-1]:
            return super().reduce_min(array)
        place = np.argmin(array.astype(np.float64), axis=-1)
        return np.take_along_axis(array, place[..., np.newaxis], -1)[..., 0]


class MinIgnoresNan(ReferenceServer):
    """A minimum skips NaN."""

    def reduce_min(self, array: Array) -> Array:
        return np.asarray(np.fmin.reduce(array, axis=-1, initial=self.start_value("min", array.dtype)))


class MaxSeesNanOnlyFirst(ReferenceServer):
    """A maximum keeps NaN only if it comes first."""

    def reduce_max(self, array: Array) -> Array:
        greatest = np.asarray(np.fmax.reduce(array, axis=-1, initial=self.start_value("max", array.dtype)))
        if not array.shape[-1]:
            return greatest
        return np.where(np.isnan(array[..., 0]), array[..., 0], greatest)


class SumSkipsNan(ReferenceServer):
    """A sum takes NaN for zero."""

    def reduce_sum(self, array: Array) -> Array:
        return super().reduce_sum(np.where(array == array, array, array.dtype.type(0)))


class NothingLeftSumsToNan(ReferenceServer):
    """Where everything is missing a float sum is NaN."""

    def leave_out(self, array: Array, missing: Mask, operation: str) -> Array:
        kept = super().leave_out(array, missing, operation)
        if operation == "sum" and array.dtype.kind == "f" and kept.shape[-1]:
            kept[missing.all(axis=-1)] = np.nan
        return kept


class InfinityIsNotFinite(ReferenceServer):
    """Infinite elements are skipped by sums, as overflow is feared."""

    def reduce_sum(self, array: Array) -> Array:
        return super().reduce_sum(np.where(np.isinf(array), array.dtype.type(0), array))


class NegativeZeroLosesItsSign(ReferenceServer):
    """A least or greatest element of -0.0 comes out as 0.0."""

    def reduce_min(self, array: Array) -> Array:
        return np.asarray(super().reduce_min(array) + array.dtype.type(0))


class SubnormalsFlushed(ReferenceServer):
    """Numbers smaller than the smallest normal one count as zero in sums and extremes."""

    def leave_out(self, array: Array, missing: Mask, operation: str) -> Array:
        kept = super().leave_out(array, missing, operation)
        if array.dtype.kind == "f":
            kept = np.where(np.abs(kept) < np.finfo(array.dtype).tiny, np.copysign(0, kept), kept).astype(array.dtype)
        return kept


class MaxSkipsTheLast(ReferenceServer):
    """Of an odd number of elements, more than eight, the last is not compared."""

    def reduce_max(self, array: Array) -> Array:
        length = array.shape[-1]
        return super().reduce_max(array[..., :-1] if length > 8 and length % 2 else array)


class AccumulatorNotReset(ReferenceServer):
    """Along an axis, sums of the later rows start with what the first row had first."""

    def reduce_sum(self, array: Array) -> Array:
        total = np.array(super().reduce_sum(array))
        if array.ndim == 2 and array.shape[0] > 2 and array.shape[-1] > 1:
            total[2:] += array[0, 0]
        return total


class RowCounterIsAByte(ReferenceServer):
    """Counting stops after 255 elements of a row: the counter is a byte."""

    def count_elements(self, present: Array) -> Counts:
        return super().count_elements(present) % 256 if present.ndim == 2 else super().count_elements(present)
