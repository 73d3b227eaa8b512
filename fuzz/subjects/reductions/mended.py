"""Make valid requests out of an invalid one: without its faulty fields, on data that fits and shows mistakes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from fuzz.subjects.reductions.scene import Scene, asked_of
from fuzz.subjects.reductions.traits.numbers import PLAIN_DTYPE
from fuzz.subjects.reductions.traits.requests import in_usual_order
from fuzz.subjects.reductions.traits.revealing import revealing
from fuzz.triage.trial import Trial
from specs.fields import Fields
from specs.manners import WELL
from specs.reductions.bodies import read_send
from specs.reductions.dtypes import FLOATS, ITEM_SIZES
from specs.reductions.profile import Profile
from specs.reductions.raw_requests import read_raw
from specs.reductions.request import MISSING_KINDS, Request
from specs.reductions.steps import Put, Send, SendRaw, Spelling

RANGE = ("offset", "size")
INNER_FIELDS = frozenset({"id", "element_size", *MISSING_KINDS})
# What numbers in a body look like that are written in these manners, and fields of which one is written so.
WRITTEN: Mapping[Spelling, re.Pattern[bytes]] = MappingProxyType(
    {"exponents": re.compile(rb"\d[eE][+-]?\d"), "zeros": re.compile(rb"\.\d*0{9}")}
)
HOLDS_A_FRACTION = Fields({"dtype": "float64", "missing": {"missing_value": 1.0}})
# Removing a faulty field may make another one faulty, so several rounds are needed.
MOST_ROUNDS = 4
MOST_ELEMENTS = 2**16
PRIME = 11


def mended(trial: Trial) -> Iterator[Trial]:
    """Yield valid trials like an invalid one: without its faulty fields, on data that fits and shows mistakes."""
    for send in _sends(trial):
        yield from _of_send(send, trial)


def _sends(trial: Trial) -> Iterator[Send]:
    """Yield the trial's request, also if it is given as bytes, and plain ones in place of such bytes."""
    last = trial.last
    if isinstance(last, Send):
        tidy = _without_unknown_inner_fields(last)
        yield from (tidy, last) if tidy != last else (last,)
        yield from _spelled_like(last, last.fields.text.encode())
        if in_usual_order(tidy) != tidy:
            # A request from a scene has its fields in the usual order, or in the reverse one.
            yield replace(tidy, spelled="members-reversed")
    if isinstance(last, SendRaw):
        inner = read_raw(last, trial.profile).send
        if inner is not None:
            yield inner
        yield from _spelled_like(last, last.body)
        yield Send("select", Fields({"dtype": PLAIN_DTYPE}), last.key, last.bucket, credentials=last.credentials)


def _spelled_like(asked: Send | SendRaw, body: bytes) -> Iterator[Send]:
    """Yield plain requests with a number that is written in an unusual manner, as numbers in a body are."""
    for manner, look in WRITTEN.items():
        if look.search(body):
            yield Send("select", HOLDS_A_FRACTION, asked.key, asked.bucket, spelled=manner)


def _without_unknown_inner_fields(send: Send) -> Send:
    """Return the request with only the known names in objects within its fields, where that leaves any."""
    return replace(send, fields=Fields({name: _tidy(value) for name, value in send.fields.items()}))


def _tidy(value: Any) -> Any:
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    known = {name: one for name, one in value.items() if name in INNER_FIELDS} if isinstance(value, dict) else {}
    return known or value


def _of_send(send: Send, trial: Trial) -> Iterator[Trial]:
    served = next((step.served for step in trial.case.steps if isinstance(step, Put)), WELL)
    for sender in dict.fromkeys((send.credentials, "owner")):
        for left_out in ((), RANGE):
            fields = send.fields.without(*left_out)
            if left_out and fields == send.fields:
                continue
            sound = _sound(replace(send, fields=fields, without=(), credentials=sender), trial.profile)
            for scene in _fitting(sound, trial.profile):
                yield trial.of_scene(replace(scene, served=served, spelled=send.spelled))


def _sound(send: Send, profile: Profile) -> Send:
    """Return the request with a dtype and without its faulty fields, as far as a few rounds can remove them."""
    send = replace(send, fields=Fields({"dtype": PLAIN_DTYPE, **send.fields}))
    for _ in range(MOST_ROUNDS):
        wrong = _at_fault(send, profile)
        if not wrong:
            break
        kept = {name: value for name, value in send.fields.items() if name not in wrong}
        send = replace(send, fields=Fields({"dtype": PLAIN_DTYPE, **kept}))
    return send


def _at_fault(send: Send, profile: Profile) -> set[str]:
    faults = read_send(send, profile).faults
    return {word for fault in faults for word in fault.words} & set(send.fields)


def _fitting(send: Send, profile: Profile) -> Iterator[Scene]:
    request = read_send(send, profile).request
    if request is None or (request.shape is not None and math.prod(request.shape) > MOST_ELEMENTS):
        return
    counts = [math.prod(request.shape)] if request.shape is not None else [2]
    if request.shape is None and request.filters:
        # A prime number of elements leaves a remainder with most element sizes of a filter.
        counts.append(PRIME)
    for count in counts:
        yield from _of_elements(send, request, count)


def _of_elements(send: Send, request: Request, count: int) -> Iterator[Scene]:
    plain = replace(
        asked_of(send, request, np.arange(1, count + 1).astype(request.dtype)),
        prefix=bytes(min(request.offset, MOST_ELEMENTS)),
        key=send.key,
        bucket="public" if send.bucket == "public" else "private",
    )
    fitting = revealing(plain) or plain
    # A request with a size must not read the bytes behind the data.
    yield replace(fitting, suffix=bytes(ITEM_SIZES[request.dtype])) if fitting.sized else fitting
    if fitting.missing != plain.missing:
        yield plain
    if fitting.missing is None:
        # These numbers have no zero bytes.
        negative = -fitting.elements / 3 if request.dtype in FLOATS else -fitting.elements
        yield replace(fitting, elements=negative.astype(request.dtype))
