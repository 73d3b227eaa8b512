"""Whether a server that takes data which cannot be decoded does so for one codec, or for all alike."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

from fuzz.hunt.failures import Judge, Kind, kind_of
from specs.case import Case, Put, Send
from specs.fields import Fields
from specs.rules import Rule

UNDECODABLE = Kind("refuses-unfit-data", Rule.UNDECODABLE_DATA)
WINDOWS: Mapping[str, int] = MappingProxyType({"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS + 16})
NO_STREAM = b"no stream of any codec!!"
# Of lengths that are whole elements of what is taken as it is, too.
DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    lambda _: NO_STREAM,
    lambda stream: stream[:-4],
    lambda stream: stream[:-8] + bytes(255 - byte for byte in stream[-8:]),
)
MOST_ELEMENTS = 64


def codec_needed(case: Case, kind: Kind) -> tuple[str, ...]:
    """The codec of a request whose data cannot be decoded, and is taken all the same."""
    match case.steps[-1:]:
        case (Send() as send,) if kind == UNDECODABLE:
            compression = send.fields.get("compression")
            name = compression.get("id") if isinstance(compression, dict) else None
            return (name,) if isinstance(name, str) else ()
    return ()


def all_alike(judge: Judge) -> bool:
    """Whether the same damage is overlooked in each codec's streams."""
    return len({_overlooked(name, judge) for name in WINDOWS}) == 1


def _overlooked(codec: str, judge: Judge) -> frozenset[int]:
    stream = _stream(codec)
    send = Send("select", Fields({"dtype": "uint32", "compression": {"id": codec}}), "a")
    damaged = [Case("malformed", (Put("a", damage(stream)), send)) for damage in DAMAGES]
    return frozenset(number for number, case in enumerate(damaged) if UNDECODABLE in map(kind_of, judge(case).failures))


def _stream(codec: str) -> bytes:
    """Some elements, packed into as many bytes as some other number of elements has."""
    for count in range(1, MOST_ELEMENTS):
        packing = zlib.compressobj(wbits=WINDOWS[codec])
        stream = packing.compress(bytes(range(4 * count))) + packing.flush()
        if len(stream) % 4 == 0:
            return stream
    raise AssertionError(f"no {codec} stream of whole elements")
