"""A finding sent again, and judged by today's oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fuzz.findings.finding import Finding
from specs.case import Case
from specs.outcome import NoReply, Outcome
from specs.violation import Aspect, Violation, Way

if TYPE_CHECKING:
    from fuzz.running.session import Judgement, Session

ReplayResult = Literal["FIXED", "STILL FAILING", "CHANGED", "FLAKY", "ERROR"]

TRIES = 3
TRIES_WHEN_FLAKY = 10
# Whether requests at the same time meet in a server's weak spot is chance, and once is enough to know that it is there.
TRIES_AT_ONCE = 30
# How a dying server's connection ends is chance.
DROPPED = (Aspect.CLOSED, Aspect.RESET, Aspect.TRUNCATED, Aspect.GARBLED, Aspect.GONE)


@dataclass(frozen=True, slots=True)
class Try:
    """One try's failures, and whether the server could not be reached at all."""

    failures: tuple[Violation, ...]
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay; `violation` is what fails now."""

    finding: Finding
    verdict: ReplayResult
    why: str = ""
    violation: Violation | None = None


def replay(
    finding: Finding,
    ask: Callable[[Case], Try],
    *,
    tries: int | None = None,
    api: str | None = None,
    revive: Callable[[], None] | None = None,
) -> Replayed:
    """Ask several times, and compare with what failed before.

    `revive` starts a server that has died anew, where that is possible. What `ask` raises is an ERROR: nobody knows
    then whether the server is right.
    """
    if api is not None and api != finding.api:
        return Replayed(finding, "ERROR", f"the finding is about API {finding.api}, the profile about {api}")
    most = tries or _tries(finding)
    tried: list[Try] = []
    while len(tried) < most:
        try:
            if revive is not None:
                revive()
            tried.append(ask(finding.case))
        except Exception as error:  # noqa: BLE001 - whatever stops the suite is an ERROR of this finding, not the end
            return Replayed(finding, "ERROR", f"{type(error).__name__}: {error}")
        if tried[-1].unreachable or (finding.case.together and _alike(finding, tried[-1].failures)):
            break
    return _verdict(finding, tried)


def _tries(finding: Finding) -> int:
    if finding.case.together:
        return TRIES_AT_ONCE
    return TRIES if finding.reproducibility == "every time" else TRIES_WHEN_FLAKY


def outcomes_unreachable(outcomes: tuple[Outcome, ...]) -> bool:
    """Say whether the server was gone before it was asked: no connection could be made for the first request."""
    first = next((one for one in outcomes if one is not None), None)
    return isinstance(first, NoReply) and first.reason == "refused"


def judged(session: Session, case: Case, revive: Callable[[], None] | None) -> Judgement:
    """Judge a case; a server that was gone before, or died of it, is started again by `revive`."""
    judgement = session.judge(case)
    if revive is not None and outcomes_unreachable(judgement.transcript.outcomes):
        revive()
        judgement = session.judge(case)
    if revive is not None and any(_hung_up(one) for one in judgement.transcript.outcomes):
        revive()
    return judgement


def _hung_up(outcome: Outcome) -> bool:
    return isinstance(outcome, NoReply) and outcome.reason != "timeout"


def _verdict(finding: Finding, tried: list[Try]) -> Replayed:
    if tried[-1].unreachable:
        return _gone(finding, tried)
    failing = [one for one in tried if one.failures]
    same = [_alike(finding, one.failures) for one in failing]
    shown = next((one for one in same if one), failing[0].failures[0] if failing else None)
    if not failing:
        return Replayed(finding, "FIXED", f"right {_times(len(tried))}")
    if finding.case.together and any(same):
        return Replayed(finding, "STILL FAILING", f"wrong in try {len(tried)}" if len(tried) > 1 else "", shown)
    if len(failing) < len(tried) and not finding.case.together:
        return Replayed(finding, "FLAKY", f"wrong {len(failing)} of {_times(len(tried))}", shown)
    if not any(same):
        return Replayed(finding, "CHANGED", f"now {shown.title}" if shown else "", shown)
    return Replayed(finding, "STILL FAILING", "", shown)


def _gone(finding: Finding, tried: list[Try]) -> Replayed:
    """Return the result for a server that cannot be reached any more: this case killed it, or it was gone before."""
    killed = next((one for one in finding.outcomes if isinstance(one, NoReply)), None) is not None
    before = [one for one in tried[:-1] if one.failures]
    if killed and before and _alike(finding, before[-1].failures):
        return Replayed(finding, "STILL FAILING", "and the server is gone since", before[-1].failures[0])
    if len(tried) > 1:
        return Replayed(finding, "CHANGED", "the server is gone after it", tried[-1].failures[0])
    return Replayed(finding, "ERROR", "nothing answers at the target: is the server running?")


def _alike(finding: Finding, failures: tuple[Violation, ...]) -> Violation | None:
    """Return the failure of the same requirement in the same way, if there is one."""
    together, old = finding.case.together, finding.violation
    return next((one for one in failures if _kind(one, together) == _kind(old, together)), None)


def _kind(violation: Violation, together: bool) -> tuple[object, ...]:
    """Return what tells a failure from others of the same case, whose broken rules are the same."""
    if violation.way is Way.DROPPED and violation.aspect in DROPPED:
        return "answers", "dropped"
    if together and violation.requirement not in ("answers", "survives"):
        # Which answer is wrong, and how, hangs on which requests met.
        return "answers", "wrong"
    return violation.requirement, violation.way, violation.status, violation.aspect


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
