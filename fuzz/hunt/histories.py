"""What comes before a request: where it is needed for a failure, and what of it matters."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from specs.case import Case, Delete, Put, Send, SendRaw, Step, requests
from specs.fields import Fields
from specs.manners import WELL, a_store
from specs.profile import Profile
from specs.raw_requests import read_raw

SEVERAL = "several requests"
AT_ONCE = "requests at the same time"
OVERWRITTEN = "an overwritten object"
ANOTHER = "another "
EARLIER_REFUSAL = "an earlier refusal"
# What fails every time, but not on a server that nobody has asked anything.
KEPT_FOR_GOOD = (SEVERAL, "a server that has run for a while")
# With more before them, requests whose answers should agree no longer stand where their relation looks for them.
HISTORY = "history"
MOST_CONTENTS = 512
MOST_EARLIER = 24
MOST_CASES = 4
MOST_BYTES = 64 * 2**10
ABSENT = object()
# Requests after which a server that remembers remembers nothing special: the plainest, and one that says it all.
SETTLING = Case(
    "settling",
    (
        Put("a", bytes(8)),
        Send("sum", Fields({"dtype": "int32"}), "a"),
        Send(
            "sum",
            Fields(
                {
                    "dtype": "int32",
                    "byte_order": "little",
                    "offset": 0,
                    "size": 8,
                    "shape": [1, 2],
                    "order": "C",
                    "axis": [0, 1],
                    "selection": [[0, 1, 1], [0, 2, 1]],
                }
            ),
            "a",
        ),
    ),
)


class Earlier:
    """What a server may remember: the latest cases, the latest requests of each content, the last to tell a field."""

    def __init__(self) -> None:
        self._requests: OrderedDict[bytes, deque[Send | SendRaw]] = OrderedDict()
        self._cases: deque[Case] = deque(maxlen=MOST_CASES)
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
        if lately:
            yield _after(case, lately)
        told = list(dict.fromkeys(self._told.values()))
        if any(steps[-1] not in chain(*lately) for steps in told):
            yield _after(case, told)


def _after(case: Case, several: Iterable[Sequence[Step]]) -> Case:
    """The case after others' steps, which are about objects of their own."""
    before = [_renamed(step, f"{number}") for number, steps in enumerate(several) for step in steps]
    return Case(HISTORY, (*before, *case.steps))


def _renamed(step: Step, mark: str) -> Step:
    """The step about an object of another name, so that cases do not share any."""
    return replace(step, key=f"{step.key}{mark}")


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


def aspects(step: Send | SendRaw) -> dict[str, Any]:
    """What a request says, by name."""
    if isinstance(step, SendRaw):
        return {"object": (step.bucket, step.key), "credentials": step.credentials, "request": replace(step, key="")}
    return {
        "operation": step.operation,
        "object": (step.bucket, step.key),
        "interface": step.interface,
        "credentials": step.credentials,
        **{name: Fields({name: value}).text for name, value in step.fields.items()},
    }


def differing(case: Case) -> tuple[str, ...]:
    """What a case's requests do not have in common."""
    asked = [aspects(step) for step in case.steps if isinstance(step, Send | SendRaw)]
    names = dict.fromkeys(name for one in asked for name in one)
    return tuple(name for name in names if any(one.get(name, ABSENT) != asked[0].get(name, ABSENT) for one in asked))


def alike(case: Case) -> Iterator[Case]:
    """Cases whose requests differ in one thing less: what the last one says, the others say too."""
    for name in differing(case):
        yield equalled(case, (name,))


def equalled(case: Case, names: tuple[str, ...]) -> Case:
    """The case with the earlier requests made like the last in some aspects."""
    last = case.steps[-1]
    if not isinstance(last, Send):
        return case
    steps = [_like(step, last, names) if isinstance(step, Send) else step for step in case.steps[:-1]]
    return replace(case, steps=(*steps, last))


def _like(step: Send, last: Send, names: tuple[str, ...]) -> Send:
    for name in names:
        match name:
            case "operation":
                step = replace(step, operation=last.operation)
            case "object":
                step = replace(step, bucket=last.bucket, key=last.key)
            case "interface":
                step = replace(step, interface=last.interface)
            case "credentials":
                step = replace(step, credentials=last.credentials)
            case _ if name in last.fields:
                step = replace(step, fields=Fields({**step.fields, name: last.fields[name]}))
            case _:
                step = replace(step, fields=step.fields.without(name))
    return step


def less_of_all(case: Case) -> Iterator[Case]:
    """Cases of which every request has a field less."""
    sends = [step for step in case.steps if isinstance(step, Send)]
    for name in dict.fromkeys(name for send in sends for name in send.fields):
        steps = [replace(one, fields=one.fields.without(name)) if isinstance(one, Send) else one for one in case.steps]
        yield replace(case, steps=tuple(steps))


def explains(needs: Collection[str], history: Case, fails: Callable[[Case], bool]) -> bool:
    """Whether a finding about several requests is what makes a history fail."""
    if EARLIER_REFUSAL in needs:
        return fails(after_refusal(history))
    plain = neutralised(history, needs)
    return plain != history and not fails(plain)


def after_refusal(case: Case) -> Case:
    """The last request after one about the same object that is refused in a plain way."""
    last = case.steps[-1]
    if not isinstance(last, Send):
        return case
    puts = tuple(step for step in case.steps if isinstance(step, Put | Delete))
    return replace(case, steps=(*puts, replace(last, fields=Fields({"dtype": "int32", "size": 0.5})), last))


def neutralised(case: Case, needs: Collection[str]) -> Case:
    """The case without what a finding about several requests needs."""
    names = tuple(need.removeprefix(ANOTHER) for need in needs if need.startswith(ANOTHER))
    if names:
        return equalled(case, names)
    last = case.steps[-1]
    before = [step for step in case.steps[:-1] if isinstance(step, Put | Delete)]
    return replace(case, steps=(*before, last))


def request_needs(case: Case) -> tuple[str, ...]:
    """What stands out in a case that is no scene."""
    found = []
    if case.together:
        found.append(AT_ONCE)
    elif requests(case) > 1:
        found += [SEVERAL, *(f"{ANOTHER}{name}" for name in differing(case))]
    found += bad_stores(case)
    changes = [(step.bucket, step.key) for step in case.steps if isinstance(step, Put | Delete)]
    if len(set(changes)) < len(changes):
        found.append(OVERWRITTEN)
    return tuple(found)


def bad_stores(case: Case) -> tuple[str, ...]:
    """How the objects of a case are served that are not served well."""
    badly = dict.fromkeys(step.served for step in case.steps if isinstance(step, Put) and step.served != WELL)
    return tuple(a_store(manner) for manner in badly)
