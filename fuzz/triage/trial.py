"""Trials: failing cases as triage puts them to the server, and how a trial fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fuzz.running.session import Judgement
from fuzz.subjects.reductions.scene import Scene, case_of, scene_of
from specs.case import Case, requests
from specs.outcome import Reply
from specs.reductions import validity
from specs.reductions.model import full_body
from specs.reductions.profile import Profile
from specs.reductions.raw_requests import read_raw
from specs.reductions.rules import Rule as ReductionRule
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.rules import Rule
from specs.violation import Aspect, Violation, Way

# One mistake about a valid request shows as any of these: it hangs on the data and on the operation which.
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

    `scene` takes the case apart where it is one valid request about one object. Where the object written anew does not
    fail, the case is left `as_it_stands`: its fields can be dropped, and its bytes stay what they are.
    """

    case: Case
    profile: Profile = field(compare=False, repr=False)
    scene: Scene | None = field(default=None, compare=False, repr=False)
    as_it_stands: bool = field(default=False, compare=False, repr=False)

    @property
    def last(self) -> Send | SendRaw | None:
        step = self.case.steps[-1] if self.case.steps else None
        return step if isinstance(step, Send | SendRaw) else None

    @property
    def several(self) -> bool:
        """Whether the case asks more than one thing."""
        return requests(self.case) > 1

    def of_scene(self, scene: Scene) -> Trial:
        """The trial of a scene, under the same property's name."""
        return Trial(case_of(scene, self.case.property), self.profile, scene)

    def of_steps(self, *steps: Put | Delete | Send | SendRaw) -> Trial:
        """The trial of other steps, under the same property's name."""
        case = replace(self.case, steps=steps)
        return replace(self, case=case) if self.as_it_stands else trial_of(case, self.profile)


def trial_of(case: Case, profile: Profile) -> Trial:
    """The trial of a case."""
    return Trial(case, profile, scene_of(case, profile))


def scenes_of(trial: Trial) -> list[Scene]:
    """The scene of each request, where a case puts one object and every request is valid and about it."""
    put, *asked = trial.case.steps
    if not isinstance(put, Put) or len(asked) < 2 or not all(isinstance(one, Send) for one in asked):
        return []
    several = [scene_of(Case(trial.case.property, (put, step)), trial.profile) for step in asked]
    scenes = [scene for scene in several if scene is not None]
    return scenes if len(scenes) == len(asked) else []


def of_scenes(trial: Trial, scenes: list[Scene]) -> Trial | None:
    """The trial of scenes that are about one object; None where they are not."""
    cases = [case_of(scene, trial.case.property) for scene in scenes]
    puts = {one.steps[0] for one in cases}
    if len(puts) != 1:
        return None
    case = replace(trial.case, steps=(puts.pop(), *(one.steps[1] for one in cases)))
    return Trial(case, trial.profile) if case != trial.case else None


def isolated(case: Case, number: int) -> Case:
    """A request alone with the object it is about, as the object was by then."""
    step = case.steps[number]
    if not isinstance(step, Send | SendRaw):
        return case
    puts = [
        one
        for one in case.steps[:number]
        if isinstance(one, Put | Delete) and (one.key, one.bucket) == (step.key, step.bucket)
    ]
    last = puts[-1:] if puts and isinstance(puts[-1], Put) else []
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
    rules = violation.rules - {ReductionRule.EMPTY_OBJECT}
    if trial.several:
        # What was asked before, or at the same time, spoils any request, valid or not.
        return Signature(violation.way, frozenset(), violation.status, violation.aspect, after_others=True)
    if violation.way in BY_ASPECT and _is_an_error(judgement, violation.step):
        named = _refusable(violation, trial, judgement) or frozenset({REFUSAL})
        return Signature(violation.way, named, violation.status, violation.aspect)
    named = frozenset(faults_named(rules, trial))
    failed = violation.way in (Way.SERVER_ERROR, Way.DROPPED)
    doubts = _refusable(violation, trial, judgement) if failed and not named else frozenset()
    return Signature(violation.way, named, violation.status, violation.aspect, doubts=doubts)


def _refusable(violation: Violation, trial: Trial, judgement: Judgement) -> frozenset[str]:
    """The rules for which a request might, or had to, be refused."""
    due = judgement.expectations[violation.step] if judgement.expectations else None
    return frozenset() if due is None else frozenset(faults_named(due.refusable, trial))


def _is_an_error(judgement: Judgement, step: int) -> bool:
    outcome = judgement.transcript.outcomes[step]
    return isinstance(outcome, Reply) and outcome.status >= LEAST_ERROR


def faults_named(rules: frozenset[Rule], trial: Trial) -> list[str]:
    """Each rule that a request breaks, with the field that breaks it where that can be told."""
    fields: dict[str, list[str]] = {}
    last = trial.last
    send = read_raw(last, trial.profile).send if isinstance(last, SendRaw) else last
    if send is not None:
        reading = validity.read(send.operation, full_body(send, trial.profile), trial.profile)
        for fault in reading.faults:
            fields.setdefault(str(fault.rule), []).append(fault.words[0] if fault.words else "")
    named = []
    for rule in rules:
        places = dict.fromkeys(fields.get(str(rule), [""]))
        named += [fault_of(str(rule), place) for place in places]
    return named


def fault_of(rule: str, place: str = "") -> str:
    """One rule broken by one field, as a word."""
    return f"{place}:{rule}" if place else rule


def place_of(fault: str) -> str:
    """The field that a fault is about; empty where it is about none."""
    return fault.rpartition(":")[0]
