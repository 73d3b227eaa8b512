"""Bytes swapped when they should not be, or not when they should."""

from collections.abc import Mapping

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, ByteOrder, Outcome, Reduction


class ByteOrderIgnoredWithSelection(ReferenceServer):
    """With a selection the data is taken for little-endian."""

    def data_byte_order(self, reduction: Reduction) -> ByteOrder:
        return "little" if reduction.selection is not None else reduction.byte_order


class ByteOrderIgnoredWithCompression(ReferenceServer):
    """Compressed data is taken for little-endian."""

    def data_byte_order(self, reduction: Reduction) -> ByteOrder:
        return "little" if reduction.compression is not None else reduction.byte_order


class ByteOrderIgnoredForFloats(ReferenceServer):
    """Floats are taken for little-endian."""

    def data_byte_order(self, reduction: Reduction) -> ByteOrder:
        return "little" if reduction.dtype.startswith("float") else reduction.byte_order


class ByteOrderIgnoredBySelect(ReferenceServer):
    """A select returns big-endian elements as they are stored."""

    def data_byte_order(self, reduction: Reduction) -> ByteOrder:
        return "little" if reduction.operation == "select" else reduction.byte_order


class WideElementsSwappedInHalves(ReferenceServer):
    """The bytes of 64-bit elements are swapped within each half."""

    def to_array(self, reduction: Reduction, data: bytes) -> Array:
        array = super().to_array(reduction, data)
        if reduction.byte_order == "little" or array.dtype.itemsize == 4:
            return array
        words = np.ascontiguousarray(array).view(np.uint32).reshape(-1, 2)[:, ::-1]
        turned: Array = np.ascontiguousarray(words).view(array.dtype).reshape(array.shape)
        return turned if array.flags.c_contiguous else array


class AnswerClaimsTheByteOrderAsked(ReferenceServer):
    """The answer claims the byte order of the stored data, which its bytes do not have."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        return {**super().answer_map(reduction, outcome), "byte_order": reduction.byte_order}


class DefaultByteOrderIsBig(ReferenceServer):
    """Data without a byte order is taken for big-endian."""

    def default_byte_order(self) -> ByteOrder:
        return "big"


class PackedCountsInTheByteOrderAsked(ReferenceServer):
    """Counts as bytes are in the byte order of the stored data."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        answer = super().answer_map(reduction, outcome)
        packed = answer["count_as_bytes"]
        if reduction.byte_order == "little" or not isinstance(packed, bytes):
            return answer
        return {**answer, "count_as_bytes": np.frombuffer(packed, np.int64).byteswap().tobytes()}


class PackedShapeIsBigEndian(ReferenceServer):
    """A shape as bytes is in network byte order."""

    def pack_shape(self, shape: list[int]) -> bytes:
        return np.array(shape, ">u8").tobytes()
