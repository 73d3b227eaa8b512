"""Return what reduction requests say, by name, and make one request like another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specs.case import Case
from specs.fields import Fields
from specs.reductions.profile import Profile
from specs.reductions.raw_requests import read_raw
from specs.reductions.steps import Send, SendRaw

REFUSED = Fields({"dtype": "int32", "size": 0.5})


def said(step: Send | SendRaw) -> dict[str, Any]:
    """Return everything that a request says, by name: its fields, object, sender and so on."""
    if isinstance(step, SendRaw):
        return {"object": step.about, "credentials": step.credentials, "request": replace(step, key="")}
    return {
        "operation": step.operation,
        "object": step.about,
        "interface": step.interface,
        "credentials": step.credentials,
        "spelling": step.spelled,
        **{name: Fields({name: value}).text for name, value in step.fields.items()},
    }


def like(step: Send, last: Send, names: tuple[str, ...]) -> Send:
    """Return the request with the named parts taken over from the last request."""
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
            case "spelling":
                step = replace(step, spelled=last.spelled)
            case _ if name in last.fields:
                step = replace(step, fields=Fields({**step.fields, name: last.fields[name]}))
            case _:
                step = replace(step, fields=step.fields.without(name))
    return step


def as_clients_ask(case: Case, profile: Profile) -> Case:
    """Return the case with each raw request replaced by the ordinary one that its bytes spell, if there is one."""
    steps = [read_raw(step, profile).send or step if isinstance(step, SendRaw) else step for step in case.steps]
    return replace(case, steps=tuple(steps))
