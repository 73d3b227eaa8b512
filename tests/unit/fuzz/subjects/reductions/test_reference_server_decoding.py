"""The reference server undoes compression and filters, within limits, and refuses what it cannot undo."""

import gzip
import os
import time
import zlib
from collections.abc import Iterator

import blosc2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.reference_asking import LIMITS, Asker, asking

DATA = np.arange(100, dtype=np.int32)
RAW = DATA.tobytes()
TOTAL = [4950]


@pytest.fixture(scope="module")
def asker() -> Iterator[Asker]:
    with asking() as asker:
        yield asker


def chunk(data: np.ndarray, **parameters: object) -> bytes:
    """A Blosc2 chunk."""
    made: bytes = blosc2.compress2(data, typesize=data.itemsize, **parameters)
    return made


def shuffle(data: bytes, element_size: int) -> bytes:
    """First bytes of all whole elements, then second bytes, …, then what is left over."""
    whole = len(data) - len(data) % element_size
    return b"".join(data[i:whole:element_size] for i in range(element_size)) + data[whole:]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("gzip", gzip.compress(RAW, mtime=0)),
        ("gzip", gzip.compress(RAW[:40], mtime=0) + gzip.compress(b"", mtime=0) + gzip.compress(RAW[40:], mtime=0)),
        ("gzip", gzip.compress(RAW, mtime=0) + bytes(1000)),
        ("zlib", zlib.compress(RAW)),
        ("zlib", zlib.compress(RAW, 0)),
        ("blosc2", chunk(DATA)),
        ("blosc2", chunk(DATA, filters=[blosc2.Filter.BITSHUFFLE], codec=blosc2.Codec.LZ4)),
        ("blosc2", chunk(DATA, filters=[blosc2.Filter.NOFILTER], codec=blosc2.Codec.BLOSCLZ)),
        ("blosc2", chunk(DATA, codec=blosc2.Codec.ZLIB)),
    ],
)
def test_what_was_compressed_is_decompressed(asker: Asker, name: str, stored: bytes) -> None:
    fields = {"dtype": "int32", "compression": {"id": name}}
    assert asker.values("sum", stored, **fields) == TOTAL
    assert asker.values("sum", stored, **fields, shape=[10, 10]) == TOTAL
    padded = b"ab" + stored + b"cd"
    assert asker.values("sum", padded, **fields, shape=[100], offset=2, size=len(stored)) == TOTAL
    assert asker.refusal("sum", stored, **fields, shape=[101])
    assert asker.refusal("sum", stored, **fields, shape=[99])


@pytest.mark.parametrize("data", [np.zeros(50, np.float64), np.full(50, np.nan), np.frombuffer(os.urandom(400))])
def test_special_and_incompressible_chunks_are_decompressed(asker: Asker, data: np.ndarray) -> None:
    result = asker.ask("select", chunk(data), dtype="float64", compression={"id": "blosc2"})
    assert result["bytes"] == data.tobytes()


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("gzip", b""),
        ("gzip", RAW),
        ("gzip", gzip.compress(RAW, mtime=0)[:-1]),
        ("gzip", gzip.compress(RAW, mtime=0)[:-8] + bytes(8)),
        ("gzip", gzip.compress(RAW, mtime=0) + b"rest"),
        ("gzip", gzip.compress(RAW, mtime=0) + gzip.compress(RAW, mtime=0)[:-1]),
        ("gzip", zlib.compress(RAW)),
        ("zlib", b""),
        ("zlib", gzip.compress(RAW, mtime=0)),
        ("zlib", zlib.compress(RAW)[:-1]),
        ("zlib", zlib.compress(RAW)[:-4] + bytes(4)),
        ("zlib", zlib.compress(RAW) + b"rest"),
        ("blosc2", b""),
        ("blosc2", RAW),
        ("blosc2", chunk(DATA)[:-1]),
        ("blosc2", chunk(DATA) + b"rest"),
        ("blosc2", blosc2.SChunk(data=DATA).to_cframe()),
        ("blosc2", chunk(DATA)[:31] + b"\x40" + chunk(DATA)[32:]),
        ("blosc2", chunk(DATA)[:16] + b"\xff" + chunk(DATA)[17:]),
    ],
)
def test_what_cannot_be_decoded_is_refused(asker: Asker, name: str, stored: bytes) -> None:
    message = asker.refusal("sum", stored, dtype="int32", compression={"id": name})
    assert message.startswith("compression:")


@given(place=st.integers(0, 10**6), change=st.integers(1, 255), name=st.sampled_from(["gzip", "zlib", "blosc2"]))
@settings(max_examples=2 * settings.default.max_examples)
def test_damaged_streams_are_answered(asker: Asker, place: int, change: int, name: str) -> None:
    stored = bytearray({"gzip": gzip.compress(RAW, mtime=0), "zlib": zlib.compress(RAW), "blosc2": chunk(DATA)}[name])
    stored[place % len(stored)] ^= change
    fields = asker.fields(bytes(stored), dtype="int32", compression={"id": name})
    assert asker.send("sum", fields).status in (200, 400)


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
def test_bombs_are_refused_before_they_are_large(asker: Asker, compress: object) -> None:
    assert callable(compress)
    bomb = compress(bytes(64 * LIMITS.decoded_bytes))
    name = "gzip" if compress is gzip.compress else "zlib"
    started = time.process_time()
    for fields in ({}, {"shape": [100]}):
        asker.refusal("sum", bomb, dtype="int32", compression={"id": name}, **fields)
    assert time.process_time() - started < 1
    large = chunk(np.zeros(LIMITS.decoded_bytes // 8 + 1))
    assert "exceeds" in asker.refusal("sum", large, dtype="float64", compression={"id": "blosc2"})


def test_very_many_members_are_read_in_good_time(asker: Asker) -> None:
    stored = gzip.compress(b"", mtime=0) * 20_000 + gzip.compress(RAW, mtime=0)
    started = time.process_time()
    assert asker.values("sum", stored, dtype="int32", compression={"id": "gzip"}) == TOTAL
    assert time.process_time() - started < 5


@pytest.mark.parametrize("name", ["shuffle", "shuffle_simd"])
@pytest.mark.parametrize("element_size", [1, 2, 3, 4, 8, 400, 401, 2**62])
def test_shuffle_is_undone(asker: Asker, name: str, element_size: int) -> None:
    stored = shuffle(RAW, min(element_size, 1000))
    filters = [{"id": name, "element_size": element_size}]
    assert asker.ask("select", stored, dtype="int32", filters=filters)["bytes"] == RAW


def test_filters_are_undone_in_reverse_and_after_decompression(asker: Asker) -> None:
    stored = gzip.compress(shuffle(shuffle(RAW, 4), 8))
    filters = [{"id": "shuffle", "element_size": 4}, {"id": "shuffle_simd", "element_size": 8}]
    fields = {"dtype": "int32", "compression": {"id": "gzip"}, "filters": filters, "shape": [100]}
    assert asker.ask("select", stored, **fields)["bytes"] == RAW


def test_data_that_does_not_fit_is_refused(asker: Asker) -> None:
    assert "dtype" in asker.refusal("sum", RAW[:-1], dtype="int32")
    assert "shape" in asker.refusal("sum", RAW[:-1], dtype="int32", shape=[100])
    assert "shape" in asker.refusal("sum", RAW + b"x", dtype="int32", shape=[100])
    assert "shape" in asker.refusal("sum", b"", dtype="int32", shape=[1])
    assert "shape" in asker.refusal("sum", RAW, dtype="int32", shape=[LIMITS.decoded_bytes // 4 + 1])
