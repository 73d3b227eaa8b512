"""Turn bytes into an array, and pick the selected elements."""

from typing import Any

import numpy as np

from fuzz.subjects.reductions.reference_server.consistency import data_length
from fuzz.subjects.reductions.reference_server.reduction import Array, ByteOrder, Order, Reduction, ServerLimits
from fuzz.subjects.reductions.reference_server.refusal import Refusal


class Arranging:
    """Turns bytes into an array, and picks the selected elements."""

    limits: ServerLimits

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        """Return the elements in their shape, in the machine's byte order."""
        self.check_data_length(reduction, data)
        stored = np.frombuffer(data, self.stored_dtype(reduction))
        elements: Array = stored.astype(reduction.dtype)
        shaped: Array = elements.reshape(self.data_shape(reduction, elements), order=self.data_layout(reduction))
        return shaped

    def check_data_length(self, reduction: Reduction, data: bytes) -> None:
        """Refuse data of more bytes than are allowed, or of another length than shape and dtype call for."""
        needed = data_length(reduction)
        if needed is not None and len(data) != needed:
            raise Refusal(400, f"shape: calls for {needed} bytes of data, and there are {len(data)}")
        if len(data) > self.limits.decoded_bytes:
            raise Refusal(400, f"the data has {len(data)} bytes, {self.limits.decoded_bytes} are allowed")
        if len(data) % reduction.item_size:
            raise Refusal(400, f"dtype: {reduction.dtype} does not fit the data, which has {len(data)} bytes")

    def stored_dtype(self, reduction: Reduction) -> np.dtype[Any]:
        """Return the type of the elements as they are stored."""
        return np.dtype(reduction.dtype).newbyteorder(self.data_byte_order(reduction))

    def data_byte_order(self, reduction: Reduction) -> ByteOrder:
        """Return the byte order of the stored data."""
        return reduction.byte_order

    def data_shape(self, reduction: Reduction, elements: Array) -> tuple[int, ...]:
        """Return the shape of the data before anything is selected."""
        return (elements.size,) if reduction.shape is None else reduction.shape

    def data_layout(self, reduction: Reduction) -> Order:
        """Return the order of the stored data, which says which axis varies fastest."""
        return reduction.order

    def select(self, array: Array, reduction: Reduction) -> Array:
        """Return the elements that the selection picks, in its order."""
        if reduction.selection is None:
            return array
        for axis, (start, end, stride) in enumerate(reduction.selection):
            indices = self.slice_indices(array.shape[axis], start, end, stride)
            if indices != range(array.shape[axis]):
                # Cut axis by axis, so that each later axis has less to copy.
                array = array.take(np.arange(indices.start, indices.stop, indices.step), axis)
        return array

    def slice_indices(self, length: int, start: int, end: int, stride: int) -> range:
        """Return the indices along one axis that a slice picks."""
        first = self.clamp_bound(length, start, stride)
        last = self.clamp_bound(length, end, stride)
        return self.walk(first, last, stride, length)

    def clamp_bound(self, length: int, bound: int, stride: int) -> int:
        """Return a bound counted from the start of the axis, and no further out than just beyond its ends."""
        if bound < 0:
            bound = self.count_from_end(length, bound)
        lowest, highest = (0, length) if stride > 0 else (-1, length - 1)
        return max(lowest, min(bound, highest))

    def count_from_end(self, length: int, bound: int) -> int:
        """Return the index that a negative bound stands for."""
        return bound + length

    def walk(self, first: int, last: int, stride: int, length: int) -> range:
        """Return the indices from `first` in steps of the stride, up to but without `last`."""
        # A longer stride than the axis reaches the same elements, and fits NumPy's integers.
        step = max(-length - 1, min(stride, length + 1))
        return range(first, last, step)
