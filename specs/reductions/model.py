"""Fold a whole case, step by step, into one expectation per step."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import groupby

from specs.case import Case, lane_of
from specs.manners import WELL
from specs.reductions import oracle, validity
from specs.reductions.access import access_refusals, locator_refusals
from specs.reductions.bodies import read_send
from specs.reductions.claims import axis_form, beyond
from specs.reductions.expectation import (
    BAD_STORE,
    Because,
    Expectation,
    Rejection,
    Values,
    breaking,
    either,
    unspecified,
)
from specs.reductions.profile import Profile
from specs.reductions.raw_requests import RawReading, read_raw
from specs.reductions.refusals import RefusalClass
from specs.reductions.request import OPERATIONS, OPTIONS, Request
from specs.reductions.rules import Rule
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.store_facts import StoreFacts

Versions = tuple[Put | None, ...]


@dataclass(slots=True)
class _World:
    """The versions that each object has had, newest last; a version is None where there was no object."""

    objects: dict[tuple[str, str], Versions] = field(default_factory=dict)
    # Of objects that are changing, the place of the version that was there before.
    changing: dict[tuple[str, str], int] = field(default_factory=dict)

    def put(self, bucket: str, key: str, put: Put | None) -> None:
        self.objects[bucket, key] = (*self.objects.get((bucket, key), ()), put)

    def versions(self, bucket: str, key: str, *, any_age: bool) -> Versions:
        versions: Versions = self.objects.get((bucket, key), (None,))
        first = 0 if any_age else self.changing.get((bucket, key), len(versions) - 1)
        return tuple(dict.fromkeys(versions[first:]))

    def change(self, several: Sequence[Step]) -> None:
        """Change objects while requests about them are under way; each holds any of its versions meanwhile."""
        for step in several:
            if isinstance(step, Put | Delete):
                before = self.objects.setdefault(step.about, (None,))
                self.changing.setdefault(step.about, len(before) - 1)
                self.put(*step.about, step if isinstance(step, Put) else None)


def expectations(case: Case, profile: Profile, store: StoreFacts) -> tuple[Expectation | None, ...]:
    """Return the answers that each step allows; None for steps that ask nothing."""
    world = _World()
    due: list[Expectation | None] = []
    for beside, steps in groupby(case.steps, key=lambda step: bool(lane_of(step))):
        several = tuple(steps)
        if beside:
            world.change(several)
            several = tuple(None if isinstance(step, Put | Delete) else step for step in several)
        due += [_step(step, world, profile, store) for step in several]
        world.changing.clear()
    return tuple(due)


def _step(step: Step | None, world: _World, profile: Profile, store: StoreFacts) -> Expectation | None:
    match step:
        case Put():
            world.put(step.bucket, step.key, step)
        case Delete():
            world.put(step.bucket, step.key, None)
        case Send():
            return _send(step, world, profile, store)
        case SendRaw():
            return _send_raw(step, world, profile, store)
    return None


def _send_raw(step: SendRaw, world: _World, profile: Profile, store: StoreFacts) -> Expectation:
    raw = read_raw(step, profile)
    if raw.why:
        return unspecified(raw.why, Because.THE_API, *raw.doubted)
    if raw.send is None:
        return Expectation(rejection=either(raw.rejections))
    inner = _send(raw.send, world, profile, store)
    if inner.unspecified:
        return inner
    return _with_doubts(inner, raw)


def _with_doubts(inner: Expectation, raw: RawReading) -> Expectation:
    """Return the inner request's answer unless the envelope forbids it; the envelope's doubts allow a refusal.

    If a refusal is due, its rules are those that call for it, without those that only allow it.
    """
    due = list(raw.rejections)
    if inner.rejection is not None and not inner.answers:
        due.append(inner.rejection)
    allowed = [*raw.rejections, *raw.doubts, *([inner.rejection] if inner.rejection else [])]
    rejection = either(allowed) if allowed else None
    if rejection is not None and due:
        rejection = replace(rejection, rules=either(due).rules)
    return Expectation(() if raw.rejections else inner.answers, rejection, inner.why, inner.because)


def _rule_of(fault: validity.Fault, strange: Set[str]) -> Rule:
    """Return the rule that a fault breaks: a server may not know a field of which it claims nothing."""
    return Rule.UNKNOWN_FIELD if strange & set(fault.words) else fault.rule


def _send(step: Send, world: _World, profile: Profile, store: StoreFacts) -> Expectation:
    located = locator_refusals(step, profile)
    if located.why:
        return unspecified(located.why, located.because)
    reading = read_send(step, profile)
    strange = _unknown_fields(profile) if reading.faults else set()
    faults = [breaking(_rule_of(fault, strange), RefusalClass.BAD_REQUEST, *fault.words) for fault in reading.faults]
    if step.operation not in OPERATIONS:
        faults.append(breaking(Rule.UNKNOWN_OPERATION, RefusalClass.UNKNOWN_OPERATION))
    faults += located.refusals
    doubts = [breaking(doubt.rule, RefusalClass.BAD_REQUEST) for doubt in reading.doubts]
    request = reading.request
    any_age = profile.chunk_cache and profile.rules("stale-reads") and not (request and request.disable_chunk_cache)
    versions = world.versions(step.bucket, step.key, any_age=any_age)
    access = access_refusals(step, versions, store)
    if access.why and not faults:
        return unspecified(access.why, access.because)
    badly = any(one is not None and one.served != WELL for one in versions)
    if faults:
        refusal = either([*faults, *access.refusals, *_late_refusals(request, versions, profile)])
        if beyond(step.fields, profile):
            # The server may have refused the unclaimed field before it looked at anything else.
            return _with_bad_store(Expectation(rejection=replace(refusal, words=())), badly)
        return _with_bad_store(Expectation(rejection=_naming_doubts_too(refusal, reading.doubts)), badly)
    if request is None:
        raise AssertionError(f"a request without faults must be readable: {step}")
    if not profile.rules("stale-reads") and len(world.objects.get((step.bucket, step.key), ())) > 1:
        return unspecified("the ruling on stale reads is off")
    if unclaimed(request, step, profile):
        doubts.append(oracle.may_refuse(Rule.NOT_CLAIMED))
    if access.refusals and not access.optional:
        return _with_bad_store(Expectation(rejection=either([*access.refusals, *doubts])), badly)
    doubts += access.refusals
    return _with_bad_store(_merged(_outcomes(request, versions, profile), doubts), badly)


def _with_bad_store(due: Expectation, badly: bool) -> Expectation:
    """Allow an error besides if the store serves badly; a refusal that is due anyway keeps its rules."""
    if not badly:
        return due
    if due.unspecified:
        return unspecified(f"the store serves badly, and {due.why}", Because.THE_STORE)
    refusal = either([BAD_STORE] if due.rejection is None else [due.rejection, BAD_STORE])
    if due.rejection is not None and not due.answers:
        refusal = replace(refusal, rules=due.rejection.rules)
    return replace(due, rejection=refusal)


def _naming_doubts_too(refusal: Rejection, doubts: tuple[validity.Fault, ...]) -> Rejection:
    """Return the refusal, whose text may also name a doubtful field, or no field for a doubt without one."""
    if not refusal.words or any(not doubt.words for doubt in doubts):
        return replace(refusal, words=())
    return replace(refusal, words=(*refusal.words, *(word for doubt in doubts for word in doubt.words)))


def _merged(several: list[Expectation], doubts: list[Rejection]) -> Expectation:
    if any(one.unspecified for one in several):
        return next(one for one in several if one.unspecified)
    answers: tuple[Values, ...] = tuple(answer for one in several for answer in one.answers)
    refusals = [one.rejection for one in several if one.rejection is not None] + doubts
    return Expectation(answers, either(refusals) if refusals else None)


def _late_refusals(request: Request | None, versions: Versions, profile: Profile) -> list[Rejection]:
    """List refusals due to the data, which a server may notice before it looks at the fields at fault."""
    if request is None:
        return []
    outcomes = _outcomes(request, versions, profile)
    return [one.rejection for one in outcomes if one.rejection is not None]


def _outcomes(request: Request, versions: Versions, profile: Profile) -> list[Expectation]:
    """List the expectations for each version that a server may find."""
    return [oracle.expect(request, one.data, profile) for one in versions if one is not None]


def unclaimed(request: Request, step: Send, profile: Profile) -> list[str]:
    """List the features of a request that the profile does not claim."""
    given = {name for name, value in step.fields.items() if value is not None}
    nulls = [name for name, value in step.fields.items() if value is None]
    asked = [
        (step.operation, step.operation in profile.operations),
        (request.dtype, request.dtype in profile.dtypes),
        ("byte_order", "byte_order" not in given or request.byte_order in profile.byte_orders),
        ("order", request.order in profile.orders),
        ("selection", request.selection is None or profile.selections),
        ("compression", request.compression is None or request.compression in profile.compressions),
        ("filters", all(one.id in profile.filters for one in request.filters)),
        ("missing", request.missing is None or request.missing.kind in profile.missing_kinds),
        ("axis", "axis" not in given or axis_form(step.fields["axis"]) in profile.axis_forms),
        ("interface", step.interface in profile.interfaces),
        ("anonymous", step.credentials is not None or profile.anonymous),
        *((name, name in profile.options) for name in given if name.startswith("option_")),
    ]
    if request.selection is not None and not profile.negative_strides:
        asked.append(("negative stride", all(stride > 0 for _, _, stride in request.selection)))
    # A server that lacks a feature altogether may not know its field, even if the field is null.
    unknown = _unknown_fields(profile) if nulls else set()
    asked += [(f"{name}: null", False) for name in nulls if name in unknown]
    return [name for name, claimed in asked if not claimed]


def _unknown_fields(profile: Profile) -> set[str]:
    """Return the fields of features of which nothing is claimed."""
    claims = {
        "axis": profile.axis_forms,
        "byte_order": profile.byte_orders,
        "compression": profile.compressions,
        "filters": profile.filters,
        "missing": profile.missing_kinds,
        "order": profile.orders,
        "selection": profile.selections,
    }
    return {name for name, claimed in claims.items() if not claimed} | (set(OPTIONS) - set(profile.options))
