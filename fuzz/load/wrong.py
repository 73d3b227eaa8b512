"""Make findings of wrong answers that came under load, like those of a run: looked into, saved, to be sent again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from fuzz.errors import CannotRun
from fuzz.findings.finding import Finding
from fuzz.findings.known import Known
from fuzz.findings.origin import Origin
from fuzz.hunt.life import TargetLife
from fuzz.running.session import Judgement, Session
from fuzz.running.targets import Target
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import step_of
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.violation import Violation

# What cannot be told apart in this time is saved as it came.
SECONDS_A_LOOK = 30.0
COMMAND = "load"
MOST_LETTERS = 300


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A wrong answer of which no finding came: it did not come again, or there was no time to look into it."""

    violation: Violation
    request: str
    round: str


class WrongAnswers:
    """Looks into wrong answers, each kind of them once, and counts the rounds that had some."""

    def __init__(
        self, target: Target, session: Session, folder: Path, known: Known, doing: Callable[[str], None]
    ) -> None:
        self._known = known
        self._doing = doing
        self._until = 0.0
        session.origin = replace(session.origin or Origin(), command=COMMAND)
        self._ledger = Ledger(folder, f"load-{token_hex(4)}", session.reading, subject=session.subject.name)
        self._triage = Triage(session, self._ledger, TargetLife.of(target), lambda: time.monotonic() > self._until)
        self._names: dict[str, None] = {}
        self._seen: set[tuple[str, str, type]] = set()
        self.rounds = 0
        self.untold: list[WrongAnswer] = []

    def __call__(self, case: Case, judgement: Judgement) -> None:
        """Look into the first failure of a case, unless failures that look the same came in cases before.

        The clients of a case fail together: what one of them shows is mostly what the others show in another way.
        """
        self.rounds += 1
        kinds = {_kind(one, case) for one in judgement.failures}
        if kinds <= self._seen:
            return
        self._seen |= kinds
        self._doing("looking into a wrong answer")
        self._until = time.monotonic() + SECONDS_A_LOOK
        before = set(self._ledger.named)
        try:
            names = self._triage.look_into(case, replace(judgement, violations=judgement.failures[:1]))
        except CannotRun:
            # The server is gone for good; what it went down with has been kept.
            names = sorted(set(self._ledger.named) - before)
            if not names:
                raise
        finally:
            self._ledger.flush()
        self._names |= dict.fromkeys(names)
        if not names:
            self.untold.append(_wrong_answer(case, judgement.failures[0]))

    def findings(self) -> Iterator[tuple[str, Finding, str]]:
        """List the findings of this load: where each is saved, and why it is accepted if it is."""
        for name in self._names:
            finding = self._ledger.get(name)
            if finding is not None:
                entry = self._known.match(finding)
                yield self._ledger.path_of(name), finding, "" if entry is None else entry.reason

    @property
    def unknown(self) -> int:
        """Count the findings that nobody has accepted, and the wrong answers of which no finding came."""
        return sum(not reason for _, _, reason in self.findings()) + len(self.untold)


def _kind(violation: Violation, case: Case) -> tuple[str, str, type]:
    step = case.steps[violation.step] if 0 <= violation.step < len(case.steps) else None
    return violation.requirement, violation.title, type(step)


def _wrong_answer(case: Case, violation: Violation) -> WrongAnswer:
    step = case.steps[step_of(case, violation)]
    return WrongAnswer(violation, str(step)[:MOST_LETTERS], ", ".join(case.notes))
