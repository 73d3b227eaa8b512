"""Find the earlier requests on which a failure depends, and reduce them to those that matter."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, takewhile
from typing import Any

from fuzz.triage.company import ALONE, HISTORY, Company, without_burdens
from fuzz.triage.lab import Lab, OutOfBudget, Seen
from fuzz.triage.minimal import Marks, Smallest, fails_alone, minimal
from fuzz.triage.reading import Reading
from fuzz.triage.traits.circumstances import (
    EARLIER_REFUSAL,
    EARLIER_REQUEST,
    SEVERAL,
    after_refusal,
    asked_twice,
    differing,
    differing_in,
)
from fuzz.triage.trial import Signature, Trial, has_company, trial_of
from specs.case import Case, lane_of, requests, weight
from specs.violation import Way

KEPT = Marks(after_others=True)
MOST_CONTENTS = 512
MOST_EARLIER = 24
MOST_CASES = 4
MANY_CASES = 24
MOST_BYTES = 64 * 2**10
MOST_TO_COME_AGAIN = 50


class Earlier:
    """The requests that a server may remember: the latest cases, and the latest requests by content and by setting."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._requests: OrderedDict[bytes, deque[Any]] = OrderedDict()
        self._cases: deque[Case] = deque(maxlen=MANY_CASES)
        self._told: dict[str, tuple[Any, ...]] = {}

    def note(self, case: Case) -> None:
        """Remember the requests of a case."""
        if len(case.steps) <= MOST_EARLIER and weight(case) <= MOST_BYTES:
            light = without_burdens(case, self._reading)
            self._cases.append(light)
            self._note_fields(light)
        content = _content(case)
        if content is None:
            return
        about = self._requests.setdefault(content, deque(maxlen=MOST_EARLIER))
        self._requests.move_to_end(content)
        about.extend(step for step in case.steps if step.asks)
        while len(self._requests) > MOST_CONTENTS:
            self._requests.popitem(last=False)

    def _note_fields(self, case: Case) -> None:
        """Remember the last request that told each setting, since a setting that sticks may be of any age."""
        prepared: dict[Hashable, Any] = {}
        for step in case.steps:
            if not step.asks:
                if not step.removes:
                    prepared[step.about] = step
            else:
                before = prepared.get(step.about)
                steps = (step,) if before is None else (before, step)
                for name in self._reading.settings(step):
                    self._told.pop(name, None)
                    self._told[name] = steps

    def histories(self, case: Case, company: Company = ALONE) -> Iterator[Case]:
        """List the case after earlier requests, each time first with all requests sent as clients send them."""
        for one in self.before(case, company):
            yield from self.as_sent(one)

    def as_sent(self, case: Case) -> Iterator[Case]:
        """List the case with all requests sent as clients send them, where it has others, and as it stands.

        Its answers are judged one by one: once steps are left out or made alike, those left need not agree.
        """
        case = self._reading.unrelated(case)
        plain = self._reading.as_clients_ask(case)
        if plain != case:
            yield plain
        yield case

    def before(self, case: Case, company: Company = ALONE) -> Iterator[Case]:
        """List the case after requests about its objects, its company's, the latest ones, and each setting's last."""
        about = self._requests.get(_content(case) or b"")
        if about:
            prepared = tuple(step for step in case.steps if not step.asks)
            rest = (step for step in case.steps if step.asks)
            yield Case(HISTORY, (*prepared, *about, *rest))
        beside = company.before(case, self._reading)
        if beside is not None:
            yield beside
        lately = [one.steps for one in self._cases]
        latest, told = lately[-MOST_CASES:], list(dict.fromkeys(self._told.values()))
        if latest:
            yield self._after(case, latest)
        if any(steps[-1] not in chain(*latest) for steps in told):
            yield self._after(case, told)
        if len(lately) > MOST_CASES:
            yield self._after(case, lately)

    def _after(self, case: Case, several: Iterable[Sequence[Any]]) -> Case:
        """Put the steps of others before the case, about objects of their own."""
        apart = self._reading.set_apart
        before = [apart(step, number) for number, steps in enumerate(several) for step in steps]
        return Case(HISTORY, (*before, *case.steps))


def _content(case: Case) -> bytes | None:
    """Return a digest of all that a case prepares; None if the case changes it later."""
    prepared = [step for step in case.steps if not step.asks]
    if not prepared or case.steps[: len(prepared)] != tuple(prepared) or any(step.removes for step in prepared):
        return None
    return hashlib.sha256(pickle.dumps(prepared)).digest()


def smallest_history(trial: Trial, seen: Seen, lab: Lab) -> Smallest:
    """Return the fewest and plainest earlier requests that make the last one fail, none if it now fails alone."""
    # What changed or went away before the last request may be all that it took.
    alone = fails_alone(trial, seen, lab)
    return _smallest_of_several(trial, seen, lab) if alone is None else minimal(*alone, lab)


def _smallest_of_several(trial: Trial, seen: Seen, lab: Lab) -> Smallest:
    trial, seen = _fewest_steps(trial, seen, lab)
    for name, made in ((EARLIER_REFUSAL, after_refusal), (EARLIER_REQUEST, asked_twice)):
        other = made(trial)
        came = None if other is None else _fails_after_others(other, seen, lab)
        if other is not None and came is not None:
            found = minimal(other, came, lab, KEPT)
            needs = (name, *(need for need in found.needs if need != SEVERAL and not need.startswith("another ")))
            return replace(found, needs=needs)
    for name in differing(trial.case, trial.reading):
        other = differing_in(trial, name)
        came = None if other is None else _fails_after_others(other, seen, lab)
        if other is not None and came is not None:
            return minimal(other, came, lab, KEPT)
    return minimal(trial, seen, lab, KEPT)


def _fails_after_others(trial: Trial, seen: Seen, lab: Lab) -> Seen | None:
    """Return how a trial fails like another one, unless its last request alone does: that has a cause of its own."""
    came = lab.fails(trial, seen.signature)
    return None if came is None or fails_alone(trial, came, lab) is not None else came


def _fewest_steps(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen]:
    """Leave out halves of the earlier steps, then quarters, and in the end single steps."""
    share = max(1, (len(trial.case.steps) - 1) // 2)
    while True:
        for start in range(0, len(trial.case.steps) - 1, share):
            end = min(start + share, len(trial.case.steps) - 1)
            steps = (*trial.case.steps[:start], *trial.case.steps[end:])
            if not _makes_sense(steps):
                continue
            fewer = trial_of(replace(trial.case, steps=steps), trial.reading)
            came = _fails_after_others(fewer, seen, lab)
            if came is not None:
                trial, seen = fewer, came
                break
        else:
            if share == 1:
                return trial, seen
            share //= 2
        share = max(1, min(share, (len(trial.case.steps) - 1) // 2))


def _makes_sense(steps: Sequence[Any]) -> bool:
    """Say whether anything is left before or beside the last request that it may depend on."""
    return has_company(Case(HISTORY, tuple(steps)))


def after_those_beside(case: Case, number: int) -> Case:
    """Return the case up to a step, with all that other clients send beside it before it in the order of the steps."""
    step, later = case.steps[number], case.steps[number + 1 :]
    beside = takewhile(lane_of, later) if lane_of(step) else ()
    others = (one for one in beside if lane_of(one) != lane_of(step))
    return replace(case, steps=(*case.steps[:number], *others, step))


def wrong_after(case: Case, reading: Reading, wanted: Signature, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return the case as a trial if its last request fails like the wanted failure: by silence, death or an answer."""
    trial = trial_of(case, reading)
    unheard = (wanted.way is Way.SILENT, wanted.died)
    alike = (one for one in lab.ask(trial) if (one.signature.way is Way.SILENT, one.signature.died) == unheard)
    seen = next(alike, None)
    return None if seen is None else (trial, seen)


def failing_after(histories: Iterable[Case], wanted: Signature, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return the request after earlier ones that make it fail, if any do; settle the server from then on."""
    settled, lab.settles = lab.settles, True
    lab.forget()
    for history in (one for one in histories if requests(one) <= lab.left):
        found = wrong_after(history, lab.session.reading, wanted, lab)
        if found is not None and found[0].several:
            return found
    lab.settles = settled
    return None


def comes_again(trial: Trial, as_sent: Iterable[Case], wanted: Signature, lab: Lab) -> bool:
    """Say whether a request fails once more, alone or after the earlier ones of its case; not if the run is over."""
    with lab.budget(MOST_TO_COME_AGAIN):
        try:
            if lab.fails(trial, wanted) is not None:
                return True
            return any(wrong_after(case, trial.reading, wanted, lab) is not None for case in as_sent)
        except OutOfBudget:
            return False
