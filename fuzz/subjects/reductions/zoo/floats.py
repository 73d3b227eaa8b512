"""Floating point narrower or shorter than it should be."""

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Reduction
from fuzz.subjects.reductions.zoo.marks import OnlyAWarning


class Float64SumInFloat32(ReferenceServer):
    """Float64 numbers are added up in float32."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype != np.float64:
            return super().reduce_sum(array)
        return super().reduce_sum(array.astype(np.float32)).astype(np.float64)


class Float64MaxInFloat32(ReferenceServer):
    """Float64 numbers are compared as float32."""

    def reduce_max(self, array: Array) -> Array:
        if array.dtype != np.float64 or not array.shape[-1]:
            return super().reduce_max(array)
        place = np.argmax(array.astype(np.float32), axis=-1)
        return np.take_along_axis(array, place[..., np.newaxis], -1)[..., 0]


class Float32SumInOneGo(OnlyAWarning, ReferenceServer):
    """Float32 numbers are added one after the other, in float32."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype != np.float32 or not array.shape[-1]:
            return super().reduce_sum(array)
        return np.add.accumulate(array, axis=-1)[..., -1]


class SumThroughTheMean(ReferenceServer):
    """A float sum is the rounded mean times the count, in the dtype asked for."""

    def reduce_sum(self, array: Array) -> Array:
        length = array.shape[-1]
        if array.dtype.kind != "f" or length < 3:
            return super().reduce_sum(array)
        mean = super().reduce_sum(array / array.dtype.type(length))
        return np.asarray(mean * array.dtype.type(length), array.dtype)


class SelectThroughFloat32(ReferenceServer):
    """Selected float64 elements have no more digits than a float32."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        selected = super().select(array, reduction)
        if reduction.operation != "select" or array.dtype != np.float64:
            return selected
        with np.errstate(all="ignore"):
            return selected.astype(np.float32).astype(np.float64)


class Uint64SelectThroughFloat(ReferenceServer):
    """Selected uint64 elements beyond 2^53 are rounded."""

    def select(self, array: Array, reduction: Reduction) -> Array:
        selected = super().select(array, reduction)
        if reduction.operation != "select" or array.dtype != np.uint64:
            return selected
        rounded = selected.astype(np.float64)
        return np.where(rounded < 2.0**64, rounded, 0).astype(np.uint64)


class LongFloatSumsDropSmallTerms(ReferenceServer):
    """In long float sums terms below a millionth of the largest are left out."""

    def reduce_sum(self, array: Array) -> Array:
        if array.dtype.kind != "f" or array.shape[-1] < 16:
            return super().reduce_sum(array)
        largest = np.abs(array).max(axis=-1, keepdims=True)
        return super().reduce_sum(np.where(np.abs(array) < largest * array.dtype.type(1e-6), 0, array))
