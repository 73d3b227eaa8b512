"""Traits of circumstances: what was asked before, an object that changes, requests at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial, isolated, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Delete, Put, Send, SendRaw

SEVERAL = "several requests"
AT_ONCE = "requests at the same time"
OVERWRITTEN = "an overwritten object"
EARLIER_REFUSAL = "an earlier refusal"
EARLIER_REQUEST = "an earlier request"
ANOTHER = "another "
WHILE = "a server that has run for a while"
# The need of a request that fails with its own data, and with no other data that has the same traits.
VERY_DATA = "this very data"
ABSENT = object()


def _alone(trial: Trial) -> Trial | None:
    if not trial.several or trial.case.together:
        return None
    return trial_of(isolated(trial.case, len(trial.case.steps) - 1), trial.profile)


def _written_once(trial: Trial) -> Trial | None:
    """The trial with each object as it is in the end, from the beginning."""
    steps = trial.case.steps
    changes = [(step.bucket, step.key) for step in steps if isinstance(step, Put | Delete)]
    if len(set(changes)) == len(changes):
        return None
    last = {(step.bucket, step.key): step for step in steps if isinstance(step, Put | Delete)}
    puts = [step for step in last.values() if isinstance(step, Put)]
    asked = [step for step in steps if isinstance(step, Send | SendRaw)]
    return trial.of_steps(*puts, *asked)


CIRCUMSTANCES: tuple[Trait, ...] = (
    Trait(SEVERAL, _alone),
    Trait(OVERWRITTEN, _written_once, within=SEVERAL),
)


def after_refusal(trial: Trial) -> Trial | None:
    """The last request after one about the same object that is refused in a plain way."""
    return _after(trial, lambda last: replace(last, fields=Fields({"dtype": "int32", "size": 0.5})))


def asked_twice(trial: Trial) -> Trial | None:
    """The last request after the same request."""
    return _after(trial, lambda last: last)


def differing_in(trial: Trial, name: str) -> Trial | None:
    """The last request after the same request but for one thing, in which an earlier one differs."""
    earlier = next((step for step in reversed(trial.case.steps[:-1]) if isinstance(step, Send)), None)
    if earlier is None or name == "object":
        return None
    return _after(trial, lambda last: _like(last, earlier, (name,)))


def _after(trial: Trial, first: Callable[[Send], Send]) -> Trial | None:
    last = trial.last
    if not isinstance(last, Send):
        return None
    about = (last.bucket, last.key)
    puts = [step for step in trial.case.steps if isinstance(step, Put) and (step.bucket, step.key) == about]
    return trial.of_steps(*puts[-1:], first(last), last)


def another(trial: Trial) -> Iterator[Trait]:
    """A trait for each thing in which earlier requests differ from the last."""
    if trial.several and not trial.case.together and isinstance(trial.last, Send):
        for name in differing(trial.case):
            yield Trait(f"{ANOTHER}{name}", _equalled(name), within=SEVERAL)


def _equalled(name: str) -> Any:
    def drop(trial: Trial) -> Trial | None:
        plain = equalled(trial.case, (name,))
        return trial_of(plain, trial.profile) if plain != trial.case else None

    return drop


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
