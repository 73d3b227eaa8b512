"""Read a profile's known issues as reports: the smallest case, the fault, its severity, and commands that show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from fuzz.findings import meant
from fuzz.findings.known import REPORT, UnusableKnown, refuse_symptom
from specs.case import Case
from specs.profile import Profile, did_you_mean

if TYPE_CHECKING:
    from fuzz.running.session import Judgement

SEVERITIES = ("high", "medium", "low")
KINDS = ("bug", "ruling")
USUAL = "default"
# Returns the steps that a report's list of tables stands for; the text says where they are. Raises UnusableKnown.
ReadSteps = Callable[[Sequence[Mapping[str, Any]], str], tuple[Any, ...]]


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


def reports_of(
    profile: Profile, read_steps: ReadSteps, claimed: Callable[[Case], bool] = lambda _case: True
) -> tuple[Reported, ...]:
    """Return the reports of a profile's known issues whose features it claims, in its order; may raise UnusableKnown.

    Where the profile names its server's version, only reports of that version are returned.
    """
    every = (
        _reported(table, f"profile {profile.name}, known issue {number}", read_steps)
        for number, table in enumerate(profile.known, 1)
        if REPORT in table
    )
    found = tuple(
        one
        for one in every
        if one.api in ("", profile.api) and profile.version in ("", *one.versions) and claimed(one.case)
    )
    for one in found:
        if sum(other.id == one.id for other in found) > 1:
            raise UnusableKnown(f"profile {profile.name}: two reports are called {one.id!r}")
    return found


def _reported(known: Mapping[str, Any], where: str, read_steps: ReadSteps) -> Reported:
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
    try:
        case = Case("known", read_steps(steps, where), together=together)
    except ValueError as error:
        raise UnusableKnown(f"{where}: {error}") from error
    return Reported(**values, case=case)


def shown_by(report: Reported, judgement: Judgement) -> bool:
    """Say whether the outcome of a report's case shows the reported issue."""
    outcomes = [one for one in judgement.transcript.outcomes if one is not None]
    if report.seconds and any(one.elapsed_ms > report.seconds * 1000 for one in outcomes):
        return True
    return any(meant.fits(report, one) for one in judgement.failures)
