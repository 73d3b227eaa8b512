"""One hunter: judges cases, and makes findings of those that fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace

from fuzz.errors import CannotRun
from fuzz.events import EXPLAINING, Doing, Event, Warned
from fuzz.executor import Judgement, Session
from fuzz.findings.finding import Finding
from fuzz.hunt.at_once import Race, in_turn
from fuzz.hunt.avoiding import REDUCING_DEATHS, REDUCING_HANGS, Losses, hurried, keeps_waiting, limits_for
from fuzz.hunt.beliefs import Beliefs
from fuzz.hunt.deaths import GONE, Deaths, Life, died_of
from fuzz.hunt.effort import Effort, Tally
from fuzz.hunt.explaining import Explained, Explaining, looks_like, measured
from fuzz.hunt.failures import Judge, Kind, family_of, is_silence, kind_of, narrower, of_family
from fuzz.hunt.histories import KEPT_FOR_GOOD, SEVERAL, Earlier, explains
from fuzz.hunt.keeper import Keeper
from fuzz.hunt.memory import Memory
from fuzz.hunt.mending import Mending, is_doubtful
from fuzz.hunt.races import Races
from fuzz.hunt.recognising import recognised, shown_more_plainly
from fuzz.hunt.reducer import Reducer, ReductionLimits, Smallest, isolated
from fuzz.hunt.refusals import CONCERNED, Habit, habit_of, is_about_the_sender, sender_of
from fuzz.hunt.scene import case_of, scene_of
from fuzz.hunt.silences import known_silence, looked_into
from fuzz.hunt.triage import CHANCE, OF_ALL_ERRORS, Cause, cause_of
from specs.case import Case, requests
from specs.violation import Violation

TRIES_TO_REPRODUCE = 3
MOST_FAILURES_OF_A_CASE = 6
OVERTIME_SECONDS = 3.0
RELATION = "relation-"
BY_CHANCE = ("flaky", "seen once")


class Hunter:
    """Judges cases one by one; keeps a finding for each new cause."""

    def __init__(self, session: Session, memory: Memory, life: Life, emit: Callable[[Event | Doing], None]) -> None:
        self.session = session
        self.memory = memory
        self.effort = Effort()
        self.until: float | None = None
        self.enough: Callable[[], bool] = lambda: False
        self._deaths = Deaths(session, life)
        self._losses = Losses()
        self._beliefs = Beliefs(memory, session.profile)
        self._emit = emit
        self._warnings: set[tuple[str, ...]] = set()
        self._mending = Mending(self._deaths.judge, session.profile)
        self._habits: dict[str, Habit | None] = {}
        self._earlier = Earlier()
        self._keeper = Keeper(session, memory, emit)
        self.races = Races(self._deaths.judge, memory, self._keeper, self._seconds_left)

    def try_case(self, case: Case, tally: Tally) -> None:
        """Judge a case; a failure becomes a finding, or is counted for one."""
        if self._losses.too_many() and self._losses.likely(case, self.memory.scenes(), self.session.profile):
            return
        begun, made = time.monotonic(), self._keeper.made
        self._keeper.named.clear()
        judgement = self.session.judge(case)
        tally.examples += 1
        tally.requests += requests(case)
        if tally.stakes is not None:
            tally.stakes.look(case, judgement)
        self._warn(judgement)
        if judgement.failures:
            self._look_into(case, judgement, tally)
        # A run of so many examples is to be the same each time, whatever it costs.
        if self.until is not None and self._keeper.made == made:
            self._losses.note(self._keeper.named, time.monotonic() - begun)
        self._earlier.note(case)

    def _look_into(self, case: Case, judgement: Judgement, tally: Tally) -> None:
        """Make findings of a case's failures, one for each request."""
        died = self._deaths.noticed(judgement)
        if died is not None:
            with self._accounted(tally):
                tally.findings.add(self._death(case, died))
        elif case.together:
            self._sort_out(case, judgement, tally)
        else:
            self._failures(case, judgement, tally)

    def _failures(self, case: Case, judgement: Judgement, tally: Tally) -> None:
        taken: dict[int, bool] = {}
        for violation in judgement.failures:
            if taken and (self.enough() or self._seconds_left(float("inf")) <= OVERTIME_SECONDS):
                break
            # Behind the form of all errors there may be something that is wrong with this one.
            general = violation.requirement in OF_ALL_ERRORS
            fresh = violation.step not in taken or taken[violation.step] > general
            if fresh and len(taken) < MOST_FAILURES_OF_A_CASE:
                taken[violation.step] = general
                self._emit(Doing(f"{EXPLAINING} {len(taken)} of {len({one.step for one in judgement.failures})}"))
                self._mending.begin()
                with self._accounted(tally):
                    tally.findings.add(self._triage(case, judgement, violation))

    def _sort_out(self, case: Case, judgement: Judgement, tally: Tally) -> None:
        """Failures of requests at the same time; those that they show one after the other too go the usual way."""
        kind = kind_of(judgement.failures[0])
        if self._beliefs.is_chance(kind, self._spent()) is not None:
            tally.findings.add(self._by_chance(case, judgement, kind))
            return
        hangs = any(is_silence(kind_of(one)) for one in judgement.failures)
        with self._accounted(tally), hurried(self.session.client) if hangs else nullcontext():
            found = self.races.asking().sort_out(case, judgement)
            apart = list(found.apart)
            if found.race is not None and found.race.is_clear:
                tally.findings.add(self.races.keep(found.race))
            elif found.race is not None and not apart:
                before = map(self._deaths.judge, self._earlier.before(in_turn(case, 0)))
                apart = [one for one in before if one.failures][:1] or self.races.hold(found.race)
            if found.known is not None:
                tally.findings.add(self._keeper.again(found.known.id, kind_of(found.known.violation)))
        for one in apart:
            if kind_of(one.failures[0]) == GONE:
                with self._accounted(tally):
                    tally.findings.add(self._death(one.transcript.case, one))
            else:
                self._failures(one.transcript.case, one, tally)

    @contextmanager
    def _accounted(self, tally: Tally) -> Iterator[None]:
        """Note what a failure cost, under known or new."""
        begun, sent, made = time.monotonic(), self.session.sent, self._keeper.made
        self._keeper.since = sent
        yield
        self._keeper.since = None
        seconds, asked = time.monotonic() - begun, self.session.sent - sent
        if self._keeper.made > made:
            tally.new += 1
            self.effort.new_seconds += seconds
            self.effort.new_requests += asked
        else:
            self.effort.known_seconds += seconds
            self.effort.known_requests += asked

    def _warn(self, judgement: Judgement) -> None:
        for one in judgement.violations:
            if one.severity == "warning" and (one.requirement, *one.ids) not in self._warnings:
                self._warnings.add((one.requirement, *one.ids))
                self._emit(Warned(f"{one.requirement}: {one.title} (expected {one.expected}, got {one.actual})"))

    def _reducer(self, kind: Kind, limits: ReductionLimits) -> Reducer:
        limits = replace(limits, seconds=self._seconds_left(limits.seconds))
        return Reducer(self._judge_with_care, self.session.profile, kind, limits, self._beliefs.strays)

    def _seconds_left(self, seconds: float) -> float:
        """So many seconds, or fewer: nothing runs over the end of the run by more than little."""
        if self.until is None:
            return seconds
        return min(seconds, max(0.0, self.until - time.monotonic()) + OVERTIME_SECONDS)

    def _spent(self) -> float:
        """The share of the requests that went into telling known findings apart; all, where time is being lost."""
        return 1.0 if self._losses.too_many() else self.effort.known_requests / max(1, self.session.sent)

    def _judge_with_care(self, case: Case) -> Judgement:
        """Judge a case; where failures come by chance, only what fails twice has failed."""
        judgement = self._deaths.judge(case)
        findings = self.memory.findings()
        by_chance = any(one.reproducibility in BY_CHANCE and not one.case.together for one in findings)
        return self._deaths.judge(case) if judgement.failures and by_chance else judgement

    def _measure(self) -> None:
        """Find out how far the findings reach of which it is not known yet."""
        self.memory.measure(lambda known: measured(known, self._deaths.judge))

    def _triage(self, case: Case, judgement: Judgement, violation: Violation) -> str:
        """The name of the finding that a failure belongs to."""
        self._measure()
        kind = kind_of(violation)
        habitual = self._habitual(kind)
        if habitual is not None:
            return habitual
        until = replace(case, steps=case.steps[: violation.step + 1])
        if kind.requirement.startswith(RELATION):
            return self._disagreement(until, kind)
        single = isolated(case, violation.step)
        believed = self._beliefs.believed(single, violation, self._spent())
        if believed is not None:
            return self._keeper.again(believed.id, kind)
        if is_silence(kind) or keeps_waiting(judgement, violation.step):
            return self._silence(single, kind)
        alone = self._deaths.judge(single)
        if narrower(alone, kind) is None:
            return self._several_steps(until, judgement, kind)
        if is_about_the_sender(single, kind, self._deaths.judge):
            return self._denied(single, alone, kind)
        explained = self._explained(single, kind)
        if explained is not None and explained.finding is not None:
            return self._keeper.again(explained.finding.id, kind)
        if not self._stands(single, kind):
            return self._several_steps(until, judgement, kind)
        plainer = self._mending.again(single, kind)
        if plainer is not None:
            return self._triage(plainer.transcript.case, plainer, plainer.failures[0])
        for_good = self.memory.of_fingerprint(Cause(kind, KEPT_FOR_GOOD).fingerprint)
        if for_good is not None and self._deaths.passes_afresh(single):
            return self._keeper.again(for_good.id, kind)
        if explained is not None:
            rest = case_of(explained.rest, single.property)
            judged = self._deaths.judge(rest)
            failure = of_family(judged, family_of(kind))
            if failure is not None:
                return self._reduce(rest, judged, kind_of(failure))
        return self._reduce(single, alone, kind)

    def _denied(self, single: Case, alone: Judgement, kind: Kind) -> str:
        """One cause whatever else is wrong with the request: who sends it is not let in."""
        cause = Cause(Kind("accepts-valid", kind.status), (sender_of(single) or "anonymous",), of_scene=True)
        same = self.memory.of_fingerprint(cause.fingerprint)
        if same is not None:
            return self._keeper.again(same.id, kind)
        return self._keeper.keep(self._reducer(kind, limits_for(alone)).reduce(single, alone), cause, "every time")

    def _stands(self, single: Case, kind: Kind) -> bool:
        """Whether a request fails whatever was asked before it; if not, the server keeps state."""
        if self._deaths.settles:
            return True
        self._deaths.settles = True
        stands = narrower(self._deaths.judge(single), kind) is not None
        self._deaths.settles = not stands
        return stands

    def _habitual(self, kind: Kind) -> str | None:
        """The finding of what the server gets wrong in refusals of all sorts, if the failure is that."""
        if kind.requirement not in CONCERNED:
            return None
        if kind.requirement not in self._habits:
            self._habits[kind.requirement] = habit_of(kind.requirement, "malformed", self._deaths.judge)
        habit = self._habits[kind.requirement]
        if habit is None or not habit.covers(kind):
            return None
        return self._keeper.keep(habit.smallest, Cause(habit.kind, ()), "every time")

    def _explained(self, single: Case, kind: Kind) -> Explained | None:
        scene = scene_of(single, self.session.profile)
        if scene is None:
            return None
        return Explaining(self._deaths.judge, single.property, kind).explain(scene, self.memory.scenes())

    def _silence(self, single: Case, kind: Kind) -> str:
        known = known_silence(self.memory, single, kind)
        if known is not None:
            return self._keeper.again(known.id, kind)

        def reducer(silent: Kind) -> Reducer:
            return self._reducer(silent, REDUCING_HANGS)

        found = looked_into(single, self.session.client, self._deaths.judge, reducer, self.session.profile)
        if isinstance(found, Judgement):
            return self._by_chance(single, found, kind)
        return self._keeper.keep(*found, "every time")

    def _disagreement(self, until: Case, kind: Kind) -> str:
        """Answers that are right each by itself, and do not agree: with less asked, they might have no reason to."""
        judged = self._deaths.judge(until)
        if (failure := narrower(judged, kind)) is None:
            return self._by_chance(until, judged, kind)
        return self._keeper.keep(Smallest(until, judged, failure, None), Cause(kind, ()), "every time")

    def _several_steps(self, until: Case, judgement: Judgement, kind: Kind) -> str:
        """A failure that its request alone does not show: by what was asked before, or by chance."""
        if self._beliefs.is_chance(kind, self._spent()) is not None:
            return self._by_chance(until, judgement, kind)
        believed = self._beliefs.keeps_state(kind, self._spent())
        if believed is not None:
            return self._keeper.again(believed.id, kind)
        for history in self._earlier.histories(until, self.session.profile):
            judged = self._deaths.judge(history)
            failure = _last(judged)
            if failure is None:
                continue
            known = self._remembered(history)
            if known is not None:
                return self._keeper.again(known.id, kind_of(failure))
            return self._reduce(history, judged, kind_of(failure))
        keeps_state = self.memory.about_several()
        if keeps_state is not None:
            return self._keeper.again(keeps_state.id, kind)
        return self._by_chance(until, judgement, kind)

    def _remembered(self, history: Case) -> Finding | None:
        """A finding about several requests that is what makes a history fail."""

        def fails(case: Case) -> bool:
            return _last(self._deaths.judge(case)) is not None

        for finding in self.memory.findings():
            certain = SEVERAL in finding.needs and finding.reproducibility == "every time"
            if certain and explains(finding.needs, history, fails):
                return finding
        return None

    def _by_chance(self, case: Case, judgement: Judgement, kind: Kind) -> str:
        found = narrower(judgement, kind) or next(iter(judgement.failures), None)
        if found is None:
            seen = kind.seen or Violation(kind.requirement, "", "", "")
            found = replace(
                seen, title="seen once and not again", expected="the same answer each time", actual="a failure once",
                step=-1,
            )  # fmt: skip
        return self._keeper.keep(Smallest(case, judgement, found, None), Cause(kind, (CHANCE,)), "seen once")

    def _reduce(self, case: Case, judgement: Judgement, kind: Kind) -> str:
        smallest = self._reducer(kind, limits_for(judgement)).reduce(case, judgement)
        fails = [self._fails_so(smallest, self._deaths.judge) for _ in range(TRIES_TO_REPRODUCE)]
        if not all(fails):
            return self._keeper.keep(smallest, Cause(kind, (CHANCE,)), "flaky")
        if not self._stands(smallest.case, kind_of(smallest.violation)):
            # A server that keeps state led the reduction astray; from now on it is settled before each try.
            return self._reduce_again(case, kind)
        return self._settle(smallest)

    def _reduce_again(self, case: Case, kind: Kind) -> str:
        judgement = self._deaths.judge(case)
        if narrower(judgement, kind) is None:
            return self._several_steps(case, judgement, kind)
        return self._reduce(case, judgement, kind)

    def _fails_so(self, smallest: Smallest, judge: Judge) -> bool:
        return of_family(judge(smallest.case), family_of(kind_of(smallest.violation))) is not None

    def _settle(self, smallest: Smallest) -> str:
        """A smallest case against what is known: the same cause, a plainer case of it, or a new one."""
        kind = kind_of(smallest.violation)
        habitual = self._habitual(kind)
        if habitual is not None:
            return habitual
        if is_doubtful(smallest.scene, kind):
            plainer = self._mending.plainer(smallest.case, kind)
            if plainer is not None:
                return self._triage(plainer.transcript.case, plainer, plainer.failures[0])
        cause = cause_of(smallest, self._deaths.judge)
        # Another worker may have come upon the same cause meanwhile.
        self.memory.reload()
        self._measure()
        known = recognised(smallest, cause, self.memory, self._deaths.judge)
        if known is not None:
            return self._keeper.again(known.id, cause.kind)
        less_plain = shown_more_plainly(smallest, cause, self.memory, self._deaths.judge)
        if less_plain is not None:
            return self._keeper.keep(smallest, cause, "every time", less_plain.id)
        if SEVERAL not in cause.needs and self._deaths.passes_afresh(smallest.case):
            return self._keeper.keep(smallest, Cause(kind, KEPT_FOR_GOOD), "after a while")
        return self._keeper.keep(smallest, cause, "every time")

    def _death(self, case: Case, died: Judgement) -> str:
        """A finding with the smallest case that ends the server, as far as it can be brought back."""
        step = died.failures[0].step
        single = isolated(case, step)
        scene = scene_of(single, self.session.profile)
        for known in self.memory.scenes():
            if scene is not None and kind_of(known.finding.violation) == GONE and looks_like(scene, known):
                name = self._keeper.again(known.finding.id, GONE)
                self._deaths.revive()
                return name
        cause = Cause(GONE, died_of(case, step))
        smallest = Smallest(case, died, died.failures[0], None)
        if not self._deaths.cheap:
            name = self._keeper.keep(smallest, cause, "seen once")
            self._deaths.revive()
            return name
        try:
            self._deaths.revive()
        except CannotRun:
            self._keeper.keep(smallest, cause, "seen once")
            raise
        again = self._deaths.judge(single)
        if narrower(again, GONE) is None and case.together:
            found = self.races.asking().look_into(case, died)
            if isinstance(found, Race):
                return self.races.keep(found)
            case = found.transcript.case
        if narrower(again, GONE) is None:
            single, again = case, self._deaths.judge(case)
        if narrower(again, GONE) is None:
            return self._keeper.keep(smallest, cause, "seen once")
        smallest = self._reducer(GONE, REDUCING_DEATHS).reduce(single, again)
        return (
            self._settle(smallest)
            if smallest.scene is None
            else self._keeper.keep(smallest, cause_of(smallest, self._deaths.judge), "every time")
        )


def _last(judgement: Judgement) -> Violation | None:
    """What is wrong with the answer to a case's last request."""
    last = len(judgement.transcript.case.steps) - 1
    return next((one for one in judgement.failures if one.step == last), None)
