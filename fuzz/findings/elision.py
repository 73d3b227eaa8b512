"""Long things made short, and strange bytes harmless, for people to read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MOST_ITEMS = 12
MOST_TEXT = 72
MOST_ELEMENTS = 24
MOST_EXCEPTIONS = 3
MOST_BYTES = 16


def json_line(value: Any) -> str:
    """Return JSON in one line; long lists, texts and numbers are cut after their beginning."""
    match value:
        case Mapping():
            parts = [f"{json_line(name)}: {json_line(one)}" for name, one in list(value.items())[:MOST_ITEMS]]
            return "{" + ", ".join([*parts, *_rest(len(value))]) + "}"
        case list() | tuple():
            parts = [json_line(one) for one in value[:MOST_ITEMS]]
            return "[" + ", ".join([*parts, *_rest(len(value))]) + "]"
        case str():
            return json.dumps(value if len(value) <= MOST_TEXT else f"{value[:MOST_TEXT]}…", ensure_ascii=False)
        case bool() | None | float():
            return json.dumps(value)
        case int() if value.bit_length() < 256:
            return str(value)
        case int():
            return f"{'-' if value < 0 else ''}(a number of {value.bit_length()} bits)"
    return visible(repr(value))


def _rest(length: int) -> list[str]:
    return [f"… {length:,} in all"] if length > MOST_ITEMS else []


def array_line(array: Array) -> str:
    """Return an array as NumPy prints it, in one line and in full precision."""
    if array.ndim == 0:
        return str(array[()])
    if array.size > MOST_ELEMENTS and (mostly := _mostly_one_value(array)):
        return mostly
    text = np.array2string(
        array, threshold=MOST_ELEMENTS, edgeitems=3, max_line_width=10**9, formatter={"float_kind": str}
    )
    line = " ".join(text.split()).replace("[ ", "[").replace("...", "…")
    return f"{line} ({array.size:,} in all)" if array.size > MOST_ELEMENTS else line


def _mostly_one_value(array: Array) -> str:
    """Describe a long array that has one value with a few exceptions, which a print of its ends would hide.

    For any other array, return nothing.
    """
    flat = np.ascontiguousarray(array).ravel()
    # Bits, since NaN is not equal to itself and -0.0 is equal to 0.0.
    bits = flat.view(f"u{flat.itemsize}")
    usual = 0 if bits[0] == bits[1] else 2
    others = np.flatnonzero(bits != bits[usual])
    if len(others) > MOST_EXCEPTIONS:
        return ""
    shown = ", ".join(f"{flat[index]} at {json_line(_index(array, index))}" for index in others.tolist())
    shape = "" if array.ndim == 1 else f" in shape {json_line(array.shape)}"
    return f"{array.size - len(others):,} times {flat[usual]}{shape}{f', but {shown}' if shown else ''}"


def _index(array: Array, index: int) -> list[int]:
    return [int(one) for one in np.unravel_index(index, array.shape)]


def bytes_line(data: bytes) -> str:
    """Return bytes as text if they are text, else in hexadecimal; tell the length if they are cut."""
    if not data:
        return "no bytes"
    if all(32 <= byte < 127 for byte in data[:MOST_TEXT]):
        first = data[:MOST_TEXT].decode("ascii")
        return f"'{first}'" if len(data) <= MOST_TEXT else f"'{first}…' ({len(data):,} bytes)"
    first = data[:MOST_BYTES].hex(" ")
    return f"{first} ({len(data):,} bytes)" if len(data) <= MOST_BYTES else f"{first} … ({len(data):,} bytes)"


def visible(text: str, most: int = 400) -> str:
    """Return one line of text in which nothing moves a cursor or hides; cut it if it is long."""
    line = " ".join(text.split())
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line[:most])
    return f"{shown}…" if len(line) > most else shown
