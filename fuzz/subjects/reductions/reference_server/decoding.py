"""Decode stored bytes: decompress them and undo their filters."""

import zlib

import numpy as np

from fuzz.subjects.reductions.reference_server.blosc2_header import check_blosc2_header
from fuzz.subjects.reductions.reference_server.consistency import data_length
from fuzz.subjects.reductions.reference_server.reduction import Filter, Reduction, ServerLimits
from fuzz.subjects.reductions.reference_server.refusal import Refusal

GZIP_STREAM = 31
ZLIB_STREAM = 15
FIRST_FEED_BYTES = 4 * 1024
LARGEST_FEED_BYTES = 1024 * 1024


class Decoding:
    """Decompresses stored data and undoes its filters."""

    limits: ServerLimits

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        """Return the bytes of the elements."""
        needed = data_length(reduction)
        limit = self.limits.decoded_bytes if needed is None else needed
        data = self.decompress(stored, reduction.compression, limit)
        for step in self.filters_to_undo(reduction.filters):
            data = self.undo_filter(data, step)
        return data

    def decompress(self, stored: bytes, compression: str | None, limit: int) -> bytes:
        """Return the decompressed bytes, at most `limit` of them."""
        if compression == "gzip":
            return self.decompress_gzip(stored, limit)
        if compression == "zlib":
            return self.decompress_zlib(stored, limit)
        if compression == "blosc2":
            return self.decompress_blosc2(stored, limit)
        return stored

    def decompress_gzip(self, stored: bytes, limit: int) -> bytes:
        """Decompress all members of a gzip stream; zeros after the last are padding."""
        data = bytearray()
        place = 0
        while True:
            place = self.inflate(stored, place, GZIP_STREAM, data, limit)
            if self.is_padding(stored, place):
                return bytes(data)

    def is_padding(self, stored: bytes, place: int) -> bool:
        """Say whether all bytes left are zeros."""
        # The first byte decides for nearly every member; counting all that follows each would take too long.
        return stored[place : place + 1] != b"\x1f" and stored.count(0, place) == len(stored) - place

    def decompress_zlib(self, stored: bytes, limit: int) -> bytes:
        """Decompress one zlib stream, which must be the whole of the data."""
        data = bytearray()
        end = self.inflate(stored, 0, ZLIB_STREAM, data, limit)
        if end != len(stored):
            raise Refusal(400, f"compression: {len(stored) - end} bytes follow the zlib stream")
        return bytes(data)

    def inflate(self, stored: bytes, place: int, kind: int, data: bytearray, limit: int) -> int:
        """Add one stream's content to the data; the place where the stream ends."""
        stream = zlib.decompressobj(kind)
        # Small at first: with a stream's end comes a copy of what was fed beyond it, and a request may
        # consist of very many very short streams.
        feed = FIRST_FEED_BYTES
        while not stream.eof:
            piece = stored[place : place + feed]
            if not piece:
                raise Refusal(400, "compression: the stored data cannot be decoded: it ends within a stream")
            try:
                data += stream.decompress(piece, limit - len(data) + 1)
            except zlib.error as error:
                raise Refusal(400, "compression: the stored data cannot be decoded", str(error)) from error
            if len(data) > limit:
                raise surplus(limit)
            place += len(piece) - len(stream.unused_data)
            feed = min(2 * feed, LARGEST_FEED_BYTES)
        return place

    def decompress_blosc2(self, stored: bytes, limit: int) -> bytes:
        """Decompress one Blosc2 chunk."""
        length = check_blosc2_header(stored)
        if length > limit:
            raise surplus(limit)
        if length == 0:
            return b""
        import blosc2  # only where it is needed: loading it takes longer than any request

        try:
            # In a context of its own, and one thread: the library's shared context does not survive damaged chunks.
            data = blosc2.decompress2(stored, nthreads=1)
        except (RuntimeError, ValueError) as error:
            raise Refusal(400, "compression: the stored data cannot be decoded", str(error)) from error
        if not isinstance(data, bytes) or len(data) != length:
            raise Refusal(400, "compression: the stored data cannot be decoded to the length it announces")
        return data

    def filters_to_undo(self, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        """Return the filters in the order in which they are undone: the last applied comes first."""
        return filters[::-1]

    def undo_filter(self, data: bytes, step: Filter) -> bytes:
        """Return the data as it was before the filter was applied."""
        return self.unshuffle(data, step.element_size)

    def unshuffle(self, data: bytes, element_size: int) -> bytes:
        """Turn first bytes of all elements, then second bytes, … back into elements; bytes left over stay."""
        elements = len(data) // element_size
        if elements <= 1 or element_size == 1:
            return data
        shuffled = elements * element_size
        planes = np.frombuffer(data, np.uint8, shuffled).reshape(element_size, elements)
        return planes.T.tobytes() + data[shuffled:]


def surplus(limit: int) -> Refusal:
    """Return the refusal of data that is longer than it may be."""
    return Refusal(
        400, f"compression: decompressed, the data exceeds the {limit} bytes that shape or the server allows"
    )
