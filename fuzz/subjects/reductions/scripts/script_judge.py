"""Compares an answer with what was due, in a finding's scripts.

The scripts hold this text, so it imports the standard library alone.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from typing import Any

FORMATS = {"int32": "i", "int64": "q", "uint32": "I", "uint64": "Q", "float32": "f", "float64": "d"}
ORDERS = {"little": "<", "big": ">"}
CONTENT_TYPES = {"v1": "application/octet-stream", "v2": "application/cbor"}
MOST_SHOWN = 400


def cbor(data: bytes, at: int = 0) -> tuple[Any, int]:
    """Read one CBOR value: a number, text, bytes, list or map. Return it, and where it ends."""
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    number = short
    if short >= 24:
        size = {24: 1, 25: 2, 26: 4, 27: 8}[short]
        number, at = int.from_bytes(data[at : at + size], "big"), at + size
    if major in (0, 1):
        return (number if major == 0 else -1 - number), at
    if major in (2, 3):
        if at + number > len(data):
            raise ValueError("cut short")
        piece = data[at : at + number]
        return (piece if major == 2 else piece.decode()), at + number
    if major in (4, 5):
        items = []
        for _ in range(number * (major - 3)):
            item, at = cbor(data, at)
            items.append(item)
        return (items if major == 4 else dict(zip(items[::2], items[1::2]))), at
    raise ValueError(f"a value of type {major}")


def unpacked(data: bytes, byte_order: str, letter: str) -> list[Any]:
    """Read numbers of one kind from bytes that hold them one after the other."""
    return list(struct.unpack(f"{ORDERS[byte_order]}{len(data) // struct.calcsize('=' + letter)}{letter}", data))


def answer(api: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return dtype, shape, count and values of an answer."""
    if api == "v2":
        told, end = cbor(body)
        if end != len(body):
            raise ValueError("bytes after the CBOR map")
        order = told["byte_order"]
        shape = told["shape"] or unpacked(told["shape_as_bytes"], order, "Q")
        count = told["count"] or unpacked(told["count_as_bytes"], order, "q")
        data, dtype = told["bytes"], told["dtype"]
    else:
        dtype, data = headers["x-activestorage-dtype"], body
        order = headers.get("x-activestorage-byte-order", sys.byteorder)
        shape = json.loads(headers["x-activestorage-shape"])
        count = json.loads(headers.get("x-activestorage-count", "null"))
    return {"dtype": dtype, "shape": shape, "count": count, "values": unpacked(data, order, FORMATS[dtype])}


def parsed(data: bytes) -> Any:
    """Read what `curl -i` printed as a reply (status, headers, body), or return the reason why there is none."""
    head, _, body = data.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/") and head.split()[1:2] in ([b"100"], [b"103"]):
        head, _, body = body.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/"):
        return head.decode("utf-8", "replace").strip() or "nothing came"
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


def shown(api: str, reply: Any) -> str:
    """Describe a reply (status, headers, body), or the reason why there is none, for people."""
    if isinstance(reply, str):
        return f"no answer: {reply}"
    status, headers, body = reply
    if status == 200:
        try:
            got = answer(api, headers, body)
            text = f"200  {got['dtype']}  shape {got['shape']}  count {got['count']}  values {got['values']}"
            return text[:MOST_SHOWN]
        except (ValueError, KeyError, IndexError, TypeError, struct.error):
            pass
    return f"{status}  {' '.join(body.decode('utf-8', 'backslashreplace').split())}".rstrip()[:MOST_SHOWN]


def same(one: Any, other: Any) -> bool:
    """Say whether two numbers are equal with equal signs, or both NaN."""
    if isinstance(one, float) and isinstance(other, float):
        return (one == other and math.copysign(1, one) == math.copysign(1, other)) or (one != one and other != other)
    return bool(one == other)


def allowed(due: dict[str, Any], at: int, value: Any) -> bool:
    """Say whether one element of an answer is allowed."""
    if "low" in due:
        low, high = due["low"][at], due["high"][at]
        right = low <= value <= high or (value != value and low != low)
        right = right or ("loose" in due and due["loose"][at] and not math.isfinite(value))
    else:
        right = same(value, due["values"][at])
    return right or ("also" in due and same(value, due["also"][at])) or ("free" in due and due["free"][at])


def differences(got: dict[str, Any], due: dict[str, Any]) -> list[str]:
    """List where an answer is not the one that is allowed."""
    found = [f"{name} {got[name]}, not {due[name]}" for name in ("dtype", "shape") if got[name] != due[name]]
    count = due["count"] if isinstance(got["count"], list) else sum(due["count"])
    if got["count"] is not None and got["count"] != count:
        found.append(f"count {got['count']}, not {count}")
    if found or "values" not in due:
        return found
    if len(got["values"]) != len(due["values"]):
        return [f"{len(got['values'])} values, not {len(due['values'])}"]
    wrong = [at for at, value in enumerate(got["values"]) if not allowed(due, at, value)]
    return [f"values {got['values']}, not {due['values']}"[:MOST_SHOWN]] if wrong else []


def faults(due: dict[str, Any], reply: Any) -> list[str]:
    """List what is wrong with a reply, as far as can be told without the suite."""
    if isinstance(reply, str):
        return [f"no answer: {reply}"]
    status, headers, body = reply
    told_type = headers.get("content-type", "").split(";")[0].strip().lower()
    if status == 200 and due["answers"]:
        if told_type != CONTENT_TYPES[due["api"]]:
            return [f"content type {told_type!r}, not {CONTENT_TYPES[due['api']]!r}"]
        try:
            got = answer(due["api"], headers, body)
        except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
            return [f"a malformed answer: {type(error).__name__} {error}"]
        every = [differences(got, one) for one in due["answers"]]
        return [] if [] in every else every[0]
    if not due["answers"] and not due["statuses"]:
        return [f"status {status}"] if status >= 500 else []
    if not any(first <= status <= last for first, last in due["statuses"]):
        return [f"status {status}, not {due['expected']}"]
    if due["json"] and told_type != "application/json":
        return [f"an error of content type {told_type!r}"]
    return error_faults(due, body)


def error_faults(due: dict[str, Any], body: bytes) -> list[str]:
    """List what is wrong with an error whose status is right."""
    text = body.decode("utf-8", "replace")
    found = [f"the text shows {word!r}" for word in due["unwelcome"] if word in text]
    try:
        told = json.loads(text)["error"]
        said = "".join(one for one in f"{told['message']} {told.get('caused_by')}".lower() if one.isalnum())
    except (ValueError, KeyError, TypeError):
        return [*found, "not the API's form of an error"] if due["json"] else found
    words = ["".join(one for one in word.lower() if one.isalnum()) for word in due["words"]]
    if words and not due["answers"] and not any(word in said for word in words):
        found.append(f"the text does not name {due['words'][0]}")
    return found
