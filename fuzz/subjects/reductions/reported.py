"""Read a profile's known issues as reports: the smallest case, the fault, its severity, and commands that show it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from fuzz.findings import meant
from fuzz.findings.known import REPORT, UnusableKnown, refuse_symptom
from specs.case import Case
from specs.fields import Fields
from specs.manners import MANNERS, WELL
from specs.profile import did_you_mean
from specs.reductions import validity
from specs.reductions.model import full_body, unclaimed
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.spellings import PLAINLY, SPELLINGS

if TYPE_CHECKING:
    from fuzz.running.session import Judgement

SEVERITIES = ("high", "medium", "low")
KINDS = ("bug", "ruling")
USUAL = "default"


@dataclass(frozen=True, slots=True)
class Reported:
    """A report of a known issue. Its case shows the issue by a matching failure, or by taking longer than `seconds`.

    `by_hand` are commands that show the issue where the commands of the case do not; `shows` is what they print.
    `start` is the command that starts a server of that configuration.
    """

    id: str
    title: str
    requirement: str
    reason: str
    severity: str
    kind: str
    versions: tuple[str, ...]
    expected: str
    actual: str
    where: str
    case: Case
    way: str = ""
    rules: tuple[str, ...] | None = None
    status: tuple[int, ...] = ()
    aspect: str = ""
    proposal: str = ""
    configuration: str = USUAL
    api: str = ""
    seconds: float = 0.0
    by_hand: str = ""
    shows: str = ""
    start: str = ""


def reports(profile: Profile) -> tuple[Reported, ...]:
    """Return the reports of a profile's known issues whose features it claims, in its order; may raise UnusableKnown.

    Where the profile names its server's version, only reports of that version are returned.
    """
    every = (
        _reported(table, f"profile {profile.name}, known issue {number}")
        for number, table in enumerate(profile.known, 1)
        if REPORT in table
    )
    found = tuple(
        one
        for one in every
        if one.api in ("", profile.api) and profile.version in ("", *one.versions) and _claimed(one.case, profile)
    )
    for one in found:
        if sum(other.id == one.id for other in found) > 1:
            raise UnusableKnown(f"profile {profile.name}: two reports are called {one.id!r}")
    return found


def _claimed(case: Case, profile: Profile) -> bool:
    """Say whether the case asks only for features that the profile claims."""
    for step in case.steps:
        if isinstance(step, Send):
            request = validity.read_request(step.operation, full_body(step, profile), profile).request
            if request is not None and unclaimed(request, step, profile):
                return False
    return True


def _reported(known: Mapping[str, Any], where: str) -> Reported:
    names = [one.name for one in fields(Reported)]
    table = {**known[REPORT]}
    refuse_symptom(known, where)
    refuse_symptom(table, where)
    values = {name: known.get(name, "") for name in ("title", "requirement", "reason")}
    steps, together = table.pop("steps", []), table.pop("together", False)
    # A report's own requirement and symptoms may be narrower than those of the known issue.
    values["requirement"] = table.pop("requirement", values["requirement"])
    told = {name: table.pop(name) for name in meant.FIELDS if name in table}
    try:
        values.update(meant.failure_fields({name: known[name] for name in meant.FIELDS if name in known} | told))
    except ValueError as error:
        raise UnusableKnown(f"{where}: {error}") from error
    for name, value in table.items():
        if name not in names or name in values or name == "case":
            raise UnusableKnown(f"{where}: {name!r} is unknown in a report.{did_you_mean(name, names)}")
        values[name] = tuple(value) if isinstance(value, list) else value
    missing = [
        one for one in ("id", "severity", "kind", "versions", "expected", "actual", "where") if one not in values
    ]
    if missing or not steps:
        raise UnusableKnown(f"{where}: the report lacks {', '.join(missing) or 'steps'}")
    for name, allowed in (("severity", SEVERITIES), ("kind", KINDS)):
        if values[name] not in allowed:
            raise UnusableKnown(f"{where}: {name} must be one of {', '.join(allowed)}, not {values[name]!r}")
    taken = tuple(_step(each, where) for one in steps for each in _each(one))
    try:
        case = Case("known", taken, together=together)
    except ValueError as error:
        raise UnusableKnown(f"{where}: {error}") from error
    return Reported(**values, case=case)


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


def shown_by(report: Reported, judgement: Judgement) -> bool:
    """Say whether the outcome of a report's case shows the reported issue."""
    outcomes = [one for one in judgement.transcript.outcomes if one is not None]
    if report.seconds and any(one.elapsed_ms > report.seconds * 1000 for one in outcomes):
        return True
    return any(meant.fits(report, one) for one in judgement.failures)
