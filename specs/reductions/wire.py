"""Read replies as answers: v1 headers, v2 CBOR, error bodies. Oddities that do not hinder reading are kept."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cbor2
import numpy as np

from specs.outcome import Reply
from specs.reductions.dtypes import NAMES, Array, in_byte_order
from specs.reductions.profile import CountForm, Profile
from specs.violation import Aspect

V2_KEYS = ("bytes", "dtype", "shape", "shape_as_bytes", "count", "count_as_bytes", "byte_order")
MOST_SHOWN = 80
TWINS = ("shape_as_bytes", "count_as_bytes")
ASPECTS = {
    "shape": Aspect.SHAPE,
    "count": Aspect.COUNTS,
    "shape_as_bytes": Aspect.SHAPE_AS_BYTES,
    "count_as_bytes": Aspect.COUNT_AS_BYTES,
    "bytes": Aspect.BYTES,
    "x-activestorage-shape": Aspect.SHAPE,
    "x-activestorage-count": Aspect.COUNTS,
}


class Malformed(ValueError):
    """The answer does not have the API's form; the text says how, and `aspect` in which part."""

    def __init__(self, aspect: Aspect, text: str) -> None:
        super().__init__(text)
        self.aspect = aspect


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with values, as it came. `counts` is None where the API's version has none."""

    dtype: str
    shape: tuple[int, ...]
    counts: tuple[int, ...] | None
    byte_order: str
    data: bytes
    shape_twin: bytes = b""
    counts_twin: bytes = b""
    listed_shape: tuple[int, ...] = ()
    listed_counts: tuple[int, ...] = ()

    def values(self) -> Array:
        """Return the elements, in this machine's byte order; raises ValueError where the length does not fit."""
        dtype = in_byte_order(self.dtype, "big" if self.byte_order == "big" else "little")
        return np.frombuffer(self.data, dtype).astype(self.dtype)


def answer_of(reply: Reply, profile: Profile) -> Answer:
    """Read an answer of the profile's version; raises Malformed."""
    if profile.api == "v2":
        return read_v2(reply, twins={f"option_{key}" for key in TWINS} & set(profile.options) != set())
    return read_v1(reply, profile.count_form, profile.tells_byte_order, profile.native_byte_order)


def read_v2(reply: Reply, *, twins: bool = True) -> Answer:
    """Read the seven-key CBOR map of a v2 answer; raises Malformed. A server without the options may lack the twins."""
    stream = io.BytesIO(reply.body)
    try:
        answer = cbor2.load(stream)
    except Exception as error:  # cbor2 raises many types on hostile bytes; all mean the same here
        raise Malformed(Aspect.NOT_CBOR, f"not CBOR: {error}") from error
    if stream.tell() != len(reply.body) and stream.read(1):
        raise Malformed(Aspect.SURPLUS_BYTES, "bytes after the CBOR map")
    if not isinstance(answer, Mapping):
        raise Malformed(Aspect.NOT_A_MAP, f"a CBOR {type(answer).__name__}, not a map")
    missing = [key for key in V2_KEYS if key not in answer and (twins or key not in TWINS)]
    extra = ", ".join(_shown(key) for key in answer if key not in V2_KEYS)
    if missing or extra:
        raise Malformed(Aspect.KEYS, f"keys missing: {missing}, unknown: [{extra}]")
    answer = {**dict.fromkeys(TWINS, b""), **answer}
    order = _byte_order(answer["byte_order"])
    shape, counts = _numbers(answer, "shape", 0), _numbers(answer, "count", None)
    shape_twin, counts_twin = _bytes(answer, "shape_as_bytes"), _bytes(answer, "count_as_bytes")
    return Answer(
        _dtype(answer["dtype"]),
        shape or _twin(shape_twin, "u8", order, "shape_as_bytes"),
        counts or _twin(counts_twin, "i8", order, "count_as_bytes"),
        order,
        _bytes(answer, "bytes"),
        shape_twin,
        counts_twin,
        shape,
        counts,
    )


def _byte_order(value: Any) -> str:
    if value not in ("little", "big"):
        raise Malformed(Aspect.BYTE_ORDER, f"byte_order is {_shown(value)}, neither 'little' nor 'big'")
    return str(value)


def _dtype(value: Any) -> str:
    if value not in NAMES:
        raise Malformed(Aspect.DTYPE, f"dtype is {_shown(value)}, none of the API's")
    return str(value)


def _numbers(answer: Mapping[Any, Any], key: str, least: int | None) -> tuple[int, ...]:
    return _integers(answer[key], key, least)


def _integers(value: Any, name: str, least: int | None = None) -> tuple[int, ...]:
    # A long list is looked at as a whole, which takes a tenth of the time; neither reader makes subclasses of int.
    if not isinstance(value, list) or not set(map(type, value)) <= {int}:
        raise Malformed(ASPECTS[name], f"{name} is {_shown(value)}, not a list of integers")
    if not value:
        return ()
    if least is not None and min(value) < least:
        raise Malformed(ASPECTS[name], f"{name} is {_shown(value)}, below {least}")
    if min(value) < -(2**63) or max(value) >= 2**63:
        raise Malformed(ASPECTS[name], f"{name} holds a number beyond 64 bits")
    return tuple(value)


def _shown(value: Any) -> str:
    """Show a value, cut short, since some are too long to be shown at all."""
    try:
        text = repr(value)
    except ValueError:
        return f"a {type(value).__name__} too long to show"
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _bytes(answer: Mapping[Any, Any], key: str) -> bytes:
    value = answer[key]
    if isinstance(value, list) and all(isinstance(one, int) and 0 <= one <= 255 for one in value):
        raise Malformed(ASPECTS[key], f"{key} is a list of numbers, not a byte string")
    if not isinstance(value, bytes):
        raise Malformed(ASPECTS[key], f"{key} is a {type(value).__name__}, not a byte string")
    return value


def _twin(data: bytes, kind: str, order: str, key: str) -> tuple[int, ...]:
    if len(data) % 8:
        raise Malformed(ASPECTS[key], f"{key} has {len(data)} bytes, no multiple of 8")
    return tuple(np.frombuffer(data, ("<" if order == "little" else ">") + kind).tolist())


def read_v1(reply: Reply, count_form: str, tells_byte_order: bool, native_byte_order: str) -> Answer:
    """Read the headers and raw bytes of a v1 answer; raises Malformed."""
    dtype = _dtype(_needed(reply, "x-activestorage-dtype"))
    shape = _json_list(_needed(reply, "x-activestorage-shape"), "x-activestorage-shape")
    order = _byte_order(_needed(reply, "x-activestorage-byte-order")) if tells_byte_order else native_byte_order
    counts: tuple[int, ...] | None = None
    if count_form != "none":
        text = _needed(reply, "x-activestorage-count")
        counts = _json_list(text if count_form == "list" else f"[{text}]", "x-activestorage-count")
    return Answer(dtype, shape, counts, order, reply.body, listed_shape=shape, listed_counts=counts or ())


def v1_count_form(reply: Reply) -> CountForm:
    """Return the form in which a v1 answer tells its counts, which servers of that version choose."""
    count = reply.header("x-activestorage-count")
    return "none" if count is None else "list" if count.startswith("[") else "number"


def _needed(reply: Reply, name: str) -> str:
    value = reply.header(name)
    if value is None:
        raise Malformed(Aspect.HEADER_MISSING, f"no header {name}")
    return value


def _json_list(text: str, name: str) -> tuple[int, ...]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed(ASPECTS[name], f"{name} is {_shown(text)}, not a JSON list") from error
    return _integers(value, name)


def error_text(reply: Reply) -> str:
    """Return the message and causes of an error; raises Malformed where it is not of the API's form."""
    content_type = (reply.header("content-type") or "").split(";")[0].strip().lower()
    if content_type != "application/json":
        aspect = Aspect.CONTENT_TYPE if content_type else Aspect.NO_CONTENT_TYPE
        raise Malformed(aspect, f"an error of content type {content_type!r}")
    try:
        error = json.loads(reply.body)
    except (ValueError, RecursionError) as fault:
        raise Malformed(Aspect.NOT_JSON, f"an error that is not JSON: {fault}") from fault
    match error:
        case {"error": {"message": str(message), **rest}}:
            causes = rest.get("caused_by")
            if causes is not None and not (isinstance(causes, list) and all(isinstance(one, str) for one in causes)):
                raise Malformed(Aspect.CAUSED_BY, "error.caused_by is no list of strings")
            return "\n".join([message, *(causes or [])])
    raise Malformed(Aspect.NO_MESSAGE, "an error without error.message")
