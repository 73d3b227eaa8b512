"""One hunter: judges cases, and makes findings of those that fail."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from fuzz.errors import CannotRun
from fuzz.events import Event, FindingFound, Warned
from fuzz.executor import Judgement, Session
from fuzz.findings.finding import Finding, Reproducibility
from fuzz.hunt.failures import Kind, kind_of, of_kind
from fuzz.hunt.memory import Memory
from fuzz.hunt.reducer import Reducer, Smallest, isolated
from fuzz.hunt.triage import Cause, cause_of, explained_by, looks_like, name_of, title_of
from fuzz.versions import suite_version
from specs.case import Case, Send, SendRaw
from specs.outcome import NoReply
from specs.violation import Violation

REDUCING_SECONDS = 15.0
TRIES_TO_REPRODUCE = 3
MOST_FAILURES_OF_A_CASE = 6
CHECKS_BEFORE_TRUST = 12
MOST_FINDINGS_OF_A_KIND = 24


class Life(Protocol):
    """Whether the target lives, and how to bring it back."""

    def alive(self) -> bool:
        """Whether it takes connections."""

    def revive(self) -> bool:
        """Bring it back or wait for it; whether it is back."""


@dataclass(slots=True)
class Tally:
    """What one property has seen."""

    examples: int = 0
    requests: int = 0
    findings: set[str] = field(default_factory=set)


class Hunter:
    """Judges cases one by one; keeps a finding for each new cause."""

    def __init__(self, session: Session, memory: Memory, life: Life, emit: Callable[[Event], None], seed: int) -> None:
        self.session = session
        self.memory = memory
        self.triage_seconds = 0.0
        self.new: set[str] = set()
        self._life = life
        self._emit = emit
        self._random = random.Random(seed)
        self._warnings: set[tuple[str, str]] = set()

    def try_case(self, case: Case, tally: Tally) -> None:
        """Judge a case; a failure becomes a finding, or is counted for one."""
        judgement = self.session.judge(case)
        tally.examples += 1
        tally.requests += sum(isinstance(step, Send | SendRaw) for step in case.steps)
        if not judgement.violations:
            return
        begun = time.monotonic()
        self._warn(judgement)
        kinds: set[tuple[Kind, int]] = set()
        for violation in judgement.failures:
            if len(kinds) < MOST_FAILURES_OF_A_CASE:
                kinds.add((kind_of(violation), violation.step))
                tally.findings.add(self._triage(case, judgement, violation))
        self.triage_seconds += time.monotonic() - begun

    def _warn(self, judgement: Judgement) -> None:
        for one in judgement.violations:
            if one.severity == "warning" and (one.requirement, one.symptom) not in self._warnings:
                self._warnings.add((one.requirement, one.symptom))
                self._emit(Warned(f"{one.requirement}: {one.title} (expected {one.expected}, got {one.actual})"))

    def _triage(self, case: Case, judgement: Judgement, violation: Violation) -> str:
        """The name of the finding that a failure belongs to."""
        died = self._after_death(case, judgement, violation)
        if died is not None:
            return died
        kind = kind_of(violation)
        single = isolated(case, violation.step)
        trusted = self._trusted(single, violation)
        if trusted is not None:
            return self._again(trusted)
        alone = self.session.judge(single)
        failing = of_kind(alone, kind)
        if failing is None:
            return self._several_steps(case, judgement, violation)
        verdict = explained_by(
            single, replace_first(alone, failing), self.memory.findings(), self.session.judge, self.session.profile
        )
        if isinstance(verdict, Finding):
            return self._again(verdict)
        if verdict is not None:
            rest = self.session.judge(verdict)
            if of_kind(rest, kind) is not None:
                single, alone = verdict, rest
        return self._reduce(single, alone, kind)

    def _trusted(self, single: Case, violation: Violation) -> Finding | None:
        """A finding that looks like the cause and has been confirmed often enough to be believed mostly."""
        for finding in self.memory.findings():
            times = self.memory.seen(finding.id)
            believed = times and self._random.random() > CHECKS_BEFORE_TRUST / (CHECKS_BEFORE_TRUST + times)
            if believed and looks_like(single, violation, finding, self.session.profile):
                return finding
        return None

    def _several_steps(self, case: Case, judgement: Judgement, violation: Violation) -> str:
        """A failure that its request alone does not show: by what came before it, or by chance."""
        kind = kind_of(violation)
        for _ in range(TRIES_TO_REPRODUCE):
            again = self.session.judge(case)
            if of_kind(again, kind) is not None:
                return self._reduce(case, again, kind)
        cause = Cause(kind, "", ("chance",))
        found = of_kind(judgement, kind)
        smallest = Smallest(case, judgement, found or violation, None)
        return self._keep(smallest, cause, "seen once")

    def _reduce(self, case: Case, judgement: Judgement, kind: Kind) -> str:
        reducer = Reducer(self.session.judge, self.session.profile, kind, REDUCING_SECONDS)
        smallest = reducer.reduce(case, judgement)
        return self._keep(smallest, cause_of(smallest), self._reproducibility(smallest, kind))

    def _reproducibility(self, smallest: Smallest, kind: Kind) -> Reproducibility:
        fails = [of_kind(self.session.judge(smallest.case), kind) is not None for _ in range(TRIES_TO_REPRODUCE)]
        return "every time" if all(fails) else "flaky"

    def _keep(self, smallest: Smallest, cause: Cause, reproducibility: Reproducibility) -> str:
        name = name_of(cause)
        if self.memory.get(name) is not None:
            return self._again_named(name)
        alike = [one for one in self.memory.findings() if kind_of(one.violation) == cause.kind]
        if len(alike) >= MOST_FINDINGS_OF_A_KIND:
            return self._again(alike[0])
        finding = Finding(
            id=name,
            fingerprint=cause.fingerprint,
            violation=replace(smallest.violation, title=title_of(smallest, cause)),
            case=smallest.case,
            outcomes=smallest.judgement.transcript.outcomes,
            needs=cause.needs,
            reproducibility=reproducibility,
            api=self.session.profile.api,
            server=self.session.client.url,
            suite=suite_version(),
        )
        self.new.add(name)
        self._emit(FindingFound(finding, str(self.memory.save(finding))))
        self.memory.saw_again(name)
        return name

    def _again(self, finding: Finding) -> str:
        return self._again_named(finding.id)

    def _again_named(self, name: str) -> str:
        first = self.memory.seen(name) == 0
        finding = self.memory.saw_again(name)
        if first:
            self._emit(FindingFound(finding, str(self.memory.folder / name)))
        return name

    def _after_death(self, case: Case, judgement: Judgement, violation: Violation) -> str | None:
        """If the server is gone, a finding with the case that ended it; then the server is brought back."""
        outcome = judgement.transcript.outcomes[violation.step]
        if (
            not isinstance(outcome, NoReply)
            or outcome.reason not in ("refused", "closed", "reset")
            or self._life.alive()
        ):
            return None
        if not self._life.revive():
            self._keep(self._death(case, judgement, violation), _death_cause(case, violation), "seen once")
            raise CannotRun(
                f"the target at {self.session.client.url} is gone and does not come back; findings are kept"
            )
        alone = isolated(case, violation.step)
        outcomes = self.session.judge(alone)
        if self._life.alive():
            alone, outcomes = case, judgement
        elif not self._life.revive():
            raise CannotRun(
                f"the target at {self.session.client.url} is gone and does not come back; findings are kept"
            )
        return self._keep(
            self._death(alone, outcomes, violation),
            _death_cause(alone, violation),
            "every time" if alone is not case else "seen once",
        )

    def _death(self, case: Case, judgement: Judgement, violation: Violation) -> Smallest:
        died = replace(
            violation, requirement="survives", title="the server ends", actual="the server is gone", symptom="gone"
        )
        return Smallest(case, judgement, replace(died, step=len(case.steps) - 1), None)


def _death_cause(case: Case, violation: Violation) -> Cause:
    step = case.steps[min(violation.step, len(case.steps) - 1)]
    needs = tuple(sorted(step.fields)) if isinstance(step, Send) else ()
    return Cause(Kind("survives", "gone"), step.operation if isinstance(step, Send) else "", needs)


def replace_first(judgement: Judgement, violation: Violation) -> Judgement:
    """The judgement with that failure first."""
    rest = tuple(one for one in judgement.violations if one is not violation)
    return replace(judgement, violations=(violation, *rest))
