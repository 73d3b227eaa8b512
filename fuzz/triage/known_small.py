"""Tell by the smallest form of a failure whether a known finding is its cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fuzz.triage.behind import OTHERWISE, behind, explain_or_mend
from fuzz.triage.general import faults_alike
from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import Smallest, minimal, taken_apart
from fuzz.triage.other_data import hangs_on_its_data
from fuzz.triage.readings import reads_as_with_other_data
from fuzz.triage.same import is_same
from fuzz.triage.shown import ANY, Explained, Rest, Shown
from fuzz.triage.slips import of_its_own
from fuzz.triage.traits.circumstances import VERY_DATA
from fuzz.triage.trial import REFUSAL, Trial

# So often a request found behind an invalid one is looked behind in turn.
MOST_BEHIND = 3


def way_of(name: str, smallest: Smallest, lab: Lab, alike: frozenset[str] = frozenset()) -> Shown:
    """Return the way in which a smallest trial shows a finding; `alike` are the faults that fail in the same way."""
    wanted = smallest.seen.signature
    words = reads_as_with_other_data(smallest.trial, smallest.seen, lab)
    reduced = not smallest.unproved
    return Shown(name, smallest.trial, wanted, smallest.needs, alike | wanted.faults, words, reduced, smallest.own)


def widened(smallest: Smallest, lab: Lab) -> tuple[Smallest, Shown]:
    """Return a smallest trial with the needs that are left if other faults or other data are asked too, and its way."""
    alike = faults_alike(smallest, lab)
    wanted = smallest.seen.signature
    doubtful = wanted.way in OTHERWISE and not (wanted.faults or wanted.after_others)
    about_anything = wanted.faults == {REFUSAL}
    if ANY in alike or ((doubtful or about_anything) and alike - wanted.blamed):
        # Plain requests with other faults fail alike, so nothing else about this request is needed.
        smallest = replace(smallest, needs=(), unproved=())
    if hangs_on_its_data(smallest.trial, smallest.seen, lab):
        smallest = replace(smallest, needs=(VERY_DATA,), unproved=())
    return smallest, way_of("", smallest, lab, alike)


def known_once_small(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Shown | None:
    """Return the way in which a known finding shows in a failed trial once that is reduced; None if none is known."""
    several = list(known)
    smallest = minimal(trial, seen, lab)
    plainer = taken_apart(smallest, lab) or behind(smallest.trial, smallest.seen, lab)
    if plainer is None:
        return _same(smallest, (trial, seen), several, lab)
    found = _of_plainer(*plainer, several, lab)
    return None if found is None else way_of(found, smallest, lab)


def _same(smallest: Smallest, failed: tuple[Trial, Seen] | None, known: list[Shown], lab: Lab) -> Shown | None:
    """Return the way of a known finding in which a smallest trial shows, or the failed one reduced without slipping.

    What was not reduced to its end, or needs nothing and breaks no rule, is not told.
    """
    smallest, way = widened(smallest, lab)
    if smallest.unproved or not (way.needs or way.signature.blamed):
        return None
    same = next((one.finding for one in known if is_same(way, smallest.seen, one, lab)), None)
    if same is None:
        return None
    own = None if failed is None else of_its_own(smallest, *failed, lab)
    return replace(way, finding=same) if own is None else _same(own, None, known, lab)


def _of_plainer(trial: Trial, seen: Seen, known: list[Shown], lab: Lab, deeper: int = MOST_BEHIND) -> str | None:
    """Return the known finding of a plainer request that was found behind a smallest one, or behind that in turn."""
    found = explain_or_mend(trial, seen, known, lab)
    if isinstance(found, Explained):
        return found.finding
    if isinstance(found, Rest):
        trial, seen = found.trial, found.seen
    smallest = minimal(trial, seen, lab)
    plainer = behind(smallest.trial, smallest.seen, lab) if deeper else None
    if plainer is not None:
        return _of_plainer(*plainer, known, lab, deeper - 1)
    way = _same(smallest, None, known, lab)
    return None if way is None else way.finding
