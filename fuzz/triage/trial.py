"""Trials are failing cases as triage puts them to the server; a signature says how a trial fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from fuzz.running.session import Judgement
from fuzz.triage.reading import Reading
from specs.case import Case, at_once, lane_of, requests
from specs.violation import Aspect, Violation, Way

# One bug in the handling of valid requests may show in any of these ways, depending on the data.
WRONG = frozenset({Way.VALUES, Way.REFUSED, Way.STATUS, Way.SERVER_ERROR, Way.DROPPED, Way.FORM, Way.ACCEPTED})
# In the first ways of failing different statuses mean different causes; in the second ways, different aspects do.
BY_STATUS = frozenset({Way.STATUS, Way.SERVER_ERROR})
BY_ASPECT = frozenset({Way.FORM, Way.DISCLOSES})
# Aspects of a wrong answer that have causes of their own; which other aspects are wrong depends on the data.
APART = frozenset({Aspect.COUNTS, Aspect.DTYPE})
# An answer's counts and its values are judged whichever of them is wrong.
PARTS = (
    frozenset({Aspect.COUNTS}),
    frozenset({Aspect.VALUES, Aspect.NAN, Aspect.ZERO_SIGN, Aspect.INEXACT}),
)
NO_MORE_THAN_WRONG = "wrong"
# The fault of an error that is about no known rule.
REFUSAL = "a-refusal"


@dataclass(frozen=True)
class Trial:
    """A case whose last request fails, or any of whose requests fails if they are sent together.

    If the case put together again from its scene does not fail, the trial is left `as_it_stands`: fields of its request
    can be dropped, and its data is not changed.
    """

    case: Case
    reading: Reading = field(compare=False, repr=False)
    as_it_stands: bool = field(default=False, compare=False, repr=False)

    @cached_property
    def scene(self) -> Any:
        """Return the case taken apart; None if its subject cannot do that, or it is left as it stands."""
        return None if self.as_it_stands else self.reading.scene_of(self.case)

    @property
    def profile(self) -> Any:
        """Return the profile that the server is held to."""
        return self.reading.profile

    @property
    def last(self) -> Any:
        """Return the last step, if it is a request; otherwise None."""
        step = self.case.steps[-1] if self.case.steps else None
        return step if step is not None and step.asks else None

    @cached_property
    def several(self) -> bool:
        """Say whether the case has more than one request, or one beside which things change."""
        return has_company(self.case)

    @property
    def is_burden(self) -> bool:
        """Say whether the case keeps the server busy."""
        return self.reading.is_burden(self.case)

    def of_scene(self, scene: Any) -> Trial:
        """Return the trial of a scene, under the same property's name."""
        trial = Trial(self.reading.case_of(scene, self.case.property), self.reading)
        # It is known already, and need not be read from the case.
        vars(trial)["scene"] = scene
        return trial

    def of_steps(self, *steps: Any) -> Trial:
        """Return the trial of other steps, under the same property's name."""
        case = replace(self.case, steps=steps)
        return replace(self, case=case) if self.as_it_stands else trial_of(case, self.reading)


def trial_of(case: Case, reading: Reading) -> Trial:
    """Return the trial of a case."""
    return Trial(case, reading)


def has_company(case: Case) -> bool:
    """Say whether a case has more than one request, or one beside which things change."""
    return requests(case) > 1 or at_once(case)


def of_requests_that_meet(case: Case) -> bool:
    """Say whether requests are sent beside each other, and nothing changes beside them."""
    return at_once(case) and all(step.asks for step in case.steps if lane_of(step))


def isolated(case: Case, number: int) -> Case:
    """Return a request alone with the object that it is about, as the object was at that step.

    Where the object changed beside the request, it is as it was last, unless it was deleted then.
    """
    step = case.steps[number]
    if not step.asks:
        return case
    prepared = [one for one in case.steps[:number] if not one.asks and one.about == step.about]
    if lane_of(step):
        prepared = [one for one in prepared if not one.removes]
    last = prepared[-1:] if prepared and not prepared[-1].removes else []
    steps = tuple(map(in_turn, (*last, step)))
    return case if steps == case.steps and not case.together else replace(case, steps=steps, together=False)


def isolated_otherwise(case: Case, number: int) -> Iterator[Case]:
    """Yield a request alone with each object that it may have met instead, where the object changed beside it.

    It may have met none, where the object was made or deleted beside it.
    """
    step = case.steps[number]
    several = [one for one in case.steps if not one.asks and one.about == step.about] if lane_of(step) else []
    met: list[tuple[Any, ...]] = [() if one.removes else (in_turn(one),) for one in several]
    if several and lane_of(several[0]):
        met.append(())
    usual = isolated(case, number)
    for before in dict.fromkeys(met):
        other = replace(usual, steps=(*before, in_turn(step)))
        if other != usual:
            yield other


def as_it_came(case: Case, trial: Trial) -> Trial:
    """Return the trial of a whole case where more of it than one request may be what the failure takes."""
    return trial_of(case, trial.reading) if at_once(case) or trial.reading.stateful else trial


def in_turn(step: Any) -> Any:
    """Return a step that is taken alone."""
    return replace(step, lane=0) if lane_of(step) else step


class Appearance(NamedTuple):
    """The appearance of a failure in all its parts; servers refuse for several reasons by several codes."""

    way: Way
    look: str
    kind: str
    aspect: str
    status: int | None


@dataclass(frozen=True)
class Signature:
    """A description of how a trial fails.

    `faults` name the rules that its request breaks, each with the field that breaks it if there is one. They are empty
    if the request is valid. `doubts` name the rules for which a valid request might have been refused; they are filled
    when an error came that is no such refusal. They also name the rules broken by a request after others, where answers
    depend on these by the API's own rules. `besides` are further aspects of the answer that are wrong.
    """

    way: Way
    faults: frozenset[str] = frozenset()
    status: int | None = None
    aspect: str = ""
    after_others: bool = False
    doubts: frozenset[str] = frozenset()
    besides: tuple[str, ...] = field(default=(), compare=False)

    @property
    def blamed(self) -> frozenset[str]:
        """Return the rules that may have made the server fail."""
        return self.faults or self.doubts

    @property
    def died(self) -> bool:
        return self.aspect == Aspect.GONE

    @cached_property
    def family(self) -> str:
        """Return the name of a group of failures that may have one cause, on different data."""
        unheard = self.died or self.way is Way.SILENT
        if self.after_others and not unheard:
            return "wrong after others"
        return "wrong" if not self.faults and self.way in WRONG and not unheard else self.kind

    @cached_property
    def kind(self) -> str:
        """Return how the trial fails, in as much detail as tells one failure of an invalid request from another."""
        if self.died or self.way is Way.SILENT:
            return "gone" if self.died else "silent"
        status = f" {self.status}" if self.way in BY_STATUS else ""
        aspect = f" {self.aspect}" if self.way in BY_ASPECT else ""
        return f"{self.way.value}{status}{aspect}"

    @cached_property
    def exact(self) -> tuple[str, str]:
        """Return the kind and the aspect: two failures that share both fail in just the same way."""
        return self.kind, self.aspect

    @cached_property
    def appearance(self) -> Appearance:
        return Appearance(self.way, self.look, self.kind, self.aspect, self.status)

    @cached_property
    def look(self) -> str:
        """Return what a failure looks like; failures of one cause look the same on requests that are alike."""
        if self.way is Way.VALUES and self.aspect in APART:
            return self.aspect
        return f"{self.way.value} {self.aspect}" if self.way in BY_ASPECT else NO_MORE_THAN_WRONG

    def spoils_another_part(self, other: Signature) -> bool:
        """Say whether what is right in the one answer is all that is wrong in the other: its counts, or its values."""
        mine, theirs = self._parts, other._parts
        return bool(mine and theirs) and not mine & theirs

    @cached_property
    def _parts(self) -> frozenset[int]:
        aspects = {self.aspect, *self.besides} if self.way is Way.VALUES else set()
        return frozenset(number for number, part in enumerate(PARTS) if part & aspects)

    def like(self, wanted: Signature) -> bool:
        """Say whether a failure is of the wanted family and about none but the wanted rules."""
        return self.family == wanted.family and self.faults <= wanted.faults


def signature(violation: Violation, trial: Trial, judgement: Judgement) -> Signature:
    """Return how a trial fails, from the typed parts of a violation.

    An error with a wrong form, or one that gives a secret away, is attributed to the rules for which it had to come. If
    the request might have been answered as well, the error may be about anything.
    """
    reading = trial.reading
    if trial.several:
        # The other requests may spoil this one whether it is valid or not, so its own faults do not matter.
        told = reading.stateful and not trial.case.together
        doubts = frozenset(reading.faults_named(reading.telling_rules(violation.rules), trial) if told else ())
        return Signature(violation.way, frozenset(), violation.status, violation.aspect, True, doubts)
    due = judgement.expectations[violation.step] if judgement.expectations else None
    if violation.way in BY_ASPECT and violation.step in judgement.refused:
        clear = due is not None and not reading.may_be_answered(due)
        named = _refusable(due, trial) if clear else frozenset()
        return Signature(violation.way, named or frozenset({REFUSAL}), violation.status, violation.aspect)
    named = frozenset(reading.faults_named(reading.telling_rules(violation.rules), trial))
    failed = violation.way in (Way.SERVER_ERROR, Way.DROPPED, Way.STATUS)
    doubts = _refusable(due, trial) if failed and not named else frozenset()
    besides = violation.besides
    return Signature(violation.way, named, violation.status, violation.aspect, doubts=doubts, besides=besides)


def _refusable(due: Any, trial: Trial) -> frozenset[str]:
    """Return the rules for which a request might, or had to, be refused."""
    reading = trial.reading
    return frozenset() if due is None else frozenset(reading.faults_named(reading.rules_of_refusal(due), trial))


def fault_of(rule: str, place: str = "") -> str:
    """Return the word for one rule broken by one field."""
    return f"{place}:{rule}" if place else rule


def place_of(fault: str) -> str:
    """Return the field that a fault is about; empty where it is about none."""
    return fault.rpartition(":")[0]


def rule_of(fault: str) -> str:
    """Return the rule that a fault breaks."""
    return fault.rpartition(":")[2]
