"""Read JSON text strictly, and note separately where JSON readers differ."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

MOST_DIGITS = 4000
# Readers differ on deeper nesting, and the result of Python's would depend on how much of the stack is left.
MOST_NESTED = 200
# Makes all digits alike, so that a long number is found by a plain search.
_ALIKE = bytes.maketrans(b"123456789", b"0" * 9)
_MANY_DIGITS = b"0" * MOST_DIGITS
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_FIRST_MARKS = 4096
_STEPS = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class NotJson(ValueError):
    """The bytes are not a JSON text in UTF-8."""


@dataclass(frozen=True, slots=True)
class JsonText:
    """A JSON value, and the reasons why a reader might refuse the text all the same."""

    value: Any
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LongNumber:
    """A number with more digits than all readers accept."""

    text: str


def parse(data: bytes) -> JsonText:
    """Return the value of a JSON text; raises NotJson."""
    doubts: list[str] = []
    if data.startswith(b"\xef\xbb\xbf"):
        doubts.append("byte-order mark")
        data = data[3:]
    try:
        text = data.decode("utf-8")
        if nests_too_deeply(text):
            raise NotJson("nested too deeply")
        value = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, doubts),
            parse_constant=_no_constant,
            # A function of ours for each number makes long lists three times as slow to read.
            parse_int=partial(_integer, doubts=doubts) if _MANY_DIGITS in data.translate(_ALIKE) else None,
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise NotJson(str(error)) from error
    return JsonText(value, tuple(doubts))


def nests_too_deeply(text: str, most: int = MOST_NESTED) -> bool:
    """Say whether a text nests more deeply than a number of levels, be it JSON or not."""
    if text.count("[") + text.count("{") <= most:
        return False
    marks = _STRING.sub("", text).encode("utf-8", "surrogatepass").translate(None, _NO_BRACKETS)
    steps = np.frombuffer(marks.translate(_STEPS), np.int8)
    # Texts that are nested too deeply mostly are so from the start.
    parts = (steps[:_FIRST_MARKS], steps)
    return any(bool((np.cumsum(one, dtype=np.int32) > most).any()) for one in parts)


def _object(pairs: list[tuple[str, Any]], doubts: list[str]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        doubts.append("a key twice")
    return dict(pairs)


def _integer(digits: str, doubts: list[str]) -> int | LongNumber:
    if len(digits) <= MOST_DIGITS:
        return int(digits)
    doubts.append("a very long number")
    return LongNumber(digits)


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is no JSON")
