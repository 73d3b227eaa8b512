"""Compare smallest trials with known findings, and keep those that are new."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from fuzz.findings.finding import Reproducibility
from fuzz.running.session import Session
from fuzz.triage.general import not_seen_with
from fuzz.triage.histories import Earlier
from fuzz.triage.known_small import way_of, widened
from fuzz.triage.lab import Lab, Seen, is_silent
from fuzz.triage.ledger import Ledger
from fuzz.triage.minimal import Smallest
from fuzz.triage.readings import known_by_reading
from fuzz.triage.reproducing import is_a_silent_burden, reproduced
from fuzz.triage.same import is_plainer, is_same
from fuzz.triage.shown import Shown
from fuzz.triage.slips import of_fresh_servers, of_its_own
from fuzz.triage.spent import MOST_KNOWN_SHARE, Spent
from fuzz.triage.spoiling import what_spoilt
from fuzz.triage.telling import finding_of
from fuzz.triage.trial import Signature, Trial, of_requests_that_meet
from specs.case import at_once
from specs.violation import Way

# So many requests a cause may take to be compared with known ones, whatever finding it took.
REQUESTS_TO_COMPARE = 40


class Keeper:
    """The keeper tells whether a smallest trial has a known cause, and keeps a finding of it if not.

    `first` is the failure that is looked into, `begun` how many requests had been sent by then, and `in_company` says
    whether other requests were sent at the same time.
    """

    def __init__(self, session: Session, ledger: Ledger, lab: Lab, earlier: Earlier, spent: Spent) -> None:
        self.session = session
        self._spent = spent
        self.earlier = earlier
        self.ledger = ledger
        self.lab = lab
        self.begun = 0
        self.first: tuple[Trial, Seen] | None = None
        self.in_company = False
        # The finding of what the server remembers that another failure of the case was of.
        self.remembered_before: str | None = None

    def raced(self, wanted: Signature) -> bool:
        """Say whether a failure came beside other requests, and requests at the same time are known to fail so."""
        return self.in_company and self.ledger.race_beside(wanted) is not None

    def remembered(self, trial: Trial, wanted: Signature) -> str | None:
        """Return the known finding of what a server remembers, if a request passes where little was asked before."""
        known = self.ledger.remembering(wanted.way, trial)
        return known if known is not None and self._passes_elsewhere(known, trial) else None

    def is_of(self, known: str, trial: Trial) -> bool:
        """Say whether a request failed for what is known to be remembered, as another of its case did, or passes so."""
        return known == self.remembered_before or self._passes_elsewhere(known, trial)

    def _passes_elsewhere(self, known: str, trial: Trial) -> bool:
        passes = not trial.several and self.lab.passes_afresh(trial.case, nearly=True)
        self.remembered_before = known if passes else self.remembered_before
        return passes

    def settled(self, smallest: Smallest, failed: tuple[Trial, Seen] | None = None) -> str | None:
        """Compare a smallest trial with known findings, and return the same one, the one it replaces, or a new one.

        The trial was reduced from one that `failed`, which may turn out to have a cause of its own.
        """
        # A cause is compared even if looking for it has used up its requests: it would be told again and again.
        with self.lab.budget(max(self.lab.left, REQUESTS_TO_COMPARE)):
            return self._compared(smallest, failed)

    def _compared(
        self, smallest: Smallest, failed: tuple[Trial, Seen] | None, *, on_fresh_servers: bool = False
    ) -> str | None:
        with self.lab.on_fresh_servers(as_well=True) if on_fresh_servers else nullcontext():
            smallest, way = widened(smallest, self.lab)
        # Another worker may have found the same cause in the meantime.
        with self.ledger.alone():
            same = next((one for one in self.ledger.shown() if is_same(way, smallest.seen, one, self.lab)), None)
            known = same.finding if same else self.remembered(smallest.trial, way.signature)
            if known is None:
                plain = next((one for one in self.ledger.shown() if is_plainer(way, one, self.lab)), None)
                return self._keep(smallest, way, replaces=None if plain is None else plain.finding)
        own = None if failed is None else self._of_its_own(smallest, *failed, same)
        if own is not None:
            return self._compared(own, None, on_fresh_servers=not same)
        if same:
            self.ledger.also_shown(replace(way, finding=known))
        return self.ledger.again(known, way.signature)

    def _of_its_own(self, smallest: Smallest, trial: Trial, seen: Seen, same: Shown | None) -> Smallest | None:
        """Return the failed trial reduced anew, if its reduction slipped to a known cause, or to what is remembered."""
        if same is not None:
            return of_its_own(smallest, trial, seen, self.lab)
        # Each request to a fresh server starts one.
        return None if self._spent.much(MOST_KNOWN_SHARE) else of_fresh_servers(trial, seen, self.lab)

    def _keep(self, smallest: Smallest, way: Shown, replaces: str | None = None) -> str | None:
        meet = of_requests_that_meet(smallest.trial.case)
        if meet and (race := self.ledger.beside(way.signature, together=True)) is not None:
            return self.ledger.again(race, way.signature)
        reproducibility, needs = reproduced(smallest, self.lab)
        # What fails some of the time on a server that keeps state may have been spoilt by any earlier request.
        if reproducibility == "seen once" or (reproducibility == "flaky" and self.ledger.keeps_state(smallest.trial)):
            if way.signature.way is Way.SILENT and self.first is not None:
                return self.chance(*self.first)
            return self.chance(smallest.trial, smallest.seen)
        if reproducibility == "after a while":
            case = smallest.trial.case if self.first is None else self.first[0].case
            spoilt = what_spoilt(smallest, self.earlier.histories(case), self.lab)
            if spoilt is not None:
                smallest, way = spoilt, way_of("", spoilt, self.lab)
                reproducibility, needs = "every time", spoilt.needs
        if reproducibility == "flaky":
            at_the_same_time = at_once(smallest.trial.case) or self.in_company
            race = self.ledger.race(way.signature, cut_short=False) if at_the_same_time else None
            flaky = race or self.ledger.flaky(way.signature)
            if flaky is not None:
                return self.ledger.again(flaky, way.signature)
            # What passes by chance may seem to need anything.
            smallest, needs = replace(smallest, needs=(), unproved=smallest.needs), ()
        remembers = way.of_history and not smallest.trial.reading.stateful
        if replaces is None and (reproducibility == "flaky" or remembers):
            replaces = self._came_before(way.signature)
        way = replace(way, needs=needs)
        apart_from = not_seen_with(smallest, self.lab)
        return self.kept(smallest, way, reproducibility, replaces, apart_from)

    def _came_before(self, wanted: Signature) -> str | None:
        """Return the finding of what was seen once in this run, which a flaky server or its state now explains."""
        chance = self.ledger.of_chance(wanted)
        return chance.id if chance is not None and self.ledger.of_this_run(chance.id) else None

    def _came_once_so(self, way: Shown, *, together: bool) -> str | None:
        """Return the finding of what was seen once in this run, if it is right for the same altered request.

        Of requests at the same time it is enough if it failed in just the way that has come again.
        """
        wanted = way.signature
        chance = self.ledger.of_chance(wanted)
        if chance is None or not self.ledger.of_this_run(chance.id):
            return None
        alike = together and (chance.violation.way, chance.violation.aspect) == (wanted.way, wanted.aspect)
        return chance.id if alike or way.reads_as & {chance.reads_as, *chance.reads_also} else None

    def _met_so(self, trial: Trial, wanted: Signature) -> str | None:
        """Return the finding of requests beside each other that fail in just the same way."""
        met = (one for one in self.ledger.shown() if at_once(one.trial.case) and at_once(trial.case))
        return next((one.finding for one in met if one.signature.exact == wanted.exact), None)

    def kept(
        self,
        smallest: Smallest,
        way: Shown,
        reproducibility: Reproducibility,
        replaces: str | None = None,
        apart_from: tuple[str, ...] = (),
    ) -> str:
        if replaces is None and reproducibility != "seen once":
            replaces = self._came_once_so(way, together=at_once(smallest.trial.case))
        last_words = self.lab.life.last_words() if smallest.seen.signature.died else ""
        finding = replace(finding_of(smallest, way, reproducibility, apart_from), last_words=last_words)
        return self.ledger.keep(way, finding, self.session, self.session.sent - self.begun, replaces)

    def chance(self, trial: Trial, first: Seen) -> str | None:
        """Return the finding for failures that did not come again; None for those of a known race or kept state.

        None is made of a burden that was not answered in time, nor of any silence where the machine was busy. All such
        failures of one kind share one finding, since their cause is not known. They are of the finding about
        requests of their family that fail some of the time, where there is one.
        """
        # Another worker may have found the race or the state meanwhile.
        self.ledger.reload()
        if self.raced(first.signature) or self.ledger.keeps_state(trial) or not self.lab.heard_out(first.judgement):
            return None
        if is_silent(first.judgement) and (self.lab.held_up or is_a_silent_burden(trial, first.signature)):
            return None
        known = known_by_reading(trial, first, self.ledger.shown(), self.lab)
        known = known or self._met_so(trial, first.signature) or self.ledger.fleeting(first.signature)
        if known is not None:
            return self.ledger.again(known, first.signature)
        words = trial.reading.reads_as(trial, first, self.session.facts)
        if words and self.ledger.keeps_state():
            # What a server is known to remember may not be all that it remembers.
            return None
        way = Shown("", trial, first.signature, (), frozenset(), words)
        return self.kept(Smallest(trial, first, ()), way, "seen once")
