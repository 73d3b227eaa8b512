"""Recognise failures of known findings by requests that are asked beside others.

To explain a failure by a known finding takes no quiet: a request that fails with nothing but the finding's needs, and
passes without each of them, shows that whatever else is asked meanwhile. So does a failure's smallest form, where that
is of a known finding. The rest takes quiet, and is left to triage.
"""

from __future__ import annotations

from collections.abc import Callable

from fuzz.running.session import Judgement, Session
from fuzz.triage.behind import explain_or_mend
from fuzz.triage.budgets import is_slow, requests_for
from fuzz.triage.known_small import known_once_small
from fuzz.triage.lab import Lab, Life, OutOfBudget, Seen, dropped_at, is_silent, was_cut_off
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import Looks, first_failures, step_of
from fuzz.triage.minimal import rewritable, shortened
from fuzz.triage.plainer import lightened
from fuzz.triage.reading import Reading
from fuzz.triage.shown import Explained, Rest
from fuzz.triage.trial import Signature, Trial, isolated, signature, trial_of
from specs.case import Case, at_once
from specs.violation import Violation, Way

# So often a request is sent once more where others may have spoilt its answers.
TRIES_BESIDE_OTHERS = 3


class LabBesideOthers(Lab):
    """Asks trials beside other requests, and gives up where an answer does not come or the server may have died."""

    def __init__(self, session: Session, life: Life, over: Callable[[], bool], *, outlives_drops: bool) -> None:
        super().__init__(session, life, over)
        self._may_drop = outlives_drops

    def noticed(self, judgement: Judgement) -> Judgement:
        may_have_died = dropped_at(judgement) is not None and not (self._may_drop and was_cut_off(judgement))
        if is_silent(judgement) or may_have_died:
            raise OutOfBudget
        return judgement


class Recogniser:
    """Finds the known finding of each failure of a case, without making a new one."""

    def __init__(self, reading: Reading, ledger: Ledger, looks: Looks, alone: Lab) -> None:
        """Take the lab that asks the same server alone, which knows the server's life."""
        self._reading = reading
        self._ledger = ledger
        self._looks = looks
        self._alone = alone

    def may_try(self, case: Case, judgement: Judgement) -> bool:
        """Say whether the failures of a case may be of known findings, and can be asked about beside other requests."""
        if not self._ledger.shown() or (at_once(case) and not self._may_come_alone(case, judgement)):
            return False
        return all(
            one.way not in (Way.DISAGREES, Way.SILENT) and not is_slow(judgement, step_of(case, one))
            for one in judgement.failures
        )

    def _may_come_alone(self, case: Case, judgement: Judgement) -> bool:
        """Say whether requests at the same time may each fail alone as well, for what their meeting does not matter."""
        each = all(one.step >= 0 for one in judgement.failures)
        return case.together and each and not self._reading.stateful

    def recognised(
        self, case: Case, judgement: Judgement, session: Session, *, reduces: bool = False
    ) -> list[str] | None:
        """Count a case for the known findings that explain all its failures, and return their names.

        None if a failure is not explained, so that triage must look into the case. If it `reduces`, a failure that is
        not explained as it is may be once it is reduced.
        """
        alone = self._alone
        lab = LabBesideOthers(session, alone.life, alone.over, outlives_drops=alone.outlives_drops)
        found: list[tuple[str, Signature]] = []
        for number, violation in first_failures(case, judgement):
            try:
                one = self._known(case, judgement, number, violation, lab, reduces)
            except OutOfBudget:
                one = None
            if one is None:
                return None
            found.append(one)
        return [self._ledger.again(*one) for one in found]

    def _known(
        self, case: Case, judgement: Judgement, number: int, violation: Violation, lab: Lab, reduces: bool
    ) -> tuple[str, Signature] | None:
        trial = trial_of(isolated(case, number), self._reading)
        wanted = signature(violation, trial, judgement)
        believed = self._looks.like(trial, wanted)
        if believed is not None:
            return believed, wanted
        if self._ledger.flaky_of(wanted) is not None:
            return None
        if not self._looks.spent.tells_beside() and self._looks.may_be_of_a_race(wanted):
            # What is asked beside others would meet them as the failure did.
            return None
        # Beside other requests no burden is asked.
        light = lightened(trial) or trial
        with lab.budget(requests_for(Seen(judgement, violation, wanted), number)):
            seen = lab.fails(light, wanted)
            if seen is None:
                return None
            known = self._explained(light, seen, lab, reduces)
            if known is None and self._fails_on(light, wanted, lab):
                self._looks.spent.note_fails_on(trial.case)
        return known

    def _fails_on(self, trial: Trial, wanted: Signature, lab: Lab) -> bool:
        """Say whether a request that has failed again fails each time, where something may spoil some answers."""
        if self._ledger.remembering(wanted.way, trial) is not None:
            # What a server remembers may make a request fail each time, for as long as others ask it.
            return False
        spoilt = self._ledger.fleeting(wanted) or self._ledger.race_beside(wanted)
        return not spoilt or all(lab.fails(trial, wanted, again=True) for _ in range(TRIES_BESIDE_OTHERS))

    def _explained(self, trial: Trial, seen: Seen, lab: Lab, reduces: bool) -> tuple[str, Signature] | None:
        """Return the known finding that explains a request which has failed again, as it is or once it is reduced."""
        trial, seen = shortened(trial, seen, lab)
        trial = rewritable(trial, seen, lab)
        explained = explain_or_mend(trial, seen, self._ledger.shown(), lab)
        if isinstance(explained, Explained):
            return explained.finding, seen.signature
        if isinstance(explained, Rest):
            trial, seen = explained.trial, explained.seen
        if not reduces or self._ledger.remembering(seen.signature.way, trial) is not None:
            return None
        way = known_once_small(trial, seen, self._ledger.shown(), lab)
        if way is None:
            return None
        self._ledger.also_shown(way)
        return way.finding, way.signature
