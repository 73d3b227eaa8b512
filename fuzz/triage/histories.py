"""What was asked before a request: where a failure hangs on it, and what of it matters."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import Smallest, minimal
from fuzz.triage.traits.circumstances import (
    EARLIER_REFUSAL,
    EARLIER_REQUEST,
    SEVERAL,
    after_refusal,
    asked_twice,
    differing,
    differing_in,
)
from fuzz.triage.trial import Signature, Trial, trial_of
from specs.case import Case, requests
from specs.reductions.profile import Profile
from specs.reductions.raw_requests import read_raw
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.violation import Way

# With more before them, requests whose answers should agree no longer stand where their relation looks for them.
HISTORY = "history"
MOST_CONTENTS = 512
MOST_EARLIER = 24
MOST_CASES = 4
MANY_CASES = 24
MOST_BYTES = 64 * 2**10


class Earlier:
    """What a server may remember: the latest cases, the latest requests of each content, the last to tell a field."""

    def __init__(self) -> None:
        self._requests: OrderedDict[bytes, deque[Send | SendRaw]] = OrderedDict()
        self._cases: deque[Case] = deque(maxlen=MANY_CASES)
        self._told: dict[str, tuple[Step, ...]] = {}

    def note(self, case: Case) -> None:
        """Remember what a case asked."""
        if len(case.steps) <= MOST_EARLIER and _bytes(case) <= MOST_BYTES:
            self._cases.append(case)
            self._note_fields(case)
        content = _content(case)
        if content is None:
            return
        about = self._requests.setdefault(content, deque(maxlen=MOST_EARLIER))
        self._requests.move_to_end(content)
        about.extend(step for step in case.steps if isinstance(step, Send | SendRaw))
        while len(self._requests) > MOST_CONTENTS:
            self._requests.popitem(last=False)

    def _note_fields(self, case: Case) -> None:
        """A setting that sticks was told by the last request that told it, however long ago that is."""
        puts: dict[tuple[str, str], Put] = {}
        for step in case.steps:
            if isinstance(step, Put):
                puts[step.bucket, step.key] = step
            elif isinstance(step, Send):
                put = puts.get((step.bucket, step.key))
                steps = (step,) if put is None else (put, step)
                for name in step.fields:
                    self._told.pop(name, None)
                    self._told[name] = steps

    def histories(self, case: Case, profile: Profile) -> Iterator[Case]:
        """The case by itself and with what was asked before, first with every request asked as clients do."""
        for one in (case, *self.before(case)):
            plain = as_clients_ask(one, profile)
            if plain != one:
                yield plain
            yield one

    def before(self, case: Case) -> Iterator[Case]:
        """The case with what was asked before: about its objects, lately, and last about each field."""
        about = self._requests.get(_content(case) or b"")
        if about:
            puts = tuple(step for step in case.steps if isinstance(step, Put))
            rest = (step for step in case.steps if not isinstance(step, Put))
            yield Case(HISTORY, (*puts, *about, *rest))
        lately = [one.steps for one in self._cases]
        for some in (lately[-MOST_CASES:], lately):
            if some:
                yield _after(case, some)
        told = list(dict.fromkeys(self._told.values()))
        if any(steps[-1] not in chain(*lately) for steps in told):
            yield _after(case, told)


def _after(case: Case, several: Iterable[Sequence[Step]]) -> Case:
    """The case after others' steps, which are about objects of their own."""
    before = [replace(step, key=f"{step.key}{number}") for number, steps in enumerate(several) for step in steps]
    return Case(HISTORY, (*before, *case.steps))


def as_clients_ask(case: Case, profile: Profile) -> Case:
    """The case with the requests within its raw ones, where there are any."""
    steps = [read_raw(step, profile).send or step if isinstance(step, SendRaw) else step for step in case.steps]
    return replace(case, steps=tuple(steps))


def _bytes(case: Case) -> int:
    return sum(len(step.data) for step in case.steps if isinstance(step, Put))


def _content(case: Case) -> bytes | None:
    """A digest of all that a case puts; None where it changes it later."""
    puts = [step for step in case.steps if isinstance(step, Put)]
    if not puts or case.steps[: len(puts)] != tuple(puts) or any(isinstance(step, Delete) for step in case.steps):
        return None
    digest = hashlib.sha256()
    for put in puts:
        digest.update(f"{put.bucket}/{put.key}\0{put.served}\0{len(put.data)}\0".encode())
        digest.update(put.data)
    return digest.digest()


def smallest_history(trial: Trial, seen: Seen, lab: Lab) -> Smallest:
    """The fewest earlier requests that make the last one fail, and what of them matters."""
    trial, seen = _fewest_steps(trial, seen, lab)
    for name, made in ((EARLIER_REFUSAL, after_refusal), (EARLIER_REQUEST, asked_twice)):
        other = made(trial)
        came = None if other is None else lab.fails(other, seen.signature)
        if other is not None and came is not None:
            found = minimal(other, came, lab)
            needs = (name, *(need for need in found.needs if need != SEVERAL and not need.startswith("another ")))
            return replace(found, needs=needs)
    for name in differing(trial.case):
        other = differing_in(trial, name)
        came = None if other is None else lab.fails(other, seen.signature)
        if other is not None and came is not None:
            return minimal(other, came, lab)
    return minimal(trial, seen, lab)


def _fewest_steps(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen]:
    """Leave out halves of the earlier steps, quarters of them, and in the end each by itself."""
    share = max(1, (len(trial.case.steps) - 1) // 2)
    while True:
        for start in range(0, len(trial.case.steps) - 1, share):
            end = min(start + share, len(trial.case.steps) - 1)
            steps = (*trial.case.steps[:start], *trial.case.steps[end:])
            if not _makes_sense(steps):
                continue
            fewer = trial_of(replace(trial.case, steps=steps), trial.profile)
            came = lab.fails(fewer, seen.signature)
            if came is not None:
                trial, seen = fewer, came
                break
        else:
            if share == 1:
                return trial, seen
            share //= 2
        share = max(1, min(share, (len(trial.case.steps) - 1) // 2))


def _makes_sense(steps: Sequence[Step]) -> bool:
    """Whether something is asked before the last request."""
    return requests(Case(HISTORY, tuple(steps))) > 1


def wrong_after(case: Case, profile: Profile, wanted: Signature, lab: Lab) -> tuple[Trial, Seen] | None:
    """The case as a trial, if its last request fails in the family that is wanted."""
    trial = trial_of(case, profile)
    unheard = (wanted.way is Way.SILENT, wanted.died)
    alike = (one for one in lab.ask(trial) if (one.signature.way is Way.SILENT, one.signature.died) == unheard)
    seen = next(alike, None)
    return None if seen is None else (trial, seen)
