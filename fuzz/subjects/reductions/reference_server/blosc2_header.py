"""The header of a Blosc2 chunk, checked before any of it is decompressed."""

import struct

from fuzz.subjects.reductions.reference_server.refusal import Refusal

HEADER_BYTES = 32
LATEST_FORMAT = 5
EXTENDED = 0b101
COPIED = 0b10
CODECS = {0: "blosclz", 1: "lz4", 3: "zlib", 4: "zstd"}
LAZY = 0b1000
UNINITIALISED = 4
FRAME_MAGIC = b"b2frame\x00"


def check_blosc2_header(stored: bytes) -> int:
    """Return the length of the chunk's content; a chunk that cannot be decoded right is refused."""
    if stored[2:10] == FRAME_MAGIC:
        raise broken("it is a Blosc2 frame, not a chunk")
    if len(stored) < HEADER_BYTES:
        raise broken(f"{len(stored)} bytes are too few for a Blosc2 chunk")
    header: tuple[int, ...] = struct.unpack_from("<BBBBiii", stored)
    version, _, flags, item_size, length, block, stored_length = header
    if not 1 <= version <= LATEST_FORMAT or flags & EXTENDED != EXTENDED:
        raise broken("it is no Blosc2 chunk")
    if length < 0 or block < 0 or stored_length != len(stored):
        raise broken(f"the chunk says it has {stored_length} bytes, and there are {len(stored)}")
    if item_size == 0 or (length and not block) or block > max(length, 1):
        raise broken("its item or block size is impossible")
    if flags >> 5 not in CODECS and not flags & COPIED:
        raise broken(f"codec {flags >> 5} is not supported")
    filters, extra = stored[16:22], stored[31]
    if any(step > 2 for step in filters):
        raise broken(f"filters {list(filters)} are not supported; only shuffle and bitshuffle are")
    if extra & LAZY or (extra >> 4) & 7 == UNINITIALISED:
        raise broken("the chunk does not hold its data")
    return length


def broken(reason: str) -> Refusal:
    """Return the refusal of a chunk."""
    return Refusal(400, "compression: the stored data cannot be decoded", reason)
