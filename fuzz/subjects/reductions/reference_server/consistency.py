"""Check that the fields of a request agree with each other."""

from math import prod

from fuzz.subjects.reductions.reference_server.field_reading import INT64_MAX
from fuzz.subjects.reductions.reference_server.reduction import Reduction, ServerLimits
from fuzz.subjects.reductions.reference_server.refusal import Refusal, bad_field


class ConsistencyChecking:
    """Checks the rules that concern several fields, and the limits on an answer's cost."""

    limits: ServerLimits

    def check_consistency(self, reduction: Reduction) -> None:
        """Check every rule that concerns more than one field."""
        self.check_axis(reduction)
        self.check_selection(reduction)
        self.check_decoded_length(reduction)
        self.check_size(reduction)

    def check_axis(self, reduction: Reduction) -> None:
        """Refuse axes without a shape, or beyond its dimensions."""
        if reduction.axis is None:
            return
        if reduction.shape is None:
            raise Refusal(400, "axis: needs shape, which is missing")
        rank = len(reduction.shape)
        for axis in reduction.axis:
            if axis >= rank:
                raise bad_field("axis", f"less than the {rank} dimensions of shape", axis)

    def check_selection(self, reduction: Reduction) -> None:
        """Refuse a selection without a shape, or with another number of slices than dimensions."""
        if reduction.selection is None:
            return
        if reduction.shape is None:
            raise Refusal(400, "selection: needs shape, which is missing")
        if len(reduction.selection) != len(reduction.shape):
            raise Refusal(
                400,
                f"selection: has {len(reduction.selection)} slices, but shape has {len(reduction.shape)} dimensions",
            )

    def check_decoded_length(self, reduction: Reduction) -> None:
        """Refuse a shape that calls for more data than the server handles."""
        needed = data_length(reduction)
        if needed is not None and needed > self.limits.decoded_bytes:
            raise Refusal(400, f"shape: calls for {needed} bytes, more than the {self.limits.decoded_bytes} allowed")

    def check_size(self, reduction: Reduction) -> None:
        """Refuse a size beyond the limits, or an uncompressed one that differs from the data's."""
        size = reduction.size
        if size is None:
            return
        if reduction.offset + size > INT64_MAX:
            raise Refusal(400, f"size: offset {reduction.offset} and size {size} together exceed 2^63 - 1")
        if size > self.limits.stored_bytes:
            raise bad_field("size", f"at most the {self.limits.stored_bytes} bytes allowed", size)
        if reduction.compression is None:
            self.check_size_of_data(reduction, size)

    def check_size_of_data(self, reduction: Reduction, size: int) -> None:
        """Refuse a size of uncompressed data that differs from the size of its elements."""
        needed = data_length(reduction)
        if needed is not None and size != needed:
            raise Refusal(400, f"size: is {size}, but shape and dtype call for {needed} bytes")
        if size % reduction.item_size:
            raise Refusal(400, f"size: is {size}, no multiple of the {reduction.item_size} bytes of dtype")


def data_length(reduction: Reduction) -> int | None:
    """Return the number of bytes that shape and dtype call for; None without a shape."""
    if reduction.shape is None:
        return None
    return prod(reduction.shape) * reduction.item_size
