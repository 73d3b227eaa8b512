"""Compression and filters undone wrongly."""

import zlib
from dataclasses import replace

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.consistency import data_length
from fuzz.subjects.reductions.reference_server.decoding import GZIP_STREAM
from fuzz.subjects.reductions.reference_server.reduction import Filter, Reduction
from fuzz.subjects.reductions.reference_server.refusal import Refusal

BLOCK_BYTES = 4096


class FiltersUndoneInOrder(ReferenceServer):
    """Filters are undone in the order in which they were applied."""

    def filters_to_undo(self, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        return filters


class ElementSizeIgnored(ReferenceServer):
    """Filters take the size of the dtype for their element size."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        filters = tuple(replace(one, element_size=reduction.item_size) for one in reduction.filters)
        return super().decode(replace(reduction, filters=filters), stored)


class SecondFilterIgnored(ReferenceServer):
    """Of several filters the last alone is undone."""

    def filters_to_undo(self, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        return super().filters_to_undo(filters)[:1]


class EqualFiltersUndoneOnce(ReferenceServer):
    """A filter that was applied twice is undone once."""

    def filters_to_undo(self, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
        return tuple(dict.fromkeys(super().filters_to_undo(filters)))


class SimdShuffleIgnored(ReferenceServer):
    """The filter shuffle_simd does nothing."""

    def undo_filter(self, data: bytes, step: Filter) -> bytes:
        return data if step.id == "shuffle_simd" else super().undo_filter(data, step)


class FiltersIgnoredWithoutCompression(ReferenceServer):
    """Filters are undone only where data is compressed."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        return stored if reduction.compression is None else super().decode(reduction, stored)


class FiltersIgnoredWithBlosc2(ReferenceServer):
    """Blosc2 data has its own shuffle: filters are taken for undone."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        return super().decode(
            replace(reduction, filters=()) if reduction.compression == "blosc2" else reduction, stored
        )


class UnshuffledInBlocks(ReferenceServer):
    """Data is unshuffled in blocks of four KiB."""

    def unshuffle(self, data: bytes, element_size: int) -> bytes:
        if BLOCK_BYTES % element_size:
            return super().unshuffle(data, element_size)
        blocks = (data[place : place + BLOCK_BYTES] for place in range(0, len(data), BLOCK_BYTES))
        return b"".join(super(UnshuffledInBlocks, self).unshuffle(block, element_size) for block in blocks)


class UnshuffleOnlyPowersOfTwo(ReferenceServer):
    """Element sizes that are no power of two leave the data as it is."""

    def unshuffle(self, data: bytes, element_size: int) -> bytes:
        return data if element_size & (element_size - 1) else super().unshuffle(data, element_size)


class LaterGzipMembersDropped(ReferenceServer):
    """Of several gzip members the first is decompressed."""

    def decompress_gzip(self, stored: bytes, limit: int) -> bytes:
        data = bytearray()
        self.inflate(stored, 0, GZIP_STREAM, data, limit)
        return bytes(data)


class GzipMembersAtMostTwo(ReferenceServer):
    """Of several gzip members the first two are decompressed."""

    def decompress_gzip(self, stored: bytes, limit: int) -> bytes:
        data = bytearray()
        place = self.inflate(stored, 0, GZIP_STREAM, data, limit)
        if not self.is_padding(stored, place):
            self.inflate(stored, place, GZIP_STREAM, data, limit)
        return bytes(data)


class GzipPaddingRefused(ReferenceServer):
    """Zeros behind a gzip stream make it undecodable."""

    def is_padding(self, stored: bytes, place: int) -> bool:
        return place == len(stored)


class ShortDataPadded(ReferenceServer):
    """Data shorter than the shape calls for is filled up with zeros."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        data = super().decode(reduction, stored)
        return data.ljust(data_length(reduction) or 0, b"\0")


class ShortDataCutToWholeElements(ReferenceServer):
    """Bytes behind the last whole element are left out, where there is no shape."""

    def decode(self, reduction: Reduction, stored: bytes) -> bytes:
        data = super().decode(reduction, stored)
        return data if reduction.shape else data[: len(data) - len(data) % reduction.item_size]


class ZlibChecksumUnchecked(ReferenceServer):
    """The checksum of a zlib stream is not checked."""

    def decompress_zlib(self, stored: bytes, limit: int) -> bytes:
        try:
            return super().decompress_zlib(stored, limit)
        except Refusal:
            try:
                data = zlib.decompressobj(-15).decompress(stored[2:], limit + 1)
            except zlib.error:
                data = b""
            if not data:
                raise
            return data


class TruncatedStreamsAccepted(ReferenceServer):
    """A gzip stream that lacks its end is taken as far as it goes."""

    def decompress_gzip(self, stored: bytes, limit: int) -> bytes:
        try:
            return super().decompress_gzip(stored, limit)
        except Refusal as refusal:
            if "ends within" not in refusal.message:
                raise
            return zlib.decompressobj(GZIP_STREAM).decompress(stored, limit + 1)


class UndecodableDataTakenAsItIs(ReferenceServer):
    """Data that is not compressed after all is taken as it is."""

    def decompress(self, stored: bytes, compression: str | None, limit: int) -> bytes:
        try:
            return super().decompress(stored, compression, limit)
        except Refusal:
            return stored


class ZlibTakenForDeflate(ReferenceServer):
    """A zlib stream is decompressed without a look at its header and checksum."""

    def decompress_zlib(self, stored: bytes, limit: int) -> bytes:
        try:
            data = zlib.decompressobj(-15).decompress(stored[2:], limit + 1)
        except zlib.error:
            return super().decompress_zlib(stored, limit)
        return data if len(data) <= limit else super().decompress_zlib(stored, limit)


class UncompressedBlosc2Refused(ReferenceServer):
    """A Blosc2 chunk whose content is stored uncompressed cannot be read."""

    def decompress_blosc2(self, stored: bytes, limit: int) -> bytes:
        if len(stored) > 2 and stored[2] & 0b10:
            raise Refusal(400, "compression: the Blosc2 chunk is not compressed")
        return super().decompress_blosc2(stored, limit)


class LongStreamsFedInPieces(ReferenceServer):
    """Of a zlib stream longer than a buffer, the bytes at the seam are lost."""

    def decompress_zlib(self, stored: bytes, limit: int) -> bytes:
        data = super().decompress_zlib(stored, limit)
        if len(data) <= 2 * BLOCK_BYTES:
            return data
        seam = np.frombuffer(data, np.uint8).copy()
        seam[BLOCK_BYTES : BLOCK_BYTES + 4] = 0
        return seam.tobytes()
