"""What nests deeply is read, or not, by what it is: not by how much of the stack is left."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from specs import json_text
from specs.fields import Fields
from specs.json_text import MOST_NESTED, NotJson, nests_too_deeply
from specs.reductions import profile as profiles
from specs.reductions import wire
from specs.reductions.raw_requests import read_raw
from specs.reductions.steps import Send, SendRaw
from strategies.reductions.malformed import step_of
from strategies.reductions.raw_requests import JSON_TYPE

PROFILE = profiles.load("reference")
DEEP = [MOST_NESTED + 1, 700, 20_000]


def body(depth: int) -> str:
    return '{"dtype": "int32", "shape": ' + "[" * depth + "0" + "]" * depth + "}"


def far_down(frames: int, ask: Callable[[], Any]) -> Any:
    return ask() if frames == 0 else far_down(frames - 1, ask)


@pytest.mark.parametrize("frames", [0, sys.getrecursionlimit() - 500])
@pytest.mark.parametrize("depth", [1, MOST_NESTED - 1])
def test_what_nests_less_is_read_wherever_it_is_asked(depth: int, frames: int) -> None:
    assert far_down(frames, lambda: json_text.parse(body(depth).encode()).value) == json.loads(body(depth))


@pytest.mark.parametrize("depth", DEEP)
def test_what_nests_more_is_no_text_and_a_request_of_bytes_only(depth: int) -> None:
    with pytest.raises(NotJson, match="nested too deeply"):
        json_text.parse(body(depth).encode())
    raw = SendRaw("POST", "/v2/sum", (JSON_TYPE,), body(depth).encode(), "a")
    reading = read_raw(raw, PROFILE)
    assert reading.send is None
    assert reading.rejections
    assert isinstance(step_of(Send("sum", Fields(), "a"), body(depth), PROFILE), SendRaw)


def test_brackets_within_strings_nest_nothing() -> None:
    assert not nests_too_deeply(json.dumps({"key": "[" * 1000 + '\\"{' * 1000}))
    assert nests_too_deeply(body(MOST_NESTED))
    assert not nests_too_deeply(json.dumps([[]] * 1000))


def test_a_header_that_nests_deeply_is_malformed() -> None:
    with pytest.raises(wire.Malformed, match="not a JSON list"):
        wire._json_list("[" * 20_000, "x-activestorage-shape")
