"""What a request would be without what is wrong or unusual with it.

Where that fails too, it is the plainer case of the same mistake: the refusal that is due only gets in its way.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fuzz.executor import Judgement
from fuzz.hunt.codecs import NO_STREAM
from fuzz.hunt.failures import UNNAMED, WRONG, Judge, Kind, family_of, kind_of, of_family
from fuzz.hunt.scene import Scene, asked_of, case_of, scene_of
from fuzz.hunt.triage import cause_of_request
from specs import validity
from specs.case import Case, Put, Send, SendRaw
from specs.dtypes import FLOATS, ITEM_SIZES
from specs.fields import Fields
from specs.manners import WELL
from specs.model import full_body
from specs.profile import Profile
from specs.raw_requests import read_raw
from specs.request import OPTIONS
from specs.rules import Rule

# Besides wrong answers. Whether an invalid request is refused at all says nothing about valid ones.
MENDABLE = ("error-names-field", "error-status", "no-server-error")
# The same bytes are too few or too many for the shape, whatever the size says.
TOO_SHORT: frozenset[str] = frozenset({Rule.SHORT_READ, Rule.SIZE_AGAINST_SHAPE})
MISFIT: frozenset[str] = frozenset({Rule.DATA_DOES_NOT_FIT})
# Data of a wrong length, the most generally wrong first.
LENGTHS: tuple[tuple[bytes, Mapping[str, Any]], ...] = (
    (bytes(5), {"shape": [1]}),
    (b"\1", {}),
    (zlib.compress(b"\1"), {"shape": [1], "compression": {"id": "zlib"}}),
)
UNDECODABLE = Rule.UNDECODABLE_DATA
SOME_DATA = bytes(8)
NO_JSON = b"{"
CODED = ("dtype", "compression")
# Who accepts a request that breaks the first, of a field, accepts the other for the same reason, if at all.
SAME_REASON: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    (Rule.UNKNOWN_INNER_FIELD, "missing", {"missing": {"missing_value": 1, "valid_min": 0}}),
    (Rule.NOT_A_NON_EMPTY_LIST, "selection", {"shape": [1, 2], "selection": [[0, 1, 1]]}),
)
SENDER: frozenset[str] = frozenset({Rule.CREDENTIALS})
RANGE = ("offset", "size")
# With each fault taken out others may come to light.
MOST_ROUNDS = 4
MOST_ELEMENTS = 2**16


class Mending:
    """Looks for the plainer failure behind that of a request that must be refused; remembers where there was one."""

    def __init__(self, judge: Judge, profile: Profile) -> None:
        self._judge = judge
        self._profile = profile
        self._found: set[str] = set()
        self._been: set[Case] = set()

    def begin(self) -> None:
        """A failure to look into that has nothing to do with those before."""
        self._been.clear()

    def plainer(self, case: Case, kind: Kind) -> Judgement | None:
        """What comes of the request without what is wrong with it, where that fails too; never what led there."""
        self._been.add(case)
        for scene in mended(case, kind, self._profile):
            other = case_of(scene, case.property)
            judged = self._judge(other) if other not in self._been else None
            if judged is not None and of_family(judged, WRONG) is not None:
                return self._noted(judged, case, kind)
        for other in otherwise_told(case, kind, self._profile):
            if other in self._been:
                continue
            judged = self._judge(other)
            if judged.failures and (kind_of(judged.failures[0]) != kind or isinstance(case.steps[-1], SendRaw)):
                return self._noted(judged, case, kind)
        return None

    def again(self, case: Case, kind: Kind) -> Judgement | None:
        """The same, for a request of a kind that had a plainer failure behind it before."""
        if cause_of_request(kind, case).fingerprint not in self._found:
            return None
        return self.plainer(case, kind) if is_doubtful(scene_of(case, self._profile), kind) else None

    def _noted(self, judged: Judgement, case: Case, kind: Kind) -> Judgement:
        self._found.add(cause_of_request(kind, case).fingerprint)
        return judged


def is_doubtful(scene: Scene | None, kind: Kind) -> bool:
    """Whether a scene, or what is none, may be refused, be it for how it is served."""
    if scene is None or kind.requirement == "error-status":
        return True
    return bool(scene.surplus or scene.tail) or scene.served != WELL


def mended(case: Case, kind: Kind, profile: Profile) -> Iterator[Scene]:
    """Valid requests like a case's only one: less the fields at fault, and of data that fits."""
    sends = [step for step in case.steps if isinstance(step, Send)]
    mendable = kind.requirement in MENDABLE or family_of(kind) == WRONG
    if not mendable or len(sends) != 1 or case.together:
        return
    scene = scene_of(case, profile)
    if scene is not None and scene.served != WELL:
        yield replace(scene, served=WELL)
    puts = [step for step in case.steps if isinstance(step, Put)]
    bare = replace(sends[0], fields=Fields({"dtype": sends[0].fields.get("dtype")}), without=())
    plain = scene_of(replace(case, steps=(*puts, bare)), profile)
    if plain is not None:
        yield plain
    send = replace(sends[0], credentials="owner") if kind.parts == SENDER else sends[0]
    for left_out in ((), RANGE):
        fields = send.fields.without(*left_out)
        if not left_out or fields != send.fields:
            yield from _fitting(_sound(replace(send, fields=fields, without=()), profile), profile)


def otherwise_told(case: Case, kind: Kind, profile: Profile) -> Iterator[Case]:
    """Cases that are wrong in the same way more plainly: by their data alone, or by the field that is not named."""
    yield from _with_one_oddity(case, kind)
    match case.steps:
        case (Put() as put, Send() as send) if kind.requirement == "error-status" and _at_fault(send, profile):
            # A wrong status may be about something else, where the fault was overlooked.
            wrong = {name: send.fields[name] for name in sorted(_at_fault(send, profile))}
            yield _asked(case, put, send, {"dtype": "int32", **wrong}, SOME_DATA)
        case (Put(served="too-little") as put, Send() as send):
            # An object that ends early is as short as one of which the store sends less.
            yield _asked(case, put, send, {"dtype": "int32", "size": 8}, bytes(4))
        case (Put(served="missing-page"), Send() as send):
            yield replace(case, steps=(send,))
        case (Put() as put, Send() as send) if kind.parts & (TOO_SHORT | MISFIT):
            if "size" in send.fields:
                yield _asked(case, put, send, send.fields.without("size"))
            for data, fields in LENGTHS if kind.parts & TOO_SHORT or len(kind.parts) > 1 else LENGTHS[:1]:
                yield _asked(case, put, send, {"dtype": "int32", **fields}, data)
        case (Put() as put, Send() as send) if kind.requirement == UNNAMED and kind.symptom in send.fields:
            yield _asked(case, put, send, {"dtype": "int32", kind.symptom: send.fields[kind.symptom]}, SOME_DATA)
        case (Put() as put, Send() as send) if _about_a_codec(send, kind):
            coded = {name: send.fields[name] for name in CODED if name in send.fields}
            yield _asked(case, put, send, coded, NO_STREAM)
        case (Put() as put, Send() as send) if kind.parts == SENDER:
            yield replace(case, steps=(put, replace(send, credentials="owner")))
        case (Put() as put, Send() as send):
            for rule, name, fields in SAME_REASON:
                if rule in kind.parts and name in send.fields:
                    yield _asked(case, put, send, {"dtype": "int32", **fields}, SOME_DATA)
        case (Put() as put, SendRaw() as raw):
            yield from _rawly_told(case, put, raw, kind, profile)


def _asked(case: Case, put: Put, send: Send, fields: Mapping[str, Any], data: bytes | None = None) -> Case:
    """The case with other fields; about other data, and well served, where there are any."""
    about = put if data is None else replace(put, data=data, served=WELL)
    return replace(case, steps=(about, replace(send, fields=Fields(fields), without=())))


def _rawly_told(case: Case, put: Put, raw: SendRaw, kind: Kind, profile: Profile) -> Iterator[Case]:
    """What a raw request asks, asked as clients do; and what is wrong below its JSON, more plainly."""
    send = read_raw(raw, profile).send
    if send is not None:
        yield replace(case, steps=(put, send))
    if kind.requirement == "no-server-error" and kind.parts == {""}:
        yield replace(case, steps=(put, replace(raw, body=NO_JSON)))
    if kind.parts == SENDER:
        unknown = Send("select", Fields(), put.key, put.bucket, credentials="unknown")
        yield _asked(case, put, unknown, {"dtype": "int32"}, SOME_DATA)


def _with_one_oddity(case: Case, kind: Kind) -> Iterator[Case]:
    """Valid requests with nothing but a null, or an option, that the case has."""
    match case.steps:
        case (Put() as put, Send() as send) if kind.requirement in (*MENDABLE, "refuses-invalid"):
            for name, value in send.fields.items():
                if (value is None and name != "dtype") or name in OPTIONS:
                    alone = {"dtype": "int32", name: None if value is None else True}
                    yield _asked(case, put, send, alone, SOME_DATA)


def _about_a_codec(send: Send, kind: Kind) -> bool:
    in_question = kind.requirement == "no-server-error" or family_of(kind) == WRONG
    return in_question and "compression" in send.fields and UNDECODABLE not in kind.parts


def _sound(send: Send, profile: Profile) -> Send:
    """The request less its fields at fault, as far as a few rounds get."""
    for _ in range(MOST_ROUNDS):
        wrong = _at_fault(send, profile)
        if not wrong:
            break
        kept = {name: value for name, value in send.fields.items() if name not in wrong or name == "dtype"}
        send = replace(send, fields=Fields(kept))
    return send


def _at_fault(send: Send, profile: Profile) -> set[str]:
    """The fields that are wrong."""
    faults = validity.read(send.operation, full_body(send, profile), profile).faults
    return {word for fault in faults for word in fault.words} & set(send.fields)


def _fitting(send: Send, profile: Profile) -> Iterator[Scene]:
    request = validity.read(send.operation, full_body(send, profile), profile).request
    if request is None or (request.shape is not None and math.prod(request.shape) > MOST_ELEMENTS):
        return
    count = 2 if request.shape is None else math.prod(request.shape)
    small = np.arange(count) % 100 + 1
    fitting = replace(
        asked_of(send, request, small.astype(request.dtype)),
        prefix=bytes(min(request.offset, MOST_ELEMENTS)),
        key=send.key,
        bucket="public" if send.bucket == "public" else "private",
    )
    if fitting.sized:
        yield replace(fitting, suffix=bytes(ITEM_SIZES[request.dtype]))
    yield fitting
    # Of these no byte is zero.
    yield replace(fitting, elements=(-small / 3 if request.dtype in FLOATS else -small).astype(request.dtype))
