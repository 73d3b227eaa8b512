"""Triage makes a finding of a failure, or counts the failure for a known finding that explains it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import chain

from fuzz.errors import CannotRun
from fuzz.events import EXPLAINING
from fuzz.running.session import Judgement, Session
from fuzz.triage.behind import behind, explain_or_mend
from fuzz.triage.budgets import REQUESTS_OF_A_RACE, in_haste, is_slow, requests_after_others, requests_for
from fuzz.triage.cause import disagrees_by, explain
from fuzz.triage.company import ALONE, Company
from fuzz.triage.histories import Earlier, after_those_beside, failing_after, smallest_history
from fuzz.triage.keeping import Keeper
from fuzz.triage.known_small import MOST_BEHIND, way_of
from fuzz.triage.lab import Lab, Life, OutOfBudget, Seen, is_silent
from fuzz.triage.ledger import Ledger
from fuzz.triage.looks import MOST_FAILURES_OF_A_CASE, Looks, step_of
from fuzz.triage.minimal import Smallest, fails_alone, minimal, rewritable, shortened, taken_apart
from fuzz.triage.plainer import lightest
from fuzz.triage.quiet import Quiet
from fuzz.triage.readings import known_by_reading
from fuzz.triage.reproducing import answers_late, is_merely_slow
from fuzz.triage.shown import Explained, Rest, Shown
from fuzz.triage.spent import KNOWN_SHARE_WITH_EARLIER, Spent
from fuzz.triage.together import apart, beside_passing, confirmed, race_of, read_after_write
from fuzz.triage.traits import narrow, present
from fuzz.triage.traits.circumstances import AT_ONCE
from fuzz.triage.trial import Signature, Trial, as_it_came, isolated, isolated_otherwise, signature, trial_of
from specs.case import Case, at_once
from specs.violation import Aspect, Violation, Way

NO_FAILURE = ""  # in place of a finding's name where an answer was late and right


class Triage:
    """Triage tells failures apart by further requests to the server, and keeps one finding for each cause."""

    def __init__(
        self,
        session: Session,
        ledger: Ledger,
        life: Life,
        over: Callable[[], bool] = lambda: False,
        elapsed: Callable[[], float] = lambda: 0.0,
        enough: Callable[[], bool] = lambda: False,
        doing: Callable[[str], None] = lambda _text: None,
        alone: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(False),
    ) -> None:
        self.session = session
        self.ledger = ledger
        self.lab = Lab(session, life, over)
        self.quiet = Quiet(self.lab, alone)
        self.earlier = Earlier(session.reading)
        self.spent = Spent(session, ledger, elapsed)
        self.looks = Looks(session.reading, ledger, self.spent)
        self.keeper = Keeper(session, ledger, self.lab, self.earlier, self.spent)
        self._smallest: Smallest | None = None
        self._came_again = False
        self._company = ALONE
        self._enough = enough
        self._doing = doing
        self._alone = alone

    def look_into(self, case: Case, judgement: Judgement, company: Company = ALONE) -> list[str]:
        """Return the names of the findings that a case's failures belong to, one for each request that failed."""
        with in_haste(self.session.client, judgement):
            return self._looked_into(case, judgement, company)

    def _looked_into(self, case: Case, judgement: Judgement, company: Company) -> list[str]:
        self._company, self.keeper.in_company = company, bool(company.cases) or at_once(case)
        self.keeper.remembered_before = None
        judgement = self.lab.noticed(judgement)
        if judgement.failures[0].aspect == Aspect.GONE and not self.lab.over():
            self._brought_back(case, judgement)
        if is_silent(judgement):
            self.lab.await_answers()
        if case.together:
            with self.spent.counted(), self._alone():
                return self._together(case, judgement)
        names, steps = list[str](), set[int]()
        for violation in judgement.failures:
            if violation.step in steps or len(steps) >= MOST_FAILURES_OF_A_CASE:
                continue
            if names and (self.lab.over() or self._enough()):
                break
            steps.add(violation.step)
            self._doing(f"{EXPLAINING} {len(steps)} of {len({one.step for one in judgement.failures})}")
            with self.spent.counted():
                names += self._named(self._failure(case, judgement, violation))
        return names

    def _brought_back(self, case: Case, judgement: Judgement) -> None:
        """Bring back a server that has died of a case; if it stays away, keep the case as a finding and raise."""
        try:
            self.lab.revive()
        except CannotRun:
            violation = judgement.failures[0]
            trial = trial_of(replace(case, steps=case.steps[: violation.step + 1]), self.session.reading)
            seen = Seen(judgement, violation, signature(violation, trial, judgement))
            self.keeper.kept(Smallest(trial, seen, ()), Shown("", trial, seen.signature, ()), "cut short")
            raise

    def _named(self, name: str | None) -> list[str]:
        """Return the name in a list; count a failure without a name as untold, but not what was none after all."""
        self.spent.untold += name is None
        return [name] if name else []

    def _failure(self, case: Case, judgement: Judgement, violation: Violation) -> str | None:
        number = step_of(case, violation)
        until = replace(case, steps=case.steps[: number + 1])
        trial = trial_of(isolated(case, number), self.session.reading)
        wanted = signature(violation, trial, judgement)
        slow, begun, fails_on = is_slow(judgement, number), self.session.sent, self.spent.fails_on(trial.case)
        if (believed := self.looks.like(trial, wanted, slow=slow)) is not None:
            return self.ledger.again(believed, wanted)
        fleeting = self.ledger.fleeting(wanted)
        remembered = self.ledger.remembering(wanted.way, trial)
        if remembered is not None and self.spent.much() and not slow and self.keeper.is_of(remembered, trial):
            return self.ledger.again(remembered, wanted)
        half_known = fleeting or remembered or self.keeper.raced(wanted)
        if (
            (half_known or self.ledger.keeps_state(trial))
            and (slow or self.spent.much())
            and not self.ledger.is_worth_another_look(fleeting)
        ):
            # What fails each time is something else than what came once, or where requests met, or is remembered.
            fails_on = fails_on and not remembered
            spoilt = self.looks.may_be_spoilt(trial, wanted, met=self.keeper.in_company, chance=fleeting)
            if spoilt and not fails_on and self.spent.passes_over(case):
                return self._unasked(fleeting, wanted)
            earlier = [] if self.spent.much(KNOWN_SHARE_WITH_EARLIER) else [*self.earlier.as_sent(until)]
            # Beside what other workers ask, a race may come again as often as it came.
            if half_known:
                again = self.quiet.comes_again(trial, earlier, wanted)
                if fails_on or again:
                    self.spent.note_in_quiet(failed=again)
                if not again:
                    return None if fleeting is None else self.ledger.again(fleeting, wanted)
        first = Seen(judgement, violation, wanted)
        self.keeper.begun, self._smallest, self.keeper.first = begun, None, (trial, first)
        self._came_again = False
        with self.lab.budget(requests_for(first, number, burden=trial.is_burden)):
            try:
                if wanted.way is Way.DISAGREES:
                    with self._alone():
                        return self._disagreement(until, first)
                others = (trial_of(one, self.session.reading) for one in isolated_otherwise(case, number))
                # Each request that looks for the cause of a burden's failure would be a burden, and cost a lot.
                light = lightest(trial, wanted, self.lab)
                if is_merely_slow(light, wanted, self.lab):
                    return NO_FAILURE
                return self._told(until, light, others, first)
            except OutOfBudget:
                return self._cut_short(until, trial, first)
            except CannotRun:
                self._cut_short(until, trial, first)
                raise

    def _unasked(self, fleeting: str | None, wanted: Signature) -> str | None:
        """Count a failure that is not sent again for what has been seen once, and for nothing else."""
        if fleeting is None or self.ledger.is_flaky(fleeting):
            return None
        return self.ledger.again(fleeting, wanted)

    def _told(self, until: Case, trial: Trial, others: Iterable[Trial], first: Seen) -> str | None:
        """Test a failure by its request alone, or after earlier ones, and return its known or new finding.

        The trials are of the request alone, with the object that it met, and with others that it may have met.
        """
        several = ((one, self.quiet.fails(one, first)) for one in chain([trial], others))
        trial, seen = next(((one, seen) for one, seen in several if seen is not None), (trial, None))
        if seen is None:
            return self._after_others(until, trial, first)
        self._came_again = True
        trial, seen = shortened(trial, seen, self.lab)
        trial = rewritable(trial, seen, self.lab)
        found, trial, seen = self._explained(trial, seen)
        if found is not None:
            return self.ledger.again(found, seen.signature)
        with self._alone() as among_others:
            if among_others:
                self.lab.forget()
                self.ledger.reload()
                again = self.lab.fails(trial, seen.signature)
                if again is None:
                    return self._after_others(until, trial, first)
                # A known finding may explain it now, as nobody else's requests spoil the proof.
                found, trial, seen = self._explained(trial, again)
                if found is not None:
                    return self.ledger.again(found, seen.signature)
            return self._new(until, trial, seen, first)

    def _explained(self, trial: Trial, seen: Seen) -> tuple[str | None, Trial, Seen]:
        """Return the known finding that explains a trial, and what is left of the trial where none does."""
        found = explain_or_mend(trial, seen, self.ledger.shown(), self.lab)
        if isinstance(found, Rest):
            return None, found.trial, found.seen
        return None if found is None else found.finding, trial, seen

    def _new(self, until: Case, trial: Trial, seen: Seen, first: Seen) -> str | None:
        """Return the finding of a failure that no known finding explains, asked while no other worker asks."""
        if (remembered := self.keeper.remembered(trial, seen.signature)) is not None:
            return self.ledger.again(remembered, seen.signature)
        smallest = self._smallest = minimal(trial, seen, self.lab)
        if not self.quiet.stands(smallest.trial, smallest.seen.signature):
            return self._after_others(until, trial, first)
        return self._settled(smallest, first, (trial, seen))

    def _settled(self, smallest: Smallest, first: Seen, failed: tuple[Trial, Seen] | None = None) -> str | None:
        """Return the finding of a smallest trial, or of the plainer request behind it."""
        plainer = taken_apart(smallest, self.lab) or behind(smallest.trial, smallest.seen, self.lab)
        if plainer is None:
            return self.keeper.settled(smallest, failed)
        name = self._of_plainer(*plainer)
        if name is None:
            return None
        self.ledger.also_shown(way_of(name, smallest, self.lab))
        return self.ledger.again(name, first.signature)

    def _of_plainer(self, trial: Trial, seen: Seen, deeper: int = MOST_BEHIND) -> str | None:
        """Return the finding about a plainer request that was found behind an invalid one, or behind that in turn."""
        found, trial, seen = self._explained(trial, seen)
        if found is not None:
            return found
        smallest = minimal(trial, seen, self.lab)
        plainer = behind(smallest.trial, smallest.seen, self.lab) if deeper else None
        return self.keeper.settled(smallest) if plainer is None else self._of_plainer(*plainer, deeper - 1)

    def _after_others(self, until: Case, trial: Trial, first: Seen) -> str | None:
        """Return the finding of a failure that needs earlier requests, or came by chance."""
        far, burden = self.spent.looks_far_back(first.signature), trial.is_burden
        with self._alone() as among_others, self.lab.budget(requests_after_others(first, far=far, burden=burden)):
            # What other workers ask is under way beside each request.
            self.keeper.in_company |= among_others
            try:
                found = failing_after(self.earlier.as_sent(until), first.signature, self.lab)
                if found is None and trial.reading.stateful and at_once(until):
                    # It may have met what another client sent, which may stand after it in the case.
                    whole = first.judgement.transcript.case
                    for read, seen in read_after_write(trial_of(whole, trial.reading), self.lab):
                        return self._failure(read.case, seen.judgement, seen.violation)
                    met = after_those_beside(whole, len(until.steps) - 1)
                    found = failing_after(self.earlier.as_sent(met), first.signature, self.lab)
                if found is None and self.keeper.raced(first.signature):
                    return None
                if found is None and (raced := self._took_company(until, first)) is not None:
                    return raced
                found = found or failing_after(self.earlier.histories(until, self._company), first.signature, self.lab)
                if found is None:
                    sent = first.judgement.transcript.case
                    return self._in_turn(sent, first) or self.keeper.chance(as_it_came(until, trial), first)
                with self.lab.budget(requests_after_others(first, burden=burden)):
                    return self._of_history(trial, *found, first)
            except OutOfBudget:
                return self.keeper.chance(as_it_came(until, trial), first)

    def _of_history(self, alone: Trial, trial: Trial, seen: Seen, first: Seen) -> str | None:
        """Return the finding of a request that fails after earlier ones, unless it fails alone after all."""
        now = self.lab.fails(alone, first.signature, again=True)
        if now is not None:
            # The server was too busy to answer when the request was tried before.
            return self._settled(minimal(alone, now, self.lab), first)
        explained = explain(trial, seen, self.ledger.shown(), self.lab)
        if isinstance(explained, Explained):
            return self.ledger.again(explained.finding, first.signature)
        if isinstance(explained, Rest):
            trial, seen = explained.trial, explained.seen
        if (named := self._in_turn(first.judgement.transcript.case, first)) is not None:
            return named
        smallest = smallest_history(trial, seen, self.lab)
        # Of few requests few orders are all there are.
        return self._in_turn(smallest.trial.case, first) or self._settled(smallest, first)

    def _in_turn(self, case: Case, first: Seen) -> str | None:
        """Return the finding of requests in lanes that fail one after the other too, and not alone, in some order."""
        wanted = replace(first.signature, after_others=True)
        for until, seen in apart(trial_of(case, self.session.reading), self.lab) if at_once(case) else ():
            alike = seen.signature.family == wanted.family and fails_alone(until, seen, self.lab) is None
            if alike or self.session.reading.stateful:
                return self._failure(until.case, seen.judgement, seen.violation)
        return None

    def _took_company(self, until: Case, first: Seen) -> str | None:
        """Return the finding of a failure that comes only at the same time as other requests, if it comes so again."""
        met = self._company.at_once(until, self.session.reading)
        case = None if met is None else beside_passing(met, self.lab)
        if case is None or not (judgement := self.lab.judge(case)).failures:
            return None
        smallest, company = self._smallest, self._company
        self._smallest, self._company = None, ALONE
        try:
            name = next(iter(self._together(case, judgement)), None)
            if name is not None and self.ledger.is_race(name):
                self.ledger.also_shown(Shown(name, trial_of(case, self.session.reading), first.signature, (AT_ONCE,)))
            return name
        finally:
            self._smallest, self._company = smallest, company
            self.keeper.first = trial_of(until, self.session.reading), first

    def _disagreement(self, until: Case, first: Seen) -> str | None:
        """Return the finding about answers that are right one by one but do not agree; nothing is reduced."""
        trial = trial_of(until, self.session.reading)
        judgement = self.lab.judge(until)
        violation = next((one for one in judgement.failures if one.way is Way.DISAGREES), None)
        if violation is None:
            return self.keeper.chance(trial, first)
        seen = Seen(judgement, violation, first.signature)
        known = disagrees_by(until, self.session.reading, self.ledger.shown())
        if known is not None:
            return self.ledger.again(known, first.signature)
        return self.keeper.kept(Smallest(trial, seen, ()), Shown("", trial, first.signature, ()), "every time")

    def _cut_short(self, until: Case, trial: Trial, first: Seen) -> str | None:
        """Return a finding when the budget has run out: one that the failure looks like, or one without proof."""
        alike = [one for one in self.ledger.shown() if one.signature.family == first.signature.family]
        known = next((one.finding for one in alike if one.concerns(trial, first.signature)), None)
        if known is not None:
            return self.ledger.again(known, first.signature)
        half_known = self.keeper.raced(first.signature) or (
            alike and (self._smallest is None or self._smallest.unproved)
        )
        of_state = not self._came_again and self.ledger.keeps_state(trial)
        if half_known or of_state or answers_late(trial, first, self.lab):
            return None
        if not self._came_again and (fleeting := self.ledger.fleeting(first.signature)) is not None:
            return self.ledger.again(fleeting, first.signature)
        shown = as_it_came(until, trial)
        smallest = self._smallest or Smallest(shown, first, (), narrow(present(shown), shown.reading))
        wanted = smallest.seen.signature
        if (known := self.ledger.cut_short(smallest.trial, wanted)) is not None:
            return self.ledger.again(known, wanted)
        way = Shown("", smallest.trial, wanted, smallest.needs, wanted.faults, reduced=not smallest.unproved)
        # Silence that was asked for again was waited for too shortly to be sure of it.
        again = self._came_again and wanted.way is not Way.SILENT
        return self.keeper.kept(smallest, way, "every time" if again else "cut short")

    def _together(self, case: Case, judgement: Judgement) -> list[str]:
        """Return findings about requests at the same time; failures that also come one by one are triaged as usual."""
        trial = trial_of(case, self.session.reading)
        violation = judgement.failures[0]
        first = Seen(judgement, violation, signature(violation, trial, judgement))
        self.keeper.begun = self.session.sent
        # Another worker may have found the race meanwhile, or seen a failure of it once.
        self.ledger.reload()
        believed = self.looks.believed_together(case, judgement, first.signature)
        if believed is not None:
            return believed
        names: list[str] = []
        with self.lab.budget(REQUESTS_OF_A_RACE):
            try:
                alone = apart(trial, self.lab)
                if alone:
                    for until, seen in alone[:MOST_FAILURES_OF_A_CASE]:
                        names += self._named(self._failure(until.case, seen.judgement, seen.violation))
                    return names
                known = self.ledger.race(first.signature, cut_short=False)
                known = known or known_by_reading(trial, first, self.ledger.shown(), self.lab)
                if known is not None:
                    return [self.ledger.again(known, first.signature)]
                again = confirmed(trial, self.lab)
                if again is None:
                    for until, seen in read_after_write(trial, self.lab)[:1]:
                        return self._named(self._failure(until.case, seen.judgement, seen.violation))
                    # What other cases asked beside them may have spoilt these requests.
                    asked = replace(case, steps=case.steps[: step_of(case, violation) + 1], together=False)
                    return self._named(self._took_company(asked, first) or self.keeper.chance(trial, first))
                # Requests at the same time may fail in another way when they are sent again.
                if (known := self.ledger.race(again.signature, cut_short=False)) is not None:
                    return [self.ledger.again(known, again.signature)]
                race = race_of(trial, again, self.lab)
                if race is None:
                    return self._named(self.keeper.chance(trial, first))
            except OutOfBudget:
                return names or [self._cut_short_together(trial, first)]
        smallest = Smallest(race.trial, race.seen, (AT_ONCE,))
        way = Shown("", race.trial, race.seen.signature, (AT_ONCE,), frozenset())
        before = self.ledger.race(way.signature, cut_short=True) or self.ledger.beside(way.signature, together=False)
        if before is None and self.keeper.in_company and (chance := self.ledger.of_chance(way.signature)) is not None:
            # What came once, beside other requests, has come again.
            before = chance.id
        return [self.keeper.kept(smallest, way, "every time" if race.every_time else "flaky", before)]

    def _cut_short_together(self, trial: Trial, first: Seen) -> str:
        """Return the finding of a race that was not looked into to the end; those that fail alike share one."""
        known = self.ledger.race(first.signature, cut_short=False) or self.ledger.race(first.signature, cut_short=True)
        known = known or self.ledger.fleeting(first.signature)
        if known is not None:
            return self.ledger.again(known, first.signature)
        way, unproved = Shown("", trial, first.signature, ()), narrow(present(trial), trial.reading)
        return self.keeper.kept(Smallest(trial, first, (), unproved), way, "cut short")
