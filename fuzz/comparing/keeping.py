"""Wrong answers become findings like those of a run: looked into, saved, and to be sent again by asfuzz replay."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

from fuzz.comparing.judging import Judge, Prepared, Wrong
from fuzz.comparing.results import Kept
from fuzz.errors import CannotRun
from fuzz.findings.finding import Finding
from fuzz.findings.known import Known
from fuzz.findings.origin import Origin
from fuzz.hunt.life import TargetLife
from fuzz.running.session import Judgement, refused_in
from fuzz.running.targets import Target
from fuzz.transport.http import HTTP
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.outcome import Transcript
from specs.reductions import checks

# What there is no time to look into any more is saved as it came.
SECONDS_A_SERVER = 60.0
COMMAND = "compare"


def keep(
    judge: Judge,
    targets: Mapping[str, Target],
    folder: Path,
    known: Known,
    doing: Callable[[str], None],
    seconds: float = SECONDS_A_SERVER,
) -> tuple[Kept, ...]:
    """Save what the wrong answers of each server come of, in so many seconds each; the smallest question first."""
    kept: list[Kept] = []
    for name, target in targets.items():
        wrong = [one for one in judge.wrong.values() if one.contender == name]
        if wrong:
            doing(f"looking into what {name} answered wrongly")
            smallest_first = sorted(wrong, key=lambda one: one.prepared.question.side)
            for path, finding in _findings(target, smallest_first, folder, seconds):
                entry = known.match(finding)
                kept.append(Kept(name, path, finding.violation.title, "" if entry is None else entry.reason))
    return tuple(kept)


def _findings(target: Target, wrong: Sequence[Wrong], folder: Path, seconds: float) -> list[tuple[str, Finding]]:
    """Return the findings that wrong answers come of, with where they are saved."""
    end = time.monotonic() + seconds
    names: dict[str, None] = {}
    with closing(target.session()) as session:
        session.origin = replace(session.origin or Origin(), command=COMMAND)
        ledger = Ledger(folder, f"compare-{token_hex(4)}", session.reading)
        triage = Triage(session, ledger, TargetLife.of(target), lambda: time.monotonic() > end)
        try:
            for one in wrong:
                names |= dict.fromkeys(triage.look_into(one.prepared.case, _judgement(one)))
        except CannotRun:
            # The server is gone for good; what it went down with has been kept.
            names |= dict.fromkeys(ledger.named)
        finally:
            ledger.flush()
    found = (ledger.get(one) for one in names)
    return [(ledger.path_of(one.id), one) for one in found if one is not None]


def _judgement(one: Wrong) -> Judgement:
    """Return what a session would have made of the answer that was timed."""
    prepared: Prepared = one.prepared
    exchange = checks.Answered(prepared.send, one.outcome, prepared.profile)
    violations = checks.violations(exchange, prepared.due, len(prepared.case.steps) - 1)
    found = sorted(violations, key=lambda violation: violation.severity != "failure")
    transcript = Transcript(prepared.case, (None, one.outcome))
    return Judgement(transcript, tuple(found), (None, prepared.due), refused_in(transcript, HTTP))
