"""Ask again about a failure in quiet: alone, on a settled server, while no other worker asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from fuzz.triage.histories import comes_again
from fuzz.triage.lab import Lab, Seen, words_of
from fuzz.triage.trial import BY_ASPECT, Signature, Trial
from specs.case import Case, at_once


class Quiet:
    """Asks the lab's server; of several workers, `alone` gives one a turn in which the others ask nothing."""

    def __init__(self, lab: Lab, alone: Callable[[], AbstractContextManager[bool]]) -> None:
        self._lab = lab
        self._alone = alone

    def fails(self, trial: Trial, first: Seen) -> Seen | None:
        """Return the failure of a request alone; of several workers each asks again while no other worker asks."""
        seen, settles = self._first_alone(trial, first), self._lab.settles
        if seen is not None and self.stands(trial, seen.signature):
            return seen
        with self._alone() as among_others:
            if not among_others:
                return None
            # What passed on a settled server may have been asked beside others whom it takes to fail.
            self._lab.settles = settles
            self._lab.forget()
            seen = self._lab.fails(trial, first.signature)
            return seen if seen is not None and self.stands(trial, seen.signature) else None

    def _first_alone(self, trial: Trial, first: Seen) -> Seen | None:
        """Return the failure of a request alone, for which something else may be due than among other requests.

        An object that came or went beside the request may be there when the request is alone, or may not. The server
        then fails in the same way, or says the same.
        """
        several, wanted = self._lab.ask(trial), first.signature
        alike = next((one for one in several if one.signature.like(wanted)), None)
        other_due = [one for one in several if wanted.way in BY_ASPECT or one.signature.faults != wanted.faults]
        of_kind = next((one for one in other_due if one.signature.kind == wanted.kind), None)
        if alike or of_kind or not at_once(first.judgement.transcript.case):
            return alike or of_kind
        said = words_of(first.judgement, first.violation.step)
        return next((one for one in other_due if said is not None and words_of(one.judgement) == said), None)

    def stands(self, trial: Trial, wanted: Signature) -> bool:
        """Say whether a request fails on a settled server too; if not, settle the server before every later trial."""
        if self._lab.settles:
            return True
        self._lab.settles = True
        self._lab.settles = self._lab.fails(trial, wanted, again=True) is None
        if self._lab.settles:
            self._lab.forget()
        return not self._lab.settles

    def comes_again(self, trial: Trial, earlier: Sequence[Case], wanted: Signature) -> bool:
        """Say whether a request fails once more, alone or after earlier ones, also while no other worker asks."""
        if not comes_again(trial, earlier, wanted, self._lab):
            return False
        with self._alone() as among_others:
            if not among_others:
                return True
            self._lab.forget()
            return comes_again(trial, earlier, wanted, self._lab)
