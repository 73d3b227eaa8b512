"""How far a cause goes beyond its smallest case: which other faults fail alike, which operations and dtypes do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fuzz.subjects.reductions.traits.requests import JSON_TYPE, NO_STREAM
from fuzz.subjects.reductions.traits.scenes import SIBLINGS
from fuzz.triage.cause import ANY
from fuzz.triage.lab import Lab
from fuzz.triage.minimal import Smallest
from fuzz.triage.traits import named
from fuzz.triage.trial import BY_ASPECT, Signature, Trial, fault_of, faults_named, place_of, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.encoding import compressed
from specs.reductions.profile import Profile
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send, SendRaw
from specs.violation import Way

# One field at fault each, in each way that has nothing to do with the others.
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
)
# How many faults that have nothing to do with each other must fail alike before all are taken to.
SAMPLE = 5
MOST_SIBLINGS = 20
# Rules about how much data there is: whoever overlooks one of them may overlook all.
OF_LENGTH = frozenset(
    {str(Rule.SHORT_READ), str(Rule.DATA_DOES_NOT_FIT), str(Rule.SIZE_AGAINST_SHAPE), str(Rule.SIZE_NO_MULTIPLE)}
)
MADE_UP = frozenset({fault_of(str(Rule.UNKNOWN_FIELD), "nothing_known")})
ANY_UNKNOWN = fault_of(str(Rule.UNKNOWN_FIELD), ANY)
DATA = bytes(range(1, 9))


@dataclass(frozen=True, slots=True)
class Witness:
    """A plain request that breaks one rule; faults of one sort may well have one cause."""

    fault: str
    sort: str
    trial: Trial


def witnesses(name: str, profile: Profile) -> Iterator[Witness]:
    """Plain requests, each wrong in one way: in a field, in the data, in the place, in the sender, or as HTTP."""
    for fields in WRONG_FIELDS:
        # What a server reads in spite of the fault is to be right.
        put = Put("a", compressed(DATA, "gzip")) if "compression" in fields else None
        trial = _asking(name, profile, Fields({"dtype": "int32", **fields}), put)
        for fault in faults_named(_rules_of(trial), trial)[:1]:
            yield Witness(fault, "field", trial)
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
        yield Witness(str(rule), sort, _asking(name, profile, Fields({**plain, **send}), put))
    for rule, bucket in (
        (Rule.NO_SUCH_OBJECT, "private"),
        (Rule.NO_SUCH_BUCKET, "nothing-there"),
        (Rule.NO_BUCKETS_NAME, "a"),
    ):
        absent = Send("select", plain, "nothing-there", bucket)
        yield Witness(str(rule), "store", trial_of(Case(name, (absent,)), profile))
    for manner in ("missing-page", "forbidden-page", "failing"):
        served = Put("a", DATA, served=manner)
        yield Witness(str(Rule.BAD_STORE), "store", _asking(name, profile, plain, served))
    for credentials in ("unknown", "wrong-secret", None):
        sent = Send("select", plain, "a", credentials=credentials)
        yield Witness(str(Rule.CREDENTIALS), "store", trial_of(Case(name, (Put("a", DATA), sent)), profile))
    for rule, raw in (
        (Rule.UNKNOWN_PATH, SendRaw("POST", "/nothing/known/", (JSON_TYPE,), b"{}")),
        (Rule.WRONG_METHOD, SendRaw("PUT", f"/{profile.api}/select/", (JSON_TYPE,), b"{}")),
        (Rule.ODD_METHOD, SendRaw("BREW", f"/{profile.api}/select/", (JSON_TYPE,), b"{}")),
        (Rule.NOT_JSON, SendRaw("POST", f"/{profile.api}/select/", (JSON_TYPE,), b"{")),
    ):
        yield Witness(str(rule), "http", trial_of(Case(name, (Put("a", DATA), raw)), profile))


def _asking(name: str, profile: Profile, fields: Fields, put: Put | None = None) -> Trial:
    put = put or Put("a", DATA)
    return trial_of(Case(name, (put, Send("select", fields, put.key))), profile)


def _rules_of(trial: Trial) -> frozenset[Rule]:
    from specs.reductions import validity
    from specs.reductions.model import full_body

    send = trial.case.steps[-1]
    assert isinstance(send, Send)
    reading = validity.read(send.operation, full_body(send, trial.profile), trial.profile)
    return frozenset(fault.rule for fault in reading.faults)


def faults_alike(smallest: Smallest, lab: Lab) -> frozenset[str]:
    """The faults that a request may have for the same failure to come: its own, those like it, or any."""
    wanted = smallest.seen.signature
    if not wanted.blamed:
        return frozenset()
    several = list(witnesses("malformed", smallest.trial.profile))
    if wanted.faults and wanted.way is not Way.ACCEPTED:
        others = [one for one in several if one.sort == "field" and one.fault not in wanted.faults][:SAMPLE]
        if all(_fails_alike(one, wanted, lab) for one in others):
            return frozenset({ANY})
    siblings = [one for one in several if one.fault not in wanted.blamed and _is_sibling(one, wanted, several)]
    alike = wanted.blamed | {one.fault for one in siblings[:MOST_SIBLINGS] if _fails_alike(one, wanted, lab)}
    # Names of unknown fields are made up: what fails with two of them fails with any.
    return alike | {ANY_UNKNOWN} if alike > MADE_UP else alike


def _is_sibling(one: Witness, wanted: Signature, several: list[Witness]) -> bool:
    """Whether a fault may fail for the same reason: by the same rule, or, where all are refused, of the same field."""
    rules = {fault.rpartition(":")[2] for fault in wanted.blamed}
    if one.fault.rpartition(":")[2] in rules:
        return True
    if wanted.way is Way.ACCEPTED:
        return bool(rules & OF_LENGTH) and one.fault.rpartition(":")[2] in OF_LENGTH
    if wanted.way in BY_ASPECT and one.sort != "field":
        return True
    if place_of(one.fault):
        return place_of(one.fault) in {place_of(fault) for fault in wanted.blamed}
    return one.sort in {other.sort for other in several if other.fault in wanted.blamed}


def _fails_alike(one: Witness, wanted: Signature, lab: Lab) -> bool:
    """Whether a plain request fails in the same way, and it may be for the rule that it breaks."""
    return any(each.signature.blamed and each.signature.kind == wanted.kind for each in lab.ask(one.trial))


def not_seen_with(smallest: Smallest, lab: Lab) -> tuple[str, ...]:
    """Of a needed operation, dtype or codec, the siblings with which the smallest case passes."""
    passes: list[str] = []
    for name in smallest.needs:
        trait = named(smallest.trial, name)
        if trait is None or trait.swap is None or trait.value is None or name not in SIBLINGS:
            continue
        for sibling in SIBLINGS[name]:
            other = trait.swap(smallest.trial, sibling) if sibling != trait.value(smallest.trial) else None
            if other is not None and lab.fails(other, smallest.seen.signature) is None:
                passes.append(sibling)
    return tuple(passes)
