"""Draw encodings of arrays: byte order, filters, compression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from specs.reductions import encoding
from specs.reductions.dtypes import Array, ByteOrder
from specs.reductions.profile import Profile
from specs.reductions.request import Filter
from strategies.drawing import Choice, Draw, composite, sampled_from

ELEMENT_SIZES = (4, 8, 1, 2, 3, 6, 12, 16, 5, 7)
MEMBERS = (2, 3, 5)
LEVELS = (6, 1, 9, 0)
BLOSC2_LEVELS = (6, 1, 9, 0, 3, 7)
ZEROS = (0, 0, 0, 0, 1, 2, 8, 511, 512)
# More bytes than these are deflated at a quick level: a shuffled array of 32 MiB takes most of a minute at level 9, a
# quarter of a second at level 1, and whoever inflates it cannot tell.
MANY_BYTES = 2**20
QUICK_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Encoding:
    byte_order: ByteOrder = "little"
    filters: tuple[Filter, ...] = ()
    compression: str | None = None
    members: int = 1
    level: int = 6
    zeros: int = 0

    def stored(self, array: Array) -> bytes:
        data = encoding.stored(
            array,
            byte_order=self.byte_order,
            filters=self.filters,
            compression=self.compression,
            members=self.members,
            level=self.level,
        )
        return data + b"\0" * self.zeros


@lru_cache(64)
def _compressions(claimed: tuple[str, ...]) -> Choice[Any]:
    """Draw compression, members and level; no compression about four times in ten."""
    table: list[tuple[str | None, int, int]] = [(None, 1, 6)]
    for name in claimed:
        table += [(name, 1, level) for level in (BLOSC2_LEVELS if name == "blosc2" else LEVELS)]
        if name == "gzip":
            table += [(name, members, level) for members, level in zip((*MEMBERS, 2), LEVELS, strict=True)]
    plain = [table[0]] * max(1, (len(table) * 2) // 3)
    return sampled_from(plain + table[1:])


def _fitting(item_size: int, length: int) -> tuple[int, ...]:
    """List the element sizes that divide so many bytes, the size of an item first."""
    return (item_size, *(size for size in ELEMENT_SIZES if size != item_size and length % size == 0))


@lru_cache(256)
def _filters(names: tuple[str, ...], sizes: tuple[int, ...]) -> Choice[tuple[Filter, ...]]:
    """Draw no filter, one or two; their element sizes are of those that divide the data, except in few pairs.

    Shuffles whose sizes divide the data can be undone in any order: only a remainder tells the orders apart.
    """
    item_size = sizes[0]
    ones: list[tuple[Filter, ...]] = [
        (Filter(name, size),) for name in names for size in (item_size,) * 4 + (1,) * 3 + sizes
    ]
    twos: list[tuple[Filter, ...]] = [
        (Filter(first, one), Filter(second, two))
        for first in names
        for second in names
        for one, two in (
            (item_size, 2), (2, item_size), (1, item_size), (item_size, 1), (item_size, item_size), (4, 1),
            (3, item_size), (item_size, 5),
        )
    ]  # fmt: skip
    none: list[tuple[Filter, ...]] = [()] * max(1, len(ones) + len(twos))
    return sampled_from(none + ones + twos)


def prepare(profile: Profile) -> None:
    """Load the codecs that are slow to import, so that no draw pays for it."""
    if "blosc2" in profile.compressions:
        encoding.blosc2_chunk(b"\0")


def encodings(profile: Profile, item_size: int, length: int, *, empty: bool = False) -> Choice[Encoding]:
    """Draw encodings that a profile claims to read, for data of that many bytes."""
    return _encodings(
        byte_orders(profile), profile.filters if not empty else (), profile.compressions, item_size, length
    )


def byte_orders(profile: Profile) -> tuple[ByteOrder, ...]:
    """List byte orders of data that can be asked about, the server's own first."""
    every: tuple[ByteOrder, ...] = ("little", "big")
    claimed = [one for one in every if one in profile.byte_orders]
    return tuple(dict.fromkeys((profile.native_byte_order, *claimed)))


@composite
def _encodings(
    draw: Draw,
    orders: tuple[ByteOrder, ...],
    filters: tuple[str, ...],
    compressions: tuple[str, ...],
    item_size: int,
    length: int,
) -> Encoding:
    compression, members, level = draw(_compressions(compressions))
    if length > MANY_BYTES and compression in ("gzip", "zlib"):
        level = min(level, QUICK_LEVEL)
    return Encoding(
        byte_order=draw(_orders(orders)),
        filters=draw(_filters(filters, _fitting(item_size, length))) if filters else (),
        compression=compression,
        members=members,
        level=level,
        zeros=draw(_ZEROS) if compression == "gzip" else 0,
    )


_ZEROS = sampled_from(ZEROS)


@lru_cache(8)
def _orders(orders: tuple[ByteOrder, ...]) -> Choice[ByteOrder]:
    return sampled_from(orders)
