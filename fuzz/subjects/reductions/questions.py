"""List a probe's questions: one well-formed request per feature, answered otherwise if the feature is ignored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from specs.fields import Fields
from specs.reductions import encoding, request
from specs.reductions.dtypes import NAMES, Array
from specs.reductions.profile import Profile
from specs.reductions.request import Filter
from specs.reductions.steps import Bucket, Credential, Interface, Put, Send

NUMBERS: Array = np.arange(1, 7, dtype="int32")
TABLE: Mapping[str, Any] = {"shape": [2, 3]}
# Numbers by which some of the elements are missing, and some are not.
MISSING: Mapping[str, Any] = {
    "missing_value": 2,
    "missing_values": [2, 5],
    "valid_min": 3,
    "valid_max": 4,
    "valid_range": [2, 4],
}
AXES: Mapping[str, Any] = {"integer": 1, "list": [0, 1], "empty": []}


@dataclass(frozen=True, slots=True)
class Question:
    """A feature and the request that shows whether a server has it, or the reason why it cannot be asked."""

    capability: str
    value: str
    send: Send | None
    data: bytes = b""
    why: str = ""
    bucket: Bucket = "private"

    def put(self) -> Put:
        """Return the step that puts the object that is asked about."""
        return Put("a", self.data, self.bucket)


def questions(profile: Profile, interfaces: frozenset[str], public_readable: bool) -> Iterator[Question]:
    """Yield a question for every feature that a profile of that API version may claim."""
    yield from (_about("operations", one, one, {}) for one in request.OPERATIONS)
    yield from (_about("dtypes", one, "max", {"dtype": one}, encoding.plain(NUMBERS.astype(one))) for one in NAMES)
    yield from _layouts()
    yield from _selections()
    yield from (_about("axis_forms", form, "sum", {"shape": [1, 2, 3], "axis": axis}) for form, axis in AXES.items())
    yield from _encodings()
    yield from (_about("missing_kinds", kind, "sum", {"missing": {kind: MISSING[kind]}}) for kind in MISSING)
    if profile.api == "v2":
        yield from (_about("options", name, "select", {**TABLE, name: True}) for name in request.OPTIONS)
    yield from _accesses(profile, interfaces, public_readable)


def _about(
    capability: str,
    value: str,
    operation: str,
    fields: Mapping[str, Any],
    data: bytes | None = None,
    *,
    bucket: Bucket = "private",
    interface: Interface = "s3",
    credentials: Credential | None = "owner",
) -> Question:
    data = encoding.plain(NUMBERS) if data is None else data
    body = Fields({"dtype": "int32", "offset": 0, "size": len(data), **fields})
    send = Send(operation, body, "a", bucket=bucket, interface=interface, credentials=credentials)
    return Question(capability, value, send, data, bucket=bucket)


def _layouts() -> Iterator[Question]:
    """Yield questions about byte orders, which a maximum tells apart, and layouts, which a row's sum tells apart."""
    for byte_order in ("little", "big"):
        data = encoding.plain(NUMBERS, "little" if byte_order == "little" else "big")
        yield _about("byte_orders", byte_order, "max", {"byte_order": byte_order}, data)
    for order in ("C", "F"):
        yield _about("orders", order, "sum", {**TABLE, "order": order, "selection": [[0, 1, 1], [0, 3, 1]]})


def _selections() -> Iterator[Question]:
    yield _about("selections", "", "sum", {"shape": [6], "selection": [[1, 5, 2]]})
    yield _about("negative_strides", "", "select", {"shape": [6], "selection": [[-1, -7, -2]]})


def _encodings() -> Iterator[Question]:
    for codec in request.COMPRESSIONS:
        yield _about(
            "compressions", codec, "sum", {"compression": {"id": codec}}, encoding.stored(NUMBERS, compression=codec)
        )
    for name in request.FILTERS:
        data = encoding.stored(NUMBERS, filters=(Filter(name, 4),))
        yield _about("filters", name, "sum", {"filters": [{"id": name, "element_size": 4}]}, data)


def _accesses(profile: Profile, interfaces: frozenset[str], public_readable: bool) -> Iterator[Question]:
    named: tuple[Interface, ...] = ("s3", "http", "https") if profile.api == "v2" else ("s3",)
    for interface in named:
        if interface in interfaces:
            yield _about("interfaces", interface, "sum", {}, bucket="public", interface=interface)
        else:
            yield Question("interfaces", interface, None, why="the store at hand does not serve it")
    if public_readable:
        yield _about("anonymous", "", "sum", {}, bucket="public", credentials=None)
    else:
        yield Question("anonymous", "", None, why="the store at hand has no public objects")
