"""Make a finding of a cause: its title, its needs in words, and a fingerprint that differs from other causes'."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from fuzz.findings.finding import Finding, Reproducibility
from fuzz.triage.minimal import Smallest
from fuzz.triage.shown import ANY, Shown
from fuzz.triage.traits import told_need, value_of
from fuzz.triage.trial import Signature
from specs.rules import told as in_words
from specs.violation import Violation

MANY_REFUSALS = "many refusals"


def finding_of(
    smallest: Smallest, way: Shown, reproducibility: Reproducibility, apart_from: tuple[str, ...] = ()
) -> Finding:
    """Return the finding of a smallest case, as yet without a name."""
    values = [f"{name}={value_of(smallest.trial, name)}" for name in way.needs]
    told = tuple(told_need(smallest.trial, name) for name in way.needs)
    said = smallest.trial.reading.in_words(told, smallest.trial.case)
    readings = sorted(way.reads_as, key=lambda words: (len(words), words))
    return Finding(
        id="",
        fingerprint=fingerprint_of(way.signature, way.covers, values, certain=reproducibility == "every time"),
        violation=replace(smallest.seen.violation, title=_title(smallest.seen.violation, said, ANY in way.covers)),
        case=smallest.trial.case,
        outcomes=smallest.seen.judgement.transcript.outcomes,
        needs=told,
        unproved=tuple(told_need(smallest.trial, name) for name in smallest.unproved),
        covers=tuple(sorted(way.covers)),
        not_seen_with=apart_from,
        reads_as=readings[0] if readings else "",
        reads_also=tuple(readings[1:]),
        reproducibility=reproducibility,
    )


def fingerprint_of(wanted: Signature, covers: Iterable[str], needs: Iterable[str], *, certain: bool = False) -> str:
    """Return a digest of what identifies a cause: its family, the faults that fail alike, needs with siblings.

    What needs nothing and is about no fault is told from others of its family by how it fails, if it is certain to.
    """
    told = [*sorted(covers), "", *sorted(needs)]
    how = [wanted.kind, wanted.aspect] if certain and told == [""] else []
    return hashlib.sha256("\n".join((wanted.family, *how, *told)).encode()).hexdigest()[:12]


def _title(violation: Violation, needs: Iterable[str], whatever: bool) -> str:
    """Say what is wrong and what that needs; leave the rule out if all refusals fail alike."""
    title = violation.title
    if whatever:
        title = f"{MANY_REFUSALS}: {title.removeprefix(f'{in_words(violation.rules)}: ')}"
    said = [need for need in needs if need not in title.split()]
    return f"{title} · {', '.join(said)}" if said else title
