"""Replies as answers: right ones are read, and anything else is said to be malformed, with where."""

from __future__ import annotations

import json
import random

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specs.outcome import Reply
from specs.reductions import wire
from specs.reductions.dtypes import NAMES
from specs.reductions.expectation import Values
from specs.reductions.wire import V2_KEYS, Malformed
from tests.unit.truthful import CBOR, JSON, V1, V2, cbor, v1_reply, v2_map

QUICK = settings(deadline=None, database=None)
VALUES = Values("sum", "int32", (2, 2), (1, 2, 3, 4), np.array([1, 2, 3, -4], np.int32))


def changed(**changes: object) -> Reply:
    return cbor({**v2_map(VALUES), **changes})


def fault(reply: Reply, profile: object = V2) -> str:
    with pytest.raises(Malformed) as caught:
        wire.answer_of(reply, profile)  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("byte_order", ["little", "big"])
@pytest.mark.parametrize("dtype", NAMES)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_right_answer_is_read_in_both_byte_orders(byte_order, dtype, as_bytes):
    due = Values("select", dtype, (2, 2), (4,), np.array([1, 2, 3, 4], dtype))
    reply = cbor(v2_map(due, byte_order, shape_as_bytes=as_bytes, count_as_bytes=as_bytes))
    answer = wire.answer_of(reply, V2)
    assert (answer.dtype, answer.shape, answer.counts, answer.byte_order) == (dtype, (2, 2), (4,), byte_order)
    assert answer.values().tolist() == [1, 2, 3, 4]
    assert bool(answer.listed_shape) == bool(answer.listed_counts) == (not as_bytes)
    assert bool(answer.shape_twin) == bool(answer.counts_twin) == as_bytes


def test_cbor_in_pieces_of_unknown_length_is_cbor():
    whole = v2_map(VALUES)
    pieces = b"\xbf" + b"".join(cbor2.dumps(key) + (_pieces(value)) for key, value in whole.items()) + b"\xff"
    answer = wire.answer_of(Reply(200, CBOR, pieces), V2)
    assert (answer.shape, answer.counts, answer.values().tolist()) == ((2, 2), (1, 2, 3, 4), [1, 2, 3, -4])


def _pieces(value: object) -> bytes:
    if isinstance(value, bytes):
        return b"\x5f" + cbor2.dumps(value[:3]) + cbor2.dumps(value[3:]) + b"\xff"
    if isinstance(value, list):
        return b"\x9f" + b"".join(map(cbor2.dumps, value)) + b"\xff"
    return cbor2.dumps(value)


@pytest.mark.parametrize("length", range(len(cbor(v2_map(VALUES)).body)))
def test_a_truncated_map_is_malformed_wherever_it_ends(length):
    assert fault(Reply(200, CBOR, cbor(v2_map(VALUES)).body[:length])).startswith("not CBOR")


def test_bytes_after_the_map_are_malformed():
    assert fault(Reply(200, CBOR, cbor(v2_map(VALUES)).body + b"\0")) == "bytes after the CBOR map"


@pytest.mark.parametrize("value", [[], 1, "text", None, b"bytes", [v2_map(VALUES)]])
def test_what_is_no_map_is_malformed(value):
    assert fault(cbor(value)).endswith("not a map")


@pytest.mark.parametrize("key", V2_KEYS)
def test_a_missing_key_is_named(key):
    answer = v2_map(VALUES)
    del answer[key]
    assert fault(cbor(answer)) == f"keys missing: ['{key}'], unknown: []"


def test_what_nests_deeply_is_no_cbor():
    assert fault(Reply(200, CBOR, b"\x81" * 200_000)).startswith("not CBOR")


def test_an_unknown_key_is_named():
    assert fault(changed(colour="red")) == "keys missing: [], unknown: ['colour']"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"dtype": "int16"}, "dtype is 'int16'"),
        ({"dtype": ["int32"]}, "dtype is ['int32']"),
        ({"byte_order": "native"}, "byte_order is 'native'"),
        ({"byte_order": 1}, "byte_order is 1"),
        ({"byte_order": []}, "byte_order is []"),
        ({"shape": [-1]}, "shape is [-1], below 0"),
        ({"shape": [2.0, 2.0]}, "shape is [2.0, 2.0], not a list"),
        ({"shape": "22"}, "shape is '22', not a list"),
        ({"shape": [True]}, "shape is [True], not a list"),
        ({"count": 4}, "count is 4, not a list"),
        ({"count": [None]}, "count is [None], not a list"),
        ({"count": {}}, "count is {}, not a list"),
        ({"count": [2**63]}, "count holds a number beyond 64 bits"),
        ({"shape": [2**20000]}, "shape holds a number beyond 64 bits"),
        ({"shape": [-(2**20000)]}, "shape is a list too long to show, below 0"),
        ({"dtype": 2**20000}, "dtype is a int too long to show"),
        ({"dtype": "x" * 10**6}, "dtype is 'xxx"),
        ({"bytes": [1, 2]}, "bytes is a list of numbers"),
        ({"bytes": "text"}, "bytes is a str"),
        ({"bytes": None}, "bytes is a NoneType"),
        ({"shape_as_bytes": 7}, "shape_as_bytes is a int"),
        ({"shape": [], "shape_as_bytes": bytes(7)}, "shape_as_bytes has 7 bytes"),
        ({"count": [], "count_as_bytes": bytes(12)}, "count_as_bytes has 12 bytes"),
    ],
)
def test_a_part_of_the_wrong_type_is_named(changes, text):
    assert fault(changed(**changes)).startswith(text)


@QUICK
@given(st.binary(max_size=80))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    fault(Reply(200, CBOR, body))


def test_no_broken_map_breaks_the_reader():
    draw, whole = random.Random(1), cbor(v2_map(VALUES)).body
    for _ in range(2000):
        body = bytearray(whole)
        body[draw.randrange(len(body))] = draw.randrange(256)
        try:
            wire.answer_of(Reply(200, CBOR, bytes(body)), V2)
        except Malformed as error:
            assert str(error)  # noqa: PT017


def test_lengths_that_do_not_fit_are_no_values():
    answer = wire.answer_of(changed(bytes=bytes(15)), V2)
    with pytest.raises(ValueError, match="buffer size"):
        answer.values()


# Version 1.


def headed(**changes: str | None) -> Reply:
    """A version 1 reply with some headers another, or gone."""
    reply = v1_reply(VALUES)
    headers = dict(reply.headers)
    for name, value in changes.items():
        name = f"x-activestorage-{name.replace('_', '-')}"
        headers.pop(name)
        if value is not None:
            headers[name] = value
    return Reply(200, tuple(headers.items()), reply.body)


@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_a_right_version_1_answer_is_read(byte_order):
    answer = wire.answer_of(v1_reply(VALUES, byte_order), V1)
    assert (answer.dtype, answer.shape, answer.counts) == ("int32", (2, 2), (1, 2, 3, 4))
    assert answer.values().tolist() == [1, 2, 3, -4]


def test_older_versions_tell_less():
    reply = headed(count="10", byte_order=None)
    assert wire.read_v1(reply, "number", False, "big").counts == (10,)
    assert wire.read_v1(reply, "none", False, "big").counts is None
    assert wire.read_v1(reply, "none", False, "big").byte_order == "big"


@pytest.mark.parametrize("name", ["dtype", "shape", "count", "byte_order"])
def test_a_missing_header_is_named(name):
    assert fault(headed(**{name: None}), V1) == f"no header x-activestorage-{name.replace('_', '-')}"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"dtype": "i4"}, "dtype is 'i4'"),
        ({"shape": "2, 2"}, "x-activestorage-shape is '2, 2', not a JSON list"),
        ({"shape": "[2.5]"}, "x-activestorage-shape is [2.5], not a list of integers"),
        ({"count": "4"}, "x-activestorage-count is 4, not a list of integers"),
        ({"count": ""}, "x-activestorage-count is '', not a JSON list"),
        ({"byte_order": "LITTLE"}, "byte_order is 'LITTLE'"),
    ],
)
def test_a_malformed_header_is_named(changes, text):
    assert fault(headed(**changes), V1).startswith(text)


# Errors.


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"message": "a"}, "a"),
        ({"message": "a", "caused_by": None}, "a"),
        ({"message": "a", "caused_by": ["b", "c"]}, "a\nb\nc"),
    ],
)
def test_an_error_says_its_message_and_causes(error, text):
    assert wire.error_text(Reply(400, JSON, json.dumps({"error": error}).encode())) == text


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ((), b"{}", "an error of content type ''"),
        ((("content-type", "text/html"),), b"{}", "an error of content type 'text/html'"),
        (JSON, b"", "an error that is not JSON"),
        (JSON, b"\xff\xfe", "an error that is not JSON"),
        (JSON, b"[" * 100_000, "an error that is not JSON"),
        (JSON, b"{}", "an error without error.message"),
        (JSON, b'{"error": "text"}', "an error without error.message"),
        (JSON, b'{"error": {"message": 4}}', "an error without error.message"),
        (JSON, b'{"error": {"message": "a", "caused_by": "b"}}', "error.caused_by is no list of strings"),
        (JSON, b'{"error": {"message": "a", "caused_by": [1]}}', "error.caused_by is no list of strings"),
    ],
)
def test_an_error_of_another_form_is_malformed(headers, body, text):
    with pytest.raises(Malformed, match=text):
        wire.error_text(Reply(400, headers, body))


def test_a_content_type_may_have_parameters_and_capitals():
    headers = (("content-type", "Application/JSON; charset=utf-8"),)
    assert wire.error_text(Reply(400, headers, b'{"error": {"message": "a"}}')) == "a"
