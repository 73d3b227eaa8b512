"""Draw objects whose bytes do not fit the request: other codecs, truncated and corrupted streams."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from specs.reductions.dtypes import Array
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send
from strategies.drawing import Draw
from strategies.reductions.encodings import Encoding
from strategies.reductions.requests import below, sampled

CHECKED = ("gzip", "zlib")
NOT_STREAMS = (b"", b"\0", b"\x1f", b"\x1f\x8b", b"x\x9c", b"x", b"not a stream at all", b"\0" * 64, b"\xff" * 64)
BrokenData = Callable[[Draw, Profile, Array, Send, str], tuple[list[Put], Send | None]]
NOTHING: tuple[list[Put], Send | None] = ([], None)


def _codecs(profile: Profile, allowed: tuple[str, ...] = ("gzip", "zlib", "blosc2")) -> tuple[str, ...]:
    return tuple(one for one in profile.compressions if one in allowed)


def _about(send: Send, key: str, compression: str, data: bytes) -> tuple[list[Put], Send]:
    fields = send.fields.but(compression={"id": compression})
    return [Put(key, data)], replace(send, key=key, fields=fields)


def _encoded(profile: Profile, values: Array, compression: str | None, members: int = 1) -> bytes:
    return Encoding(profile.native_byte_order, (), compression, members).stored(values)


def _another_codec(draw: Draw, profile: Profile, values: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    """Store the array with one codec, or none, and ask for it with another."""
    codecs = _codecs(profile)
    pairs = tuple((stored, asked) for asked in codecs for stored in (None, *codecs) if stored != asked)
    if not pairs:
        return NOTHING
    stored, asked = draw(sampled(pairs))
    return _about(send, key, asked, _encoded(profile, values, stored))


def _no_stream(draw: Draw, profile: Profile, _: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    codecs = _codecs(profile)
    if not codecs:
        return NOTHING
    return _about(send, key, draw(sampled(codecs)), draw(sampled(NOT_STREAMS)))


def _truncated(draw: Draw, profile: Profile, values: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    """End a stream early: in its header, its middle, its checksum, or a later member."""
    codecs = _codecs(profile)
    if not codecs:
        return NOTHING
    codec = draw(sampled(codecs))
    data = _encoded(profile, values, codec, draw(sampled((1, 1, 2))))
    kept = draw(sampled((1, 4, len(data) // 2, len(data) - 9, len(data) - 4, len(data) - 1)))
    return _about(send, key, codec, data[: max(1, kept)])


def _corrupted(draw: Draw, profile: Profile, values: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    """Change a byte where the stream's own checks must notice: header, compressed data, checksum."""
    codecs = _codecs(profile, CHECKED)
    if not codecs:
        return NOTHING
    codec = draw(sampled(codecs))
    data = bytearray(_encoded(profile, np.resize(values, max(8, len(values))), codec))
    places = (0, 1, 2, 10 + draw(below(max(1, len(data) - 18))), -8, -5, -4, -1) if codec == "gzip" else (0, 1, -4, -1)
    data[draw(sampled(places))] ^= draw(sampled((0xFF, 0x55)))
    count = max(8, len(values))
    puts, asked = _about(send, key, codec, bytes(data))
    return puts, replace(asked, fields=asked.fields.but(shape=[count]))


def _blosc2_header(draw: Draw, profile: Profile, values: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    """Put wrong sizes into a blosc2 chunk's header."""
    if not _codecs(profile, ("blosc2",)):
        return NOTHING
    data = bytearray(_encoded(profile, values, "blosc2"))
    # Servers cannot notice an inflated size that is a little wrong, nor changes of fields without a checksum.
    place, size = draw(sampled(((4, -1), (4, 0), (4, 2**31 - 1), (12, -1), (12, 0), (12, 1), (12, len(data) + 1))))
    data[place : place + 4] = size.to_bytes(4, "little", signed=True)
    return _about(send, key, "blosc2", bytes(data))


def _decoded_short(draw: Draw, profile: Profile, values: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    """Store a sound stream with another number of elements than the shape has, or with a broken element."""
    codecs = _codecs(profile)
    if not codecs:
        return NOTHING
    codec = draw(sampled(codecs))
    count = max(0, len(values) + draw(sampled((-1, 1, -2, 2))))
    puts, asked = _about(send, key, codec, _encoded(profile, np.resize(values, count), codec))
    if draw(sampled((True, True, False))):
        return puts, asked
    ragged = np.frombuffer(np.resize(values, max(1, count)).tobytes()[:-1], np.uint8)
    puts, asked = _about(send, key, codec, _encoded(profile, ragged, codec))
    return puts, replace(asked, fields=asked.fields.without("shape"))


def _trailing(draw: Draw, profile: Profile, values: Array, send: Send, key: str) -> tuple[list[Put], Send | None]:
    """Add bytes that are neither padding nor another member after the end of a sound stream."""
    codecs = _codecs(profile)
    if not codecs:
        return NOTHING
    codec = draw(sampled(codecs))
    rest = draw(sampled((b"\1", b"rubbish", b"\0\0\1", b"\x1f\x8b", b"\x1f\x8b\x08\0" + b"\xff" * 20)))
    return _about(send, key, codec, _encoded(profile, values, codec) + rest)


BROKEN_DATA: Mapping[str, BrokenData] = MappingProxyType(
    {
        "another codec": _another_codec,
        "no stream": _no_stream,
        "truncated stream": _truncated,
        "corrupted stream": _corrupted,
        "untrue blosc2 header": _blosc2_header,
        "stream of another length": _decoded_short,
        "bytes after the stream": _trailing,
    }
)
