"""Define the traits of requests that no scene describes: invalid requests, several about one object, and raw bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from fuzz.subjects.reductions.streams import stream_of
from fuzz.subjects.reductions.traits.storage import NULLS, SENDER, SENDERS, SENDERS_TOLD
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from specs.fields import Fields
from specs.manners import MANNERS, Manner, a_store
from specs.reductions.bodies import full_body
from specs.reductions.dtypes import ITEM_SIZES
from specs.reductions.encoding import compressed
from specs.reductions.locators import LOCATORS
from specs.reductions.raw_requests import read_raw
from specs.reductions.request import OPTIONS
from specs.reductions.steps import Put, Send, SendRaw, Spelling, Step
from specs.reductions.validity import BODY_FIELDS
from specs.spellings import SPELLINGS, a_spelling

PLAIN_OPERATION = "select"
PLAIN_DTYPE = "int32"
PLAIN_PATH = "/{api}/select/"
JSON_TYPE = ("Content-Type", "application/json")
UNKNOWN_FIELDS = "unknown fields"
AS_BYTES = "a request in bytes of one's own"
UNUSUAL = "an unusual "
METHOD = "an unusual method"
PATH = "an unusual path"
BODY = "an unusual body"
DATA = "particular data"
OWNER = "the owner's credentials"
KEEP_ALWAYS = ("dtype",)
PLAIN_DATA = bytes(range(1, 9))
# A chunk of blosc2 tells its length in the second four bytes. Were they text, a server that believes them would fill
# half a gigabyte or more for each request.
NO_STREAM = b"no s" + (24).to_bytes(4, "little") + b"tream of a codec"
MOST_BYTES_MEANT = 2**16
# Fields whose trait has another name than the field.
FIELD_TRAITS: Mapping[str, str] = MappingProxyType({"order": "order F", "axes": "axis", "element_size": "filters"})
LOCATED = (*LOCATORS["v1"], *LOCATORS["v2"])
# The order in which requests made from scenes give their fields; other fields come last.
USUAL_ORDER = (
    "dtype", "byte_order", "offset", "size", "shape", "order", "axis", "selection", "compression", "filters", "missing",
    *OPTIONS,
)  # fmt: skip
PLACES: Mapping[str, int] = MappingProxyType({name: number for number, name in enumerate(USUAL_ORDER)})


def trait_of_field(field: str) -> str:
    """Return the name of the trait that a request has if it gives the field."""
    if field in (*BODY_FIELDS, *OPTIONS) or field in FIELD_TRAITS:
        return FIELD_TRAITS.get(field, field)
    return "locating fields" if field in LOCATED else UNKNOWN_FIELDS


def _each(change: Callable[[Step], Step]) -> Callable[[Trial], Trial | None]:
    """Return the function that drops a trait by changing each step of a trial; it returns None if no step changes."""

    def drop(trial: Trial) -> Trial | None:
        steps = tuple(change(step) for step in trial.case.steps)
        return None if steps == trial.case.steps else trial.of_steps(*steps)

    return drop


def _of_sends(change: Callable[[Send], Send]) -> Callable[[Trial], Trial | None]:
    return _each(lambda step: change(step) if isinstance(step, Send) else step)


def _without_field(name: str) -> Callable[[Trial], Trial | None]:
    """Return the function that drops a field from a trial's requests; a null is left, as it is a trait of its own."""

    def drop(send: Send) -> Send:
        return replace(send, fields=send.fields.without(name)) if send.fields.get(name) is not None else send

    return _of_sends(drop)


def _without_unknown(send: Send) -> Send:
    unknown = [name for name in send.fields if name not in (*BODY_FIELDS, *OPTIONS, *LOCATED)]
    return replace(send, fields=send.fields.without(*unknown)) if unknown else send


def _without_nulls(send: Send) -> Send:
    nulls = [name for name, value in send.fields.items() if value is None and name not in KEEP_ALWAYS]
    return replace(send, fields=send.fields.without(*nulls)) if nulls else send


def _located(send: Send) -> Send:
    given = [name for name in send.fields if name in LOCATED]
    return replace(send, fields=send.fields.without(*given), without=()) if given or send.without else send


def in_usual_order(send: Send) -> Send:
    """Return the request with its fields in the usual order."""
    names = sorted(send.fields, key=lambda name: PLACES.get(name, len(PLACES)))
    if names == list(send.fields):
        return send
    return replace(send, fields=Fields({name: send.fields[name] for name in names}))


def _of_plain_dtype(send: Send) -> Send:
    return send if send.fields.get("dtype") == PLAIN_DTYPE else replace(send, fields=send.fields.but(dtype=PLAIN_DTYPE))


def _of_plain_operation(send: Send) -> Send:
    return replace(send, operation=PLAIN_OPERATION)


def _sent_by(name: str) -> Callable[[Trial], Trial | None]:
    """Return the function that gives a trial's requests the credentials of another sender."""
    credentials = SENDERS[name]
    return _each(lambda step: replace(step, credentials=credentials) if isinstance(step, Send | SendRaw) else step)


def _sender(trial: Trial) -> str:
    last = trial.last
    return "" if last is None else SENDERS_TOLD[last.credentials]


def _codec(trial: Trial) -> str:
    compression = trial.last.fields.get("compression") if isinstance(trial.last, Send) else None
    return str(compression.get("id")) if isinstance(compression, dict) else ""


def _with_codec(trial: Trial, codec: str) -> Trial | None:
    """Return the trial with its data compressed by another codec; data that is no gzip or zlib stream stays."""
    match trial.case.steps:
        case (Put() as put, Send(fields=fields) as send):
            told = replace(send, fields=fields.but(compression={"id": codec}))
            return trial.of_steps(replace(put, data=_recompressed(put.data, _codec(trial), codec)), told)
    return None


def _recompressed(data: bytes, was: str, codec: str) -> bytes:
    if was not in ("gzip", "zlib"):
        return data
    stream = stream_of(was, data)
    return compressed(stream.inflated, codec) + stream.tail if stream.inflated else data


def _operation(trial: Trial) -> str:
    return trial.last.operation if isinstance(trial.last, Send) else ""


def _with_operation(trial: Trial, operation: str) -> Trial | None:
    return _of_sends(lambda send: replace(send, operation=operation))(trial)


def _over_s3(send: Send) -> Send:
    return replace(send, interface="s3") if send.interface != "s3" else send


def _served(manner: Manner) -> Callable[[Step], Step]:
    def change(step: Step) -> Step:
        if isinstance(step, Put) and step.served == manner:
            return replace(step, served=MANNERS[manner].plainer)
        return step

    return change


def _spelled(manner: str) -> Callable[[Send], Send]:
    plainer = cast(Spelling, SPELLINGS[manner].plainer)
    return lambda send: replace(send, spelled=plainer) if send.spelled == manner else send


def _plain_data(trial: Trial) -> Trial | None:
    """Return the trial with plain bytes in its one object.

    They are as many as shape and dtype call for. Where the request names a codec, they are no stream of any codec.
    """
    match trial.case.steps:
        case (Put() as put, Send() as send):
            data = _data_for(send.fields)
        case (Put() as put, SendRaw() as send):
            data = PLAIN_DATA
        case _:
            return None
    return trial.of_steps(replace(put, data=data), send) if data != put.data else None


def _data_for(fields: Fields) -> bytes:
    if fields.get("compression") is not None:
        return NO_STREAM
    shape: Any = fields.get("shape")
    dtype: Any = fields.get("dtype")
    try:
        length = math.prod(int(one) for one in shape) * ITEM_SIZES[dtype]
    except (TypeError, ValueError, OverflowError, KeyError):
        return PLAIN_DATA
    return bytes(one % 250 + 1 for one in range(length)) if 0 < length <= MOST_BYTES_MEANT else PLAIN_DATA


def _renamed(trial: Trial) -> Trial | None:
    """Return the trial with its one object under the key "a"; None where it has several objects."""
    keys = {(step.bucket, step.key) for step in trial.case.steps}
    if len(keys) != 1 or next(iter(keys))[1] == "a":
        return None
    return trial.of_steps(*(replace(step, key="a") for step in trial.case.steps))


def _private(trial: Trial) -> Trial | None:
    public = [step for step in trial.case.steps if step.bucket == "public"]
    if not public or any(isinstance(step, Send | SendRaw) and step.credentials != "owner" for step in public):
        return None
    steps = (replace(step, bucket="private") if step.bucket == "public" else step for step in trial.case.steps)
    return trial.of_steps(*steps)


def _field(name: str) -> Trait:
    if name == "compression":
        return Trait(name, _without_field(name), value=_codec, swap=_with_codec)
    return Trait(FIELD_TRAITS.get(name, name), _without_field(name))


REQUESTS: tuple[Trait, ...] = (
    *(Trait(a_store(manner), _each(_served(manner))) for manner in reversed(tuple(MANNERS))),
    *(Trait(a_spelling(manner), _of_sends(_spelled(manner))) for manner in reversed(tuple(SPELLINGS))),
    Trait("fields in an unusual order", _of_sends(in_usual_order)),
    Trait(SENDER, _sent_by(OWNER), value=_sender, swap=lambda trial, name: _sent_by(name)(trial)),
    Trait("interface http", _of_sends(_over_s3)),
    Trait("public bucket", _private),
    Trait("an unusual key", _renamed),
    Trait(UNKNOWN_FIELDS, _of_sends(_without_unknown)),
    Trait(NULLS, _of_sends(_without_nulls)),
    Trait("locating fields", _of_sends(_located)),
    *(_field(name) for name in (*OPTIONS, *BODY_FIELDS) if name not in KEEP_ALWAYS),
    Trait("dtype", _of_sends(_of_plain_dtype)),
    Trait("operation", _of_sends(_of_plain_operation), value=_operation, swap=_with_operation),
    Trait(DATA, _plain_data),
)


def _raw(trial: Trial) -> SendRaw | None:
    last = trial.last
    return last if isinstance(last, SendRaw) and not trial.several else None


def _as_clients_ask(trial: Trial) -> Trial | None:
    """Return the trial with the request that its raw bytes spell, sent as clients send it."""
    raw = _raw(trial)
    send = None if raw is None else read_raw(raw, trial.profile).send
    return None if send is None else trial.of_steps(*trial.case.steps[:-1], send)


def _with_raw(change: Callable[[SendRaw, Trial], SendRaw]) -> Callable[[Trial], Trial | None]:
    def drop(trial: Trial) -> Trial | None:
        raw = _raw(trial)
        plain = None if raw is None else change(raw, trial)
        return None if plain is None or plain == raw else trial.of_steps(*trial.case.steps[:-1], plain)

    return drop


def _plain_path(raw: SendRaw, trial: Trial) -> SendRaw:
    known = [f"/{trial.profile.api}/{operation}{end}" for operation in trial.profile.operations for end in ("/", "")]
    return raw if raw.path in known else replace(raw, path=PLAIN_PATH.format(api=trial.profile.api))


def _plain_body(raw: SendRaw, trial: Trial) -> SendRaw:
    asked = Send(PLAIN_OPERATION, Fields({"dtype": PLAIN_DTYPE}), raw.key, raw.bucket)
    return replace(raw, body=Fields(full_body(asked, trial.profile)).text.encode())


RAW: tuple[Trait, ...] = (
    Trait(AS_BYTES, _as_clients_ask),
    Trait(METHOD, _with_raw(lambda raw, _: replace(raw, method="POST"))),
    Trait(PATH, _with_raw(_plain_path)),
    Trait(BODY, _with_raw(_plain_body)),
)


def headers(trial: Trial) -> Iterator[Trait]:
    """Yield a trait for each header of a raw request that clients do not send."""
    raw = _raw(trial)
    for name in dict.fromkeys(name for name, value in raw.headers if (name, value) != JSON_TYPE) if raw else ():
        yield Trait(f"{UNUSUAL}{name}", _with_raw(_without_header(name)))


def _without_header(name: str) -> Callable[[SendRaw, Trial], SendRaw]:
    def change(raw: SendRaw, _: Trial) -> SendRaw:
        rest = tuple(one for one in raw.headers if one[0] != name)
        usual = any(one[0].strip().lower() == "content-type" for one in rest)
        return replace(raw, headers=rest if usual else (*rest, JSON_TYPE))

    return change
