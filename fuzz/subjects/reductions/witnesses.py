"""Make plain requests with one fault each, which show which faults a server handles alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fuzz.subjects.reductions.faults import faults_named
from fuzz.subjects.reductions.traits.requests import JSON_TYPE, NO_STREAM
from fuzz.triage.reading import Reading, Witness
from fuzz.triage.shown import ANY
from fuzz.triage.trial import Trial, fault_of, trial_of
from specs import rules
from specs.case import Case
from specs.fields import Fields
from specs.reductions.bodies import read_send
from specs.reductions.encoding import compressed
from specs.reductions.request import OPTIONS
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send, SendRaw

DATA = bytes(range(1, 9))
# Requests with one faulty field each, in ways that are independent of each other.
WRONG_FIELDS: tuple[Mapping[str, Any], ...] = (
    {"offset": -1},
    {"order": "X"},
    {"shape": [2], "selection": [[0, 2, 0]]},
    {"missing": {"nothing_known": 0}},
    {"filters": [{"id": "nothing_known"}]},
    {"shape": []},
    {"offset": "1"},
    {"size": 0},
    {"size": 0.5},
    {"size": 7},
    {"shape": [3], "size": 8},
    {"shape": [0]},
    {"shape": ["1"]},
    {"dtype": "int31"},
    {"dtype": "INT32"},
    {"order": "c"},
    {"byte_order": "BIG"},
    {"compression": {"id": "GZIP"}},
    {"option_shape_as_bytes": 1},
    {"option_count_as_bytes": 1},
    {"option_disable_chunk_cache": 1},
    {"byte_order": "X"},
    {"shape": [2], "axis": -1},
    {"shape": [2], "axis": 1},
    {"shape": [2], "axis": "0"},
    {"shape": [1, 2], "axis": [0, 0]},
    {"shape": [1, 2], "axis": [1, 0]},
    {"axis": 0},
    {"selection": [[0, 1, 1]]},
    {"shape": [1, 2], "selection": [[0, 1, 1]]},
    {"shape": [2], "selection": []},
    {"shape": [2], "selection": [[0, 1]]},
    {"shape": [2], "selection": [["0", 1, 1]]},
    {"missing": {"missing_value": "0"}},
    {"missing": {"missing_value": 0.5}},
    {"missing": {"missing_value": 2**40}},
    {"missing": {"missing_values": 1}},
    {"missing": {"valid_range": [2, 1]}},
    {"missing": {"missing_value": 1, "nothing_known": 0}},
    {"filters": 1},
    {"filters": [{"id": "shuffle", "element_size": 0}]},
    {"filters": [{"id": "shuffle", "element_size": "4"}]},
    {"filters": [{"id": "shuffle", "element_size": 4, "nothing_known": 0}]},
    {"compression": {"id": "nothing_known"}},
    {"compression": {"id": "gzip", "nothing_known": 0}},
    {"nothing_known": 1},
    {"offset": True},
    {"size": True},
    {"shape": [True]},
    {"shape": [1, 2], "axis": True},
    {"shape": [2], "selection": [[False, 2, 1]]},
    {"filters": [{"id": "shuffle", "element_size": True}]},
    {"offset": 4.5},
    {"shape": [2.5]},
    {"shape": [1, 2], "axis": 0.5},
    {"shape": [2], "selection": [[0.5, 2, 1]]},
    {"ORDER": "C"},
    {"BYTE_ORDER": "little"},
    {"OFFSET": 0},
    {"SIZE": len(DATA)},
    {"SHAPE": [2]},
    {"shape": [2], "AXIS": 0},
    {"shape": [2], "SELECTION": [[0, 2, 1]]},
    {"MISSING": {"missing_value": 0}},
    {"FILTERS": [{"id": "shuffle", "element_size": 4}]},
    {"COMPRESSION": {"id": "gzip"}},
    {"DTYPE": "int32"},
    *({name.upper(): True} for name in OPTIONS),
    *({name.upper(): "s3"} for name in ("interface_type", "url", "source", "bucket", "object")),
)
# Rules about the amount of data: a server that ignores one of them may ignore all.
OF_LENGTH = frozenset(
    {str(Rule.SHORT_READ), str(Rule.DATA_DOES_NOT_FIT), str(Rule.SIZE_AGAINST_SHAPE), str(Rule.SIZE_NO_MULTIPLE)}
)
MADE_UP = frozenset({fault_of(str(Rule.UNKNOWN_FIELD), "nothing_known")})
ANY_UNKNOWN = fault_of(str(Rule.UNKNOWN_FIELD), ANY)


def witnesses(name: str, reading: Reading) -> Iterator[Witness]:
    """Yield plain requests with one fault each: in a field, the data, the place, the sender or the HTTP."""
    for fields in WRONG_FIELDS:
        # The data is valid, so that a server that ignores the fault has an answer.
        put = Put("a", compressed(DATA, "gzip")) if {"compression", "COMPRESSION"} & set(fields) else None
        # Select forgives any axis, so some fields are wrong in another operation only.
        for operation in ("select", "sum"):
            trial = _asking(name, reading, Fields({"dtype": "int32", **fields}), put, operation)
            faults = faults_named(_rules_of(trial), trial)
            if faults:
                yield Witness(faults[0], "field", trial)
                break
    plain = Fields({"dtype": "int32"})
    short = compressed(DATA[:4], "gzip")
    followed = compressed(DATA, "gzip") + b"\0"
    for rule, sort, put, send in (
        (Rule.UNDECODABLE_DATA, "data", Put("a", NO_STREAM), {"compression": {"id": "gzip"}}),
        (Rule.DATA_DOES_NOT_FIT, "data", Put("a", bytes(5)), {}),
        (Rule.DATA_DOES_NOT_FIT, "data", Put("a", short), {"compression": {"id": "gzip"}, "shape": [2]}),
        (Rule.SHORT_READ, "data", Put("a", bytes(4)), {"shape": [2], "size": 8}),
        (Rule.RANGE_BEYOND_THE_OBJECT, "data", Put("a", bytes(4)), {"offset": 8}),
        (Rule.SURPLUS_DATA, "data", Put("a", DATA), {"shape": [1]}),
        (Rule.BYTES_AFTER_THE_STREAM, "data", Put("a", followed), {"compression": {"id": "gzip"}}),
    ):
        yield Witness(str(rule), sort, _asking(name, reading, Fields({**plain, **send}), put))
    for rule, bucket in (
        (Rule.NO_SUCH_OBJECT, "private"),
        (Rule.NO_SUCH_BUCKET, "nothing-there"),
        (Rule.NO_BUCKETS_NAME, "a"),
    ):
        absent = Send("select", plain, "nothing-there", bucket)
        yield Witness(str(rule), "store", trial_of(Case(name, (absent,)), reading))
    for manner in ("missing-page", "forbidden-page", "failing"):
        served = Put("a", DATA, served=manner)
        yield Witness(str(Rule.BAD_STORE), "store", _asking(name, reading, plain, served))
    for credentials in ("unknown", "wrong-secret", None):
        sent = Send("select", plain, "a", credentials=credentials)
        yield Witness(str(Rule.CREDENTIALS), "store", trial_of(Case(name, (Put("a", DATA), sent)), reading))
    for rule, raw in (
        (Rule.UNKNOWN_PATH, SendRaw("POST", "/nothing/known/", (JSON_TYPE,), b"{}")),
        (Rule.WRONG_METHOD, SendRaw("PUT", f"/{reading.profile.api}/select/", (JSON_TYPE,), b"{}")),
        (Rule.ODD_METHOD, SendRaw("BREW", f"/{reading.profile.api}/select/", (JSON_TYPE,), b"{}")),
        (Rule.NOT_JSON, SendRaw("POST", f"/{reading.profile.api}/select/", (JSON_TYPE,), b"{")),
    ):
        yield Witness(str(rule), "http", trial_of(Case(name, (Put("a", DATA), raw)), reading))


def _asking(name: str, reading: Reading, fields: Fields, put: Put | None = None, operation: str = "select") -> Trial:
    put = put or Put("a", DATA)
    return trial_of(Case(name, (put, Send(operation, fields, put.key))), reading)


def _rules_of(trial: Trial) -> frozenset[rules.Rule]:
    send = trial.case.steps[-1]
    assert isinstance(send, Send)
    reading = read_send(send, trial.profile)
    return frozenset(fault.rule for fault in reading.faults)


def widened(faults: frozenset[str]) -> frozenset[str]:
    """Return the faults that fail alike, with any unknown field among them if the made-up one is one of several."""
    return faults | {ANY_UNKNOWN} if faults > MADE_UP else faults
