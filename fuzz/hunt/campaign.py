"""Conduct a run by one worker or several, and account for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from fuzz.config import DEFAULT_SUBJECT
from fuzz.errors import CannotRun, UsageError
from fuzz.events import (
    Event,
    FindingFixed,
    FindingFound,
    Progress,
    PropertyDone,
    PutToTest,
    RunEnded,
    RunStarted,
    Verdict,
    Warned,
)
from fuzz.findings.known import Known, UnusableKnown, gather
from fuzz.findings.scrubbing import without_secrets
from fuzz.hunt.claims import unclaimed
from fuzz.hunt.exploration import sought
from fuzz.hunt.life import TargetLife
from fuzz.hunt.plan import Plan
from fuzz.hunt.vacuity import MANY, doubts, is_vacuous, never_at_stake, together
from fuzz.hunt.worker import Broke, Message, Tallies, Worker, chosen
from fuzz.running.lanes import SLOW_LANES
from fuzz.running.store import facts_of
from fuzz.running.targets import Target
from fuzz.subject import Property, Subject
from fuzz.versions import versions

__all__ = ["Plan", "hunt"]


class RunAccount:
    """Adds up the messages of all workers, and emits events."""

    def __init__(
        self,
        plan: Plan,
        subject: Subject,
        emit: Callable[[Event], None],
        known: Known,
        interrupted: Callable[[], bool],
    ) -> None:
        self._plan = plan
        self._subject = subject
        self.interrupted = interrupted
        self._properties = chosen(plan, subject)
        self._emit = emit
        self._known = known
        self._begun = time.monotonic()
        self._tallies: dict[int, Tallies] = {}
        self._reasons: dict[str, str] = {}
        self._warned: set[str] = set()
        self._fixed: dict[str, FindingFixed] = {}
        self._broken = 0
        self._stakes: dict[str, list[PutToTest]] = {}

    def take(self, message: Message) -> None:
        match message:
            case Tallies():
                self._tallies[message.worker] = message
                self._emit(self._progress(message.doing))
            case FindingFound(finding=finding):
                entry = self._known.match(finding)
                self._reasons[finding.id] = entry.reason if entry is not None else ""
                self._emit(replace(message, known_reason=self._reasons[finding.id]))
            case Broke(text=text):
                self._broken += 1
                self.take(Warned(text))
            case Warned(text=text):
                if text not in self._warned:
                    self._warned.add(text)
                    self._emit(message)
            case FindingFixed(finding=finding):
                self._fixed[finding.id] = message
            case PutToTest():
                self._stakes.setdefault(message.property, []).append(message)
            case _:
                self._emit(message)

    def unknown(self) -> int:
        """Count the findings of this run that nobody has accepted."""
        return sum(not reason for reason in self._reasons.values())

    def enough(self) -> bool:
        return self.interrupted() or self._found_enough()

    def _found_enough(self) -> bool:
        return self._plan.max_findings is not None and self.unknown() >= self._plan.max_findings

    def conclude(self) -> RunEnded:
        """End a run that completed without an error of the suite."""
        if self.interrupted():
            return self.close("interrupted", interrupted=True)
        return self.close("--max-findings reached" if self._found_enough() else "the budget")

    def close(self, why: str, *, broken: bool = False, interrupted: bool = False) -> RunEnded:
        """Emit the result of each property, and return the end of the run."""
        for name, fixed in self._fixed.items():
            if name not in self._reasons:
                self._emit(fixed)
        for one in self._properties:
            examples, requests, found = self._of(one.name)
            verdict = self._verdict(found)
            vacuous = self._put_to_test(one)
            if verdict != "PASS":
                vacuous = ""
            if not examples or (verdict == "PASS" and vacuous):
                verdict = "SKIP"
            self._emit(PropertyDone(one.name, verdict, examples, requests, len(found), vacuous))
        for one in self._subject.properties:
            lack = unclaimed(one, self._plan.profile, self._plan.store)
            if lack and (not self._plan.only or one.name in self._plan.only):
                self._emit(PropertyDone(one.name, "SKIP", 0, 0, 0, lack))
        verdict = "ERROR" if broken else self._verdict(set(self._reasons))
        if self._broken and verdict != "FAIL":
            verdict = "ERROR"
            why = f"{why}; the suite could not judge {self._broken} cases"
        if interrupted:
            verdict = "INTERRUPTED"
        known = len(self._reasons) - self.unknown()
        return RunEnded(
            verdict,
            self._elapsed(),
            self._requests(),
            self.unknown(),
            known,
            why,
            sum(one.known_causes_seconds for one in self._tallies.values()) / self._plan.workers,
            sum(one.shrinking_seconds for one in self._tallies.values()) / self._plan.workers,
            sum(one.sent_requests for one in self._tallies.values()),
            sum(one.known_causes_requests for one in self._tallies.values()),
            sum(one.shrinking_requests for one in self._tallies.values()),
            sum(one.given_up_requests for one in self._tallies.values()),
            self._lanes(),
        )

    def _put_to_test(self, one: Property) -> str:
        """Emit how much a property put to the test; say why the property proves nothing, or empty if it does."""
        if one.name not in self._stakes:
            return ""
        stakes = together(self._stakes[one.name])
        self._emit(stakes)
        for doubt in doubts(stakes, one):
            self.take(Warned(doubt))
        if not is_vacuous(stakes, one):
            return ""
        return _said_nothing(stakes, never_at_stake(stakes, one))

    def _verdict(self, found: set[str]) -> Verdict:
        if not found:
            return "PASS"
        return "FAIL" if any(not self._reasons.get(name) for name in found) else "KNOWN"

    def _of(self, name: str) -> tuple[int, int, set[str]]:
        rows = [one.by_property[name] for one in self._tallies.values() if name in one.by_property]
        return sum(row[0] for row in rows), sum(row[1] for row in rows), {found for row in rows for found in row[2]}

    def _progress(self, doing: str) -> Progress:
        done = sum(self._of(one.name)[0] > 0 for one in self._properties)
        known = len(self._reasons) - self.unknown()
        elapsed = self._plan.starting_seconds + self._elapsed()
        return Progress(elapsed, self._requests(), done, self.unknown(), known, doing, self._lanes())

    def _lanes(self) -> int:
        """Count the lanes of all workers; one if no worker has several."""
        lanes = [one.lanes for one in self._tallies.values()]
        return sum(lanes) if max(lanes, default=1) > 1 else 1

    def _requests(self) -> int:
        return sum(row[1] for one in self._tallies.values() for row in one.by_property.values())

    def _elapsed(self) -> float:
        return time.monotonic() - self._begun


def _said_nothing(stakes: PutToTest, idle: Sequence[str]) -> str:
    """Say why a property that was tried proves nothing."""
    few = (
        "too few requests to tell" if stakes.examples < MANY else f"after {stakes.examples:,} examples nothing to tell"
    )
    if any(name.startswith("refuses-") for name in idle):
        return f"{few}: none of them was one that must be refused"
    return f"{few}: no answer could have broken {', '.join(idle)}"


def hunt(
    plan: Plan, target: Target, emit: Callable[[Event], None], interrupted: Callable[[], bool] = lambda: False
) -> RunEnded:
    """Hunt until the budget ends, enough is found or the user interrupts.

    An interrupt is a KeyboardInterrupt; `interrupted` says whether there was one whose exception got lost.
    """
    plan = replace(plan, store=facts_of(target.store))
    try:
        known = gather(plan.findings, plan.profile)
    except UnusableKnown as error:
        raise UsageError(str(error)) from error
    account = RunAccount(plan, target.subject, emit, known, interrupted)
    emit(_started(plan, target))
    emit(sought(target.subject.accounting, plan.profile))
    for text in known.warnings():
        account.take(Warned(text))
    try:
        if plan.workers > 1:
            from fuzz.hunt.processes import Processes
            from fuzz.hunt.workers import work_together

            work_together(plan, target, account, Processes())
        else:
            with closing(target.session()) as session:
                Worker(plan, session, TargetLife.of(target), account.take).work(account.enough)
    except KeyboardInterrupt:
        return account.close("interrupted", interrupted=True)
    except CannotRun as error:
        emit(Warned(str(error)))
        return account.close(str(error), broken=True)
    return account.conclude()


def _started(plan: Plan, target: Target) -> RunStarted:
    return RunStarted(
        target=without_secrets(target.name or target.url, target.store.credentials.values()),
        store=target.store.s3_url,
        profile=plan.profile.name,
        seed=plan.seed,
        budget_seconds=plan.seconds,
        budget_examples=plan.examples,
        workers=plan.workers,
        properties=tuple(one.name for one in chosen(plan, target.subject)),
        findings_folder=str(plan.findings),
        limits=tuple(_limits(plan, target)),
        api=plan.profile.api,
        rulings_off=plan.profile.rulings_off,
        versions=tuple(versions().items()),
        subject="" if target.subject.name == DEFAULT_SUBJECT else target.subject.name,
    )


def _limits(plan: Plan, target: Target) -> Iterator[tuple[str, str]]:
    """List the limits that a run keeps to, whatever the server does."""
    if plan.max_findings is not None:
        yield "findings", f"{plan.max_findings:,}"
    if plan.lanes != 1:
        yield "slow cases at the same time", f"{SLOW_LANES}"
    yield "seconds a request", f"{target.client.timeout_seconds:g}"
    yield "bytes of an answer", f"{target.client.answers.bytes / 2**20:g} MiB"
