"""Read the reports of the known issues of reduction servers: their steps, and which of them a profile claims."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fuzz.findings.known import UnusableKnown
from fuzz.findings.reported import Reported, reports_of
from specs.case import Case
from specs.fields import Fields
from specs.manners import MANNERS, WELL
from specs.profile import did_you_mean
from specs.reductions.bodies import read_send
from specs.reductions.model import unclaimed
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.spellings import PLAINLY, SPELLINGS


def reports(profile: Profile) -> tuple[Reported, ...]:
    """Return the reports of the known issues whose features a profile claims; may raise UnusableKnown."""
    return reports_of(profile, _steps, lambda case: _claimed(case, profile))


def _claimed(case: Case, profile: Profile) -> bool:
    """Say whether the case asks only for features that the profile claims."""
    for step in case.steps:
        if isinstance(step, Send):
            request = read_send(step, profile).request
            if request is not None and unclaimed(request, step, profile):
                return False
    return True


def _steps(tables: Sequence[Mapping[str, Any]], where: str) -> tuple[Step, ...]:
    return tuple(_step(each, where) for one in tables for each in _each(one))


def _each(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a step for each of `times` numbered keys, whose number replaces #, and each `again` times."""
    rest = {name: value for name, value in table.items() if name not in ("times", "again")}
    for number in range(table.get("times", 1)):
        for _ in range(table.get("again", 1)):
            yield {
                name: value.replace("#", str(number)) if name in ("put", "key") else value
                for name, value in rest.items()
            }


def _step(table: Mapping[str, Any], where: str) -> Step:
    match dict(table):
        case {"put": key, "zeros": int(length), **rest}:
            return Put(key, bytes(length), **_served(rest, where))
        case {"put": key, "hex": digits, **rest}:
            return Put(key, bytes.fromhex(digits), **_served(rest, where))
        case {"delete": key, **rest}:
            return Delete(key, **rest)
        case {"send": operation, "body": body, **rest}:
            return Send(operation, _fields(body, where), **_who({"key": "a", **_spelled(rest, where)}))
        case {"raw": method, "path": path, **rest}:
            headers = tuple((name, value) for name, value in rest.pop("headers", []))
            return SendRaw(method, path, headers, rest.pop("body", "").encode(), **_who(rest))
    raise UnusableKnown(
        f"{where}: a step is a put with hex or zeros, a delete, a send with body or a raw with path, not {table!r}"
    )


def _served(rest: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a put's fields unless it names an unknown manner of serving."""
    manner = rest.get("served", WELL)
    if manner not in (WELL, *MANNERS):
        raise UnusableKnown(f"{where}: no store serves {manner!r}.{did_you_mean(str(manner), (WELL, *MANNERS))}")
    return rest


def _spelled(rest: dict[str, Any], where: str) -> dict[str, Any]:
    """Return a send's fields unless it names an unknown spelling."""
    manner = rest.get("spelled", PLAINLY)
    if manner not in (PLAINLY, *SPELLINGS):
        raise UnusableKnown(f"{where}: no request is spelled {manner!r}.{did_you_mean(str(manner), tuple(SPELLINGS))}")
    return rest


def _fields(body: str, where: str) -> Fields:
    try:
        return Fields(json.loads(body))
    except (ValueError, TypeError) as error:
        raise UnusableKnown(f"{where}: {body!r} is not the JSON of a request: {error}") from error


def _who(rest: dict[str, Any]) -> dict[str, Any]:
    """Return a step's fields with "anonymous" credentials replaced by None, as TOML has no null."""
    return {**rest, "credentials": None} if rest.get("credentials") == "anonymous" else rest
