"""Send a case again, to learn how reliably it fails."""

from __future__ import annotations

from fuzz.findings.finding import Reproducibility
from fuzz.triage.lab import Lab, OutOfBudget, Seen
from fuzz.triage.minimal import Smallest
from fuzz.triage.traits.circumstances import WHILE
from fuzz.triage.trial import Signature, Trial
from specs.case import requests
from specs.violation import Way

TRIES_TO_REPRODUCE = 4


def reproduced(smallest: Smallest, lab: Lab) -> tuple[Reproducibility, tuple[str, ...]]:
    """Send a smallest case again, and return how reliably it fails and what it needs."""
    wanted = smallest.seen.signature
    if wanted.way is Way.SILENT:
        # Silence was tried with a short timeout, so it must also last for the whole timeout before it is reported.
        return ("every time" if lab.stays_silent(smallest.trial, wanted) else "seen once"), smallest.needs
    hits = tries = 0
    # What a failure takes to be told rightly is asked even if looking for its cause has used up its requests.
    with lab.budget(TRIES_TO_REPRODUCE * requests(smallest.trial.case)):
        try:
            while tries < TRIES_TO_REPRODUCE:
                hits += lab.fails(smallest.trial, wanted, again=True) is not None
                tries += 1
        except OutOfBudget:
            # The run is over.
            pass
    if hits < tries:
        return ("flaky" if hits else "seen once"), smallest.needs
    if tries < TRIES_TO_REPRODUCE:
        return ("every time" if hits else "cut short"), smallest.needs
    if not smallest.trial.several and lab.passes_afresh(smallest.trial.case):
        return "after a while", (WHILE,)
    return "every time", smallest.needs


def answers_late(trial: Trial, first: Seen, lab: Lab) -> bool:
    """Say whether a request whose answer was not waited for to the end is answered after all, or cannot be asked.

    A burden is asked again in any case: how long it takes hangs on how busy the machine is.
    """
    if lab.heard_out(first.judgement) and not is_a_silent_burden(trial, first.signature):
        return False
    try:
        return not lab.stays_silent(trial, first.signature)
    except OutOfBudget:
        return True


def is_merely_slow(trial: Trial, wanted: Signature, lab: Lab) -> bool:
    """Say whether a silent request that keeps the server busy is answered once it is asked alone, with patience.

    In haste such a request never is, so that each that looked for the cause of its silence would be waited for in vain.
    """
    return is_a_silent_burden(trial, wanted) and not lab.stays_silent(trial, wanted)


def is_a_silent_burden(trial: Trial, wanted: Signature) -> bool:
    """Say whether a request that keeps the server busy was not answered in time."""
    return wanted.way is Way.SILENT and trial.is_burden
