"""Trials: failing cases as triage puts them to the server, and how a trial fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from fuzz.running.session import Judgement
from fuzz.triage.reading import Reading
from specs.case import Case, requests
from specs.outcome import Reply
from specs.violation import Aspect, Violation, Way

# One mistake about a valid request shows as any of these: it hangs on the data which.
WRONG = frozenset({Way.VALUES, Way.REFUSED, Way.STATUS, Way.SERVER_ERROR, Way.DROPPED, Way.FORM, Way.ACCEPTED})
# Ways in which the status that came tells failures apart, and those in which the aspect does.
BY_STATUS = frozenset({Way.STATUS, Way.SERVER_ERROR})
BY_ASPECT = frozenset({Way.FORM, Way.DISCLOSES})
# Parts of an answer that one cause gets wrong by itself; all else that is wrong with values hangs on the data.
APART = frozenset({Aspect.COUNTS, Aspect.DTYPE})
NO_MORE_THAN_WRONG = "wrong"
# Of an error whatever it is about.
REFUSAL = "a-refusal"
LEAST_ERROR = 400


@dataclass(frozen=True, slots=True)
class Trial:
    """A case whose last request fails, or, sent together, one of its requests.

    `scene` is the case taken apart, where its subject can do that. Where the case put together anew does not fail, it
    is left `as_it_stands`: what it says can be dropped, and its data stays what it is.
    """

    case: Case
    reading: Reading = field(compare=False, repr=False)
    scene: Any = field(default=None, compare=False, repr=False)
    as_it_stands: bool = field(default=False, compare=False, repr=False)

    @property
    def profile(self) -> Any:
        """The profile that the server is held to."""
        return self.reading.profile

    @property
    def last(self) -> Any:
        """The last step, if it is a request; otherwise None."""
        step = self.case.steps[-1] if self.case.steps else None
        return step if step is not None and step.asks else None

    @property
    def several(self) -> bool:
        """Whether the case asks more than one thing."""
        return requests(self.case) > 1

    def of_scene(self, scene: Any) -> Trial:
        """The trial of a scene, under the same property's name."""
        return Trial(self.reading.case_of(scene, self.case.property), self.reading, scene)

    def of_steps(self, *steps: Any) -> Trial:
        """The trial of other steps, under the same property's name."""
        case = replace(self.case, steps=steps)
        return replace(self, case=case) if self.as_it_stands else trial_of(case, self.reading)


def trial_of(case: Case, reading: Reading) -> Trial:
    """The trial of a case."""
    return Trial(case, reading, reading.scene_of(case))


def isolated(case: Case, number: int) -> Case:
    """A request alone with the object it is about, as the object was by then."""
    step = case.steps[number]
    if not step.asks:
        return case
    prepared = [one for one in case.steps[:number] if not one.asks and one.about == step.about]
    last = prepared[-1:] if prepared and not prepared[-1].removes else []
    return replace(case, steps=(*last, step), together=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """How a trial fails.

    `faults` name the rules that its request breaks, each with the field that breaks it where a field does. They are
    empty where the request is valid. `doubts` name the rules for which a valid request might have been refused, where
    an error came that is no such refusal.
    """

    way: Way
    faults: frozenset[str] = frozenset()
    status: int | None = None
    aspect: str = ""
    after_others: bool = False
    doubts: frozenset[str] = frozenset()

    @property
    def blamed(self) -> frozenset[str]:
        """The rules that may have made the server fail."""
        return self.faults or self.doubts

    @property
    def died(self) -> bool:
        return self.aspect == Aspect.GONE

    @property
    def family(self) -> str:
        """Failures of one family may have one cause, whichever data shows it."""
        unheard = self.died or self.way is Way.SILENT
        if self.after_others and not unheard:
            return "wrong after others"
        return "wrong" if not self.faults and self.way in WRONG and not unheard else self.kind

    @property
    def kind(self) -> str:
        """How it fails, as far as the way tells one failure of an invalid request from another."""
        if self.died or self.way is Way.SILENT:
            return "gone" if self.died else "silent"
        status = f" {self.status}" if self.way in BY_STATUS else ""
        aspect = f" {self.aspect}" if self.way in BY_ASPECT else ""
        return f"{self.way.value}{status}{aspect}"

    @property
    def look(self) -> str:
        """What a failure looks like: one cause looks the same on requests that are alike."""
        if self.way is Way.VALUES and self.aspect in APART:
            return self.aspect
        return f"{self.way.value} {self.aspect}" if self.way in BY_ASPECT else NO_MORE_THAN_WRONG

    def like(self, wanted: Signature) -> bool:
        """Whether a failure is of the family that is wanted, and is about no other rules."""
        return self.family == wanted.family and self.faults <= wanted.faults


def signature(violation: Violation, trial: Trial, judgement: Judgement) -> Signature:
    """How a trial fails, by the typed parts of a violation.

    What is wrong with the form of an error, or given away by one, is about the rules for which it may come.
    """
    reading = trial.reading
    if trial.several:
        # What was asked before, or at the same time, spoils any request, valid or not.
        return Signature(violation.way, frozenset(), violation.status, violation.aspect, after_others=True)
    if violation.way in BY_ASPECT and _is_an_error(judgement, violation.step):
        named = _refusable(violation, trial, judgement) or frozenset({REFUSAL})
        return Signature(violation.way, named, violation.status, violation.aspect)
    named = frozenset(reading.faults_named(reading.telling_rules(violation.rules), trial))
    failed = violation.way in (Way.SERVER_ERROR, Way.DROPPED)
    doubts = _refusable(violation, trial, judgement) if failed and not named else frozenset()
    return Signature(violation.way, named, violation.status, violation.aspect, doubts=doubts)


def _refusable(violation: Violation, trial: Trial, judgement: Judgement) -> frozenset[str]:
    """The rules for which a request might, or had to, be refused."""
    due = judgement.expectations[violation.step] if judgement.expectations else None
    reading = trial.reading
    return frozenset() if due is None else frozenset(reading.faults_named(reading.rules_of_refusal(due), trial))


def _is_an_error(judgement: Judgement, step: int) -> bool:
    outcome = judgement.transcript.outcomes[step]
    return isinstance(outcome, Reply) and outcome.status >= LEAST_ERROR


def fault_of(rule: str, place: str = "") -> str:
    """One rule broken by one field, as a word."""
    return f"{place}:{rule}" if place else rule


def place_of(fault: str) -> str:
    """The field that a fault is about; empty where it is about none."""
    return fault.rpartition(":")[0]


def rule_of(fault: str) -> str:
    """The rule that a fault breaks."""
    return fault.rpartition(":")[2]
