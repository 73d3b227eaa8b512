"""Stored bytes as arrays: what was encoded comes back, and nothing that is broken breaks the suite."""

from __future__ import annotations

import random
import struct
import zlib
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.reductions import decoding
from specs.reductions.decoding import Undecodable, decode, unshuffled
from specs.reductions.dtypes import NAMES
from specs.reductions.encoding import blosc2_chunk, compressed, gzipped, shuffled, stored
from specs.reductions.request import COMPRESSIONS, Filter, Request
from specs.reductions.rules import Rule

QUICK = settings(deadline=None, database=None)
DATA = bytes(range(48))


def undone(content: bytes, **fields: object) -> bytes:
    """The bytes that a request for int32 finds, however many there are."""
    return decode(Request("select", "int32", "little", **fields), content).array.tobytes()  # type: ignore[arg-type]


def doubts(content: bytes, **fields: object) -> tuple[Rule, ...]:
    return decode(Request("select", "int32", "little", **fields), content).doubts  # type: ignore[arg-type]


def rule(content: bytes, **fields: object) -> Rule | None:
    with pytest.raises(Undecodable) as caught:
        undone(content, **fields)
    return caught.value.rule


@pytest.mark.parametrize("compression", [None, *COMPRESSIONS])
@pytest.mark.parametrize("dtype", NAMES)
def test_what_is_encoded_comes_back(compression, dtype):
    data = np.arange(24).astype(dtype).reshape(2, 3, 4)
    for byte_order, order, sizes in product(("little", "big"), "CF", ((), (data.itemsize,), (8, 2), (3,))):
        filters = tuple(Filter("shuffle", size) for size in sizes)
        content = stored(data, byte_order=byte_order, order=order, filters=filters, compression=compression)
        request = Request(
            "select", dtype, byte_order, 5, len(content), data.shape, None, order, None, compression, filters
        )
        array = decode(request, b"front" + content + b"behind").array
        assert array.dtype == dtype
        assert array.dtype.isnative
        np.testing.assert_array_equal(array, data)


@QUICK
@given(st.binary(max_size=200), st.integers(1, 20))
def test_unshuffling_undoes_shuffling(data: bytes, element_size: int) -> None:
    assert unshuffled(shuffled(data, element_size), element_size) == data


def test_shuffling_puts_first_bytes_first():
    assert shuffled(b"abcdABCDxy", 4) == b"aAbBcCdDxy"


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("length", [1, 4, 31, 32, 33, 1000, 70_000])
def test_every_length_survives_every_codec(compression, length):
    data = random.Random(length).randbytes(length * 4)
    assert undone(compressed(data, compression, item_size=4), compression=compression) == data


@QUICK
@given(st.integers(1, 9), st.integers(0, 20))
def test_all_members_of_a_gzip_stream_count_and_zeros_are_padding(members: int, zeros: int) -> None:
    content = gzipped(DATA, members) + bytes(zeros)
    assert undone(content, compression="gzip") == DATA
    assert doubts(content, compression="gzip") == ()


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_other_bytes_after_a_stream_are_doubtful(compression):
    content = compressed(DATA, compression) + b"more"
    assert undone(content, compression=compression) == DATA
    assert doubts(content, compression=compression) == (Rule.BYTES_AFTER_THE_STREAM,)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_truncated_stream_is_undecodable_wherever_it_ends(compression):
    content = compressed(random.Random(1).randbytes(400), compression, item_size=4)
    for length in range(1, len(content)):
        assert rule(content[:length], compression=compression) == Rule.UNDECODABLE_DATA, length


@pytest.mark.parametrize(
    ("compression", "content"),
    [
        ("gzip", zlib.compress(DATA)),
        ("zlib", gzipped(DATA)),
        ("gzip", DATA),
        ("zlib", DATA),
        ("blosc2", DATA),
        ("blosc2", gzipped(DATA)),
        ("blosc2", b"short"),
        ("gzip", blosc2_chunk(DATA)),
        ("gzip", gzipped(DATA)[:-8] + bytes(8)),
        ("zlib", zlib.compress(DATA)[:-4] + bytes(4)),
        ("gzip", b"\x1f\x8b\x08\xff" + bytes(20)),
    ],
)  # fmt: skip
def test_what_is_no_stream_of_that_codec_is_undecodable(compression, content):
    assert rule(content, compression=compression) == Rule.UNDECODABLE_DATA


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_what_inflates_beyond_the_limit_is_too_large(compression, monkeypatch):
    monkeypatch.setattr(decoding, "MOST_INFLATED_BYTES", 1000)
    content = compressed(bytes(4000), compression)
    assert rule(content, compression=compression) in (Rule.INFLATES_TOO_FAR, Rule.UNDECODABLE_DATA)
    assert undone(compressed(bytes(1000), compression), compression=compression) == bytes(1000)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"offset": 48}, Rule.RANGE_BEYOND_THE_OBJECT),
        ({"offset": 2**70}, Rule.RANGE_BEYOND_THE_OBJECT),
        ({"offset": 44, "size": 8}, Rule.SHORT_READ),
        ({"size": 2**70}, Rule.SHORT_READ),
        ({"shape": (13,)}, Rule.SHORT_READ),
        ({"shape": (2**40, 2**40)}, Rule.SHORT_READ),
        ({"offset": 1}, Rule.DATA_DOES_NOT_FIT),
    ],
)
def test_a_window_that_the_object_does_not_have_is_told_apart(fields, wanted):
    assert rule(DATA, **fields) == wanted


def test_more_data_than_the_shape_calls_for_is_surplus():
    assert undone(DATA, shape=(2, 3)) == DATA[:24]
    assert doubts(DATA, shape=(2, 3)) == (Rule.SURPLUS_DATA,)


def test_an_element_size_that_does_not_divide_is_doubtful():
    assert undone(DATA, filters=(Filter("shuffle", 5),))[45:] == DATA[45:]
    assert doubts(DATA, filters=(Filter("shuffle", 5),)) == (Rule.ELEMENT_SIZE_DOES_NOT_DIVIDE,)
    assert undone(DATA, filters=(Filter("shuffle", 2**60),)) == DATA


def test_a_frame_is_left_open():
    assert rule(b"\x9e\xa8b2frame\0" + bytes(80), compression="blosc2") is None


@pytest.mark.parametrize(("at", "value"), [(0, 9), (2, 0), (3, 0), (8, 49), (16, 33), (31, 0b1000), (31, 0b1000000)])
def test_an_unusual_chunk_is_left_open(at, value):
    content = bytearray(blosc2_chunk(DATA, 4))
    content[at] = value
    assert rule(bytes(content), compression="blosc2") in (None, Rule.UNDECODABLE_DATA)


def broken_chunk(draw: random.Random) -> bytes:
    """A chunk with some bytes of its header or body another, or cut."""
    data = draw.choice((bytes(400), draw.randbytes(400), struct.pack("<100i", *range(100))))
    chunk = bytearray(blosc2_chunk(data, draw.choice((1, 4, 8)), draw.choice((0, 1, 9))))
    for _ in range(draw.choice((1, 1, 2, 5))):
        at = draw.randrange(min(len(chunk), draw.choice((32, 48, len(chunk)))))
        chunk[at] = draw.choice((0, 255, chunk[at] ^ 1 << draw.randrange(8), draw.randrange(256)))
        if draw.random() < 0.2:
            struct.pack_into("<i", chunk, 4 * draw.choice((1, 2, 3, 6)), draw.choice((0, 1, -1, 2**31 - 1, 2**20)))
    return bytes(chunk[: draw.choice((len(chunk), len(chunk), draw.randrange(1, len(chunk) + 1)))])


def told(content: bytes, compression: str) -> bytes | Rule | None:
    """What the content comes to: bytes, or why there are none."""
    try:
        return undone(content, compression=compression)
    except Undecodable as error:
        return error.rule


def test_no_broken_chunk_breaks_the_suite():
    draw = random.Random(2026)
    for _ in range(1000):
        chunk = broken_chunk(draw)
        assert told(chunk, "blosc2") == told(chunk, "blosc2")


@QUICK
@given(st.sampled_from(("gzip", "zlib")), st.data())
def test_no_broken_stream_breaks_the_suite(compression: str, data: st.DataObject) -> None:
    content = bytearray(compressed(DATA, compression, members=2))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    assert told(bytes(content), compression) in (DATA, DATA[:24], Rule.UNDECODABLE_DATA, Rule.DATA_DOES_NOT_FIT)
