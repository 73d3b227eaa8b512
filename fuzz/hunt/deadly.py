"""Learn which of several cases ends the server, where it died while they were under way together."""

from __future__ import annotations

from collections.abc import Sequence

from fuzz.running.lanes import Flight, judgement_of
from fuzz.running.session import Session
from fuzz.triage.lab import Lab, died_of, dropped_at


def ask_one_by_one(lost: Sequence[Flight], session: Session, lab: Lab) -> None:
    """Judge each case again alone, on a server that lives; if none ends it, the first did beside the others.

    Cases that are not asked before the end of the run stay as they were.
    """
    first = lost[0]
    before = judgement_of(first)
    lab.revive()
    for flight in lost:
        if lab.over():
            return
        flight.judgement = lab.noticed(session.judge(flight.case))
        if dropped_at(flight.judgement) is not None:
            lab.revive()
    if not any(dropped_at(judgement_of(one)) is not None for one in lost):
        first.judgement = died_of(before, dropped_at(before) or 0)
