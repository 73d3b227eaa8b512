"""Name the faults of invalid reduction requests, and find the traits that a fault consists of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fuzz.subjects.reductions.traits.requests import AS_BYTES, BODY, DATA, METHOD, PATH, UNUSUAL, trait_of_field
from fuzz.subjects.reductions.traits.storage import SENDER
from fuzz.triage.trial import Signature, Trial, fault_of, place_of, rule_of
from specs import rules
from specs.manners import MANNERS, a_store
from specs.reductions import validity
from specs.reductions.bodies import read_send
from specs.reductions.raw_requests import read_raw
from specs.reductions.rules import Rule
from specs.reductions.steps import SendRaw
from specs.violation import Way

# For each rule that is not about a single field, the traits that break it.
CARRIERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        str(Rule.SHORT_READ): (DATA, "offset", "size"),
        str(Rule.DATA_DOES_NOT_FIT): (DATA, "offset", "size"),
        str(Rule.RANGE_BEYOND_THE_OBJECT): (DATA, "offset", "size"),
        str(Rule.UNKNOWN_PATH): (AS_BYTES, PATH),
        str(Rule.WRONG_METHOD): (AS_BYTES, METHOD),
        str(Rule.ODD_METHOD): (AS_BYTES, METHOD),
        str(Rule.NOT_JSON): (AS_BYTES, BODY),
        str(Rule.CONTENT_TYPE): (AS_BYTES, "an unusual Content-Type"),
        str(Rule.FOREIGN_AUTHORIZATION): (AS_BYTES, f"{UNUSUAL}Authorization"),
        str(Rule.UNKNOWN_OPERATION): ("operation",),
        str(Rule.CREDENTIALS): (SENDER,),
        # Another field decides whether the value is wrong.
        str(Rule.MISSING_NOT_OF_DTYPE): ("dtype",),
        str(Rule.MISSING_NOT_REPRESENTABLE): ("dtype",),
        str(Rule.SIZE_NO_MULTIPLE): ("dtype",),
        str(Rule.SIZE_AGAINST_SHAPE): ("shape",),
        str(Rule.SELECTION_LENGTH): ("shape",),
        str(Rule.AXIS_OUT_OF_RANGE): ("shape",),
        str(Rule.BYTES_AFTER_THE_STREAM): ("bytes after the stream",),
        str(Rule.SURPLUS_DATA): ("surplus data",),
        str(Rule.BAD_STORE): tuple(a_store(manner) for manner in MANNERS),
    }
)


def faults_named(broken: frozenset[rules.Rule], trial: Trial) -> list[str]:
    """List the rules that a request breaks, each with the field that breaks it where that is known."""
    fields: dict[str, list[str]] = {}
    # Most failures break no rule, and their request need not be read.
    read = _read(trial) if broken else None
    for fault in () if read is None else (*read.faults, *read.doubts):
        fields.setdefault(str(fault.rule), []).append(_place(fault.rule, fault.words))
    named = []
    for rule in broken:
        places = dict.fromkeys(fields.get(str(rule), [""]))
        named += [fault_of(str(rule), place) for place in places]
    return named


def doubts_named(trial: Trial) -> list[str]:
    """List the rules for which a request might be refused, each with the field that it is about."""
    read = _read(trial)
    return [] if read is None else [fault_of(str(one.rule), _place(one.rule, one.words)) for one in read.doubts]


def _read(trial: Trial) -> validity.ReadRequest | None:
    """Return the trial's request as it is read, also if it is given as bytes; None where these are no request."""
    last = trial.last
    send = read_raw(last, trial.profile).send if isinstance(last, SendRaw) else last
    if send is None:
        return None
    return read_send(send, trial.profile)


def _place(rule: rules.Rule, words: tuple[str, ...]) -> str:
    """Return the field at fault; a known name spelled in another case stands in upper case, however it was sent."""
    name = words[0] if words else ""
    return name.upper() if rule is Rule.UNKNOWN_FIELD and name.lower() in validity.NAMES_OF_THE_API else name


def at_fault(wanted: Signature) -> set[str]:
    """Return the traits that a fault consists of: the field, the path or the data that breaks a rule."""
    fields = {trait_of_field(place) for place in map(place_of, wanted.faults) if place}
    carriers = {trait for fault in wanted.faults for trait in CARRIERS.get(rule_of(fault), ())}
    # A server that accepts another sender has a cause of its own; one that refuses the sender badly has not.
    return fields | (carriers - {SENDER} if wanted.way is Way.ACCEPTED else carriers)
