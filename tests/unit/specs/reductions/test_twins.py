"""Whether an answer needs its byte twins hangs on what the server claims."""

from __future__ import annotations

from dataclasses import replace

import cbor2
import pytest

from specs.outcome import Reply
from specs.reductions import profile as profiles
from specs.reductions import wire

ANSWER = {"bytes": bytes(4), "dtype": "int32", "shape": [], "count": [1], "byte_order": "little"}
REPLY = Reply(200, (("content-type", "application/cbor"),), cbor2.dumps(ANSWER))
PROFILE = profiles.load("reference")


def test_a_server_that_claims_the_options_gives_the_twins() -> None:
    with pytest.raises(wire.Malformed, match="shape_as_bytes"):
        wire.answer_of(REPLY, PROFILE)


def test_a_server_without_the_options_may_lack_the_twins() -> None:
    answer = wire.answer_of(REPLY, replace(PROFILE, options=("option_disable_chunk_cache",)))
    assert (answer.counts, answer.counts_twin) == ((1,), b"")
