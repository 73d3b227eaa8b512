"""Recognise failures that look like known findings, where a proof by requests would cost too much."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from fuzz.running.session import Judgement
from fuzz.triage.budgets import is_slow
from fuzz.triage.ledger import Ledger
from fuzz.triage.others import has_others
from fuzz.triage.reading import Reading
from fuzz.triage.shown import Shown
from fuzz.triage.spent import COMPARING_SHARE_OF_SEVERAL, KNOWN_SHARE_WITH_OTHERS, Spent
from fuzz.triage.trial import Signature, Trial, isolated, signature, trial_of
from specs.case import Case
from specs.violation import Violation, Way

# A finding must have been seen this often before failures that look like it are counted for it without a request.
CONFIRMATIONS = 3
MOST_FAILURES_OF_A_CASE = 6


class Looks:
    """Compares failures with known findings by their traits and by how they fail, without a request."""

    def __init__(self, reading: Reading, ledger: Ledger, spent: Spent) -> None:
        self._reading = reading
        self._ledger = ledger
        self._compared = 0
        self.spent = spent

    def believed(self, case: Case, judgement: Judgement, *, met: bool = False) -> list[str] | None:
        """Count a case for the known findings that all its failures look like, and return their names.

        None if one of the failures does not look like a known finding, so that the case must be looked into; but most
        that what a server remembers may have spoilt, or a race where the case has `met` others, are passed over once
        known causes have cost much. Where comparing takes much time, one failure of each sort is compared, or one at
        all.
        """
        if any(one.way is Way.DISAGREES for one in judgement.failures):
            return None
        if case.together:
            whole = trial_of(case, self._reading)
            return self.believed_together(case, judgement, signature(judgement.failures[0], whole, judgement))
        failures = first_failures(case, judgement)
        self._compared += 1
        if self.spent.much_comparing():
            failures = one_of_each_sort(failures, self._compared)
        if self.spent.much_comparing(COMPARING_SHARE_OF_SEVERAL):
            failures = one_in_turn(failures, self._compared)
        failed = [self._as_failed(case, judgement, *one) for one in failures]
        spoilt = [self.may_be_spoilt(trial, wanted, met=met) for trial, wanted, _ in failed]
        if all(spoilt) and self.spent.passes_over(case):
            self.spent.untold += 1
            return []
        names = [self.like(trial, wanted, slow=slow) for trial, wanted, slow in failed]
        if not all(name or doubtful for name, doubtful in zip(names, spoilt, strict=True)):
            return None
        if not all(names) and not self.spent.passes_over(case):
            return None
        self.spent.untold += not all(names)
        return [self._ledger.again(name, wanted) for name, (_, wanted, _) in zip(names, failed, strict=True) if name]

    def _as_failed(
        self, case: Case, judgement: Judgement, number: int, violation: Violation
    ) -> tuple[Trial, Signature, bool]:
        """Return the request that failed alone, how it failed, and whether it was slow."""
        trial = trial_of(isolated(case, number), self._reading)
        return trial, signature(violation, trial, judgement), is_slow(judgement, number)

    def may_be_spoilt(self, trial: Trial, wanted: Signature, *, met: bool, chance: str | None = None) -> bool:
        """Say whether what a server remembers, a flaky bug, a race or chance has failed just like a failure."""
        ledger = self._ledger
        if ledger.all_come_each_time():
            return False
        alike = {name for name in ledger.looked_like(wanted) if not ledger.comes_each_time(name)}
        if not alike:
            return False
        return (
            chance in alike
            or (met and ledger.race_beside(wanted) in alike)
            or ledger.flaky_of(wanted) in alike
            or ledger.remembering(wanted.way, trial) in alike
        )

    def may_be_of_a_race(self, wanted: Signature) -> bool:
        """Say whether a known race has failed just like a failure."""
        race = self._ledger.race_beside(wanted)
        return race is not None and race in self._ledger.looked_like(wanted)

    def believed_together(self, case: Case, judgement: Judgement, wanted: Signature) -> list[str] | None:
        """Count a case of requests at the same time for a known race, or for findings that its failures look like."""
        race = self._ledger.race(wanted, cut_short=False) if self.spent.much() else None
        if race is not None:
            return [self._ledger.again(race, wanted)]
        return self.believed(replace(case, together=False), judgement)

    def like(self, trial: Trial, wanted: Signature, *, slow: bool = False) -> str | None:
        """Return the finding that a failure looks like, if it is of its very case or a proof would cost too much.

        Each request of a proof is waited for where the failure was `slow` or silent, and starts a server that died.
        """
        shown = [one for one in self._ledger.shown() if one.signature.family == wanted.family]
        own = next((one.finding for one in shown if _is_its_own(one, trial, wanted)), None)
        dear = slow or wanted.way is Way.SILENT or wanted.died
        if own is not None or not (dear or self.spent.much()):
            return own
        alike = self._ledger.looked_like(wanted, roughly=dear)
        often = [one for one in shown if one.finding in alike and (dear or self._is_sure(one.finding))]
        fitting = [one for one in often if one.is_of_traits or (slow and _errs_alike(one, wanted))]
        known = [one for one in fitting if _tells_apart(one, wanted)]
        for other in chain([trial], trial.reading.come_to_the_same(trial)) if known else ():
            found = next((one.finding for one in known if one.concerns(other, wanted)), None)
            if found is not None:
                return found if dear or self.spent.much(KNOWN_SHARE_WITH_OTHERS) or not has_others(trial) else None
        return None

    def _is_sure(self, name: str) -> bool:
        """Say whether failures may be counted for a finding unasked.

        A flaky finding has no needs, so that every failure of its family would look like it: those are sent again.
        """
        return self._ledger.confirmations(name) >= CONFIRMATIONS and not self._ledger.is_flaky(name)


def first_failures(case: Case, judgement: Judgement) -> list[tuple[int, Violation]]:
    """Return the step and the first violation of each request that failed, of as many requests as are looked into."""
    failed = {step_of(case, one): one for one in reversed(judgement.failures)}
    return sorted(failed.items(), key=lambda one: one[0])[:MOST_FAILURES_OF_A_CASE]


def one_of_each_sort(failures: list[tuple[int, Violation]], number: int) -> list[tuple[int, Violation]]:
    """Return one failure of each sort; the number chooses which, so that each has its turn."""
    sorts: dict[tuple[object, ...], list[tuple[int, Violation]]] = {}
    for one in failures:
        failed = one[1]
        sorts.setdefault((failed.way, failed.status, failed.aspect, failed.rules), []).append(one)
    return [several[number // len(sorts) % len(several)] for several in sorts.values()]


def one_in_turn(failures: list[tuple[int, Violation]], number: int) -> list[tuple[int, Violation]]:
    """Return one failure of several; the number chooses which."""
    return [failures[number % len(failures)]]


def _is_its_own(one: Shown, trial: Trial, wanted: Signature) -> bool:
    """Say whether the smallest case of a finding fails as it did, which is the finding itself."""
    known = one.signature
    alike = known.kind == wanted.kind and known.faults == wanted.faults and known.look == wanted.look
    return alike and one.trial.case.steps == trial.case.steps


def _tells_apart(one: Shown, wanted: Signature) -> bool:
    """Say whether a finding has needs or faults that a failure can be seen to have, or else fails just like it.

    What needs nothing would concern every valid request that fails.
    """
    known = one.signature
    return bool(one.needs or known.blamed) or known.exact == wanted.exact


def _errs_alike(one: Shown, wanted: Signature) -> bool:
    """Say whether a failure is just like that of a finding about particular data of a certain sort, such as a codec's.

    Other data would have to be sent to prove that the failure hangs on the data, and might take as long each time.
    """
    return len(one.needs) > 1 and one.signature.kind == wanted.kind


def step_of(case: Case, violation: Violation) -> int:
    """Return the number of the step that a violation is about; the last one if it is about the whole case."""
    return violation.step if violation.step >= 0 else len(case.steps) - 1
