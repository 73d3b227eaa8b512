"""Which cases may keep a server busy: those whose chunks promise much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fuzz.subjects.reductions.burdens import MANY_BYTES, promises_much, promising_less
from fuzz.subjects.reductions.traits.requests import NO_STREAM
from specs.case import Case
from specs.fields import Fields
from specs.reductions.encoding import blosc2_chunk
from specs.reductions.model import expectations
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from tests.unit.pretended import PROFILE

HONEST = blosc2_chunk(np.arange(100, dtype="<i4").tobytes())


def promising(count: int) -> bytes:
    return HONEST[:4] + count.to_bytes(4, "little") + HONEST[8:]


def asked(data: bytes, **fields: object) -> Case:
    return Case("reduction", (Put("a", data), Send("count", Fields({"dtype": "int32", **fields}), "a")))


@pytest.mark.parametrize("count", [MANY_BYTES, 2**31, 2**32 - 1])
def test_a_chunk_that_promises_much_is_a_burden_wherever_it_is_looked_for(count: int) -> None:
    blosc2 = {"id": "blosc2"}
    assert promises_much(asked(promising(count), compression=blosc2))
    assert promises_much(asked(bytes(3) + promising(count), offset=3, compression=blosc2))
    assert promises_much(asked(promising(count) + HONEST, offset=len(HONEST), compression=blosc2))


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 4, len(HONEST)])
def test_a_burden_made_lighter_promises_less_and_is_otherwise_the_same(offset: int) -> None:
    heavy = asked(HONEST[:offset] + promising(2**32 - 1), offset=offset, compression={"id": "blosc2"})
    light = promising_less(heavy)
    assert light is not None
    assert promises_much(heavy)
    assert not promises_much(light)
    assert promising_less(light) is None
    (before, send), (after, sent) = heavy.steps, light.steps
    changed = [place for place, (one, other) in enumerate(zip(before.data, after.data, strict=True)) if one != other]
    assert set(changed) <= {place + start for start in (0, offset) for place in (6, 7)}
    assert (replace(after, data=before.data), sent) == (before, send)


def test_a_chunk_that_promises_less_still_promises_more_than_it_holds() -> None:
    light = promising_less(asked(promising(2**31), compression={"id": "blosc2"}))
    assert light is not None
    assert int.from_bytes(light.steps[0].data[4:8], "little") > MANY_BYTES // 2


@pytest.mark.parametrize("compression", [None, "blosc2", {"id": "gzip"}, {"id": 2}, {}])
def test_what_is_not_taken_for_a_chunk_promises_nothing(compression: object) -> None:
    assert not promises_much(asked(promising(2**31), compression=compression))


@pytest.mark.parametrize("data", [HONEST, promising(MANY_BYTES - 1), b"", b"\x05\x01\x95\x08\xff"])
def test_a_chunk_that_promises_little_is_no_burden(data: bytes) -> None:
    assert not promises_much(asked(data, compression={"id": "blosc2"}, offset=-4))


def test_a_request_about_an_object_that_is_not_there_is_no_burden() -> None:
    assert not promises_much(Case("reduction", (Send("count", Fields({"compression": {"id": "blosc2"}}), "a"),)))


@pytest.mark.parametrize("codec", ["gzip", "zlib", "blosc2"])
def test_the_plain_data_of_triage_is_a_stream_of_no_codec_and_no_burden(codec: str) -> None:
    case = asked(NO_STREAM, compression={"id": codec})
    (due,) = [one for one in expectations(case, PROFILE, StoreFacts()) if one is not None]
    assert due.refusable == {Rule.UNDECODABLE_DATA}
    assert not promises_much(case)
