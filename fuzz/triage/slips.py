"""Find out whether a reduction slipped from one cause to another, and reduce the failure anew if it did.

Of two bugs that show alike, such as sums and selections that both take missing values for data, a failure of the one
may be reduced to a case of the other. That case then passes with the operation or dtype that the failure had.
"""

from __future__ import annotations

from contextlib import suppress

from fuzz.errors import CannotRun
from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import MANY_NEEDS, Marks, Smallest, minimal
from fuzz.triage.others import has_others, needs_others
from fuzz.triage.traits import closure, has, values_apart, with_siblings_of
from fuzz.triage.trial import Trial

# A failure may take so many requests to be reduced, where each one that fails is sent to a server of its own as well.
REQUESTS_ON_FRESH_SERVERS = 160


def of_its_own(smallest: Smallest, trial: Trial, seen: Seen, lab: Lab) -> Smallest | None:
    """Return the failed trial reduced with its own operation, dtype and the like, if it had slipped without them.

    It had if the smallest case passes with these, though its mistake would show; or, where it is not known what the
    mistake is, if it also needs what the trial lacks, or needs nothing and fails in another way. It also had if the
    failed trial passes where others do nothing unusual, and the smallest case needs nothing of the sort; or if the two
    look different and are right for different altered requests.
    """
    reading, facts = trial.reading, lab.session.facts
    if not has_others(smallest.trial) and needs_others(trial, seen, lab):
        return minimal(trial, seen, lab, Marks(by_others=True))
    words = reading.reads_as(smallest.trial, smallest.seen, facts)
    lacks = not all(has(trial, name) for name in smallest.needs)
    other_way = not smallest.needs and smallest.seen.signature.kind != seen.signature.kind
    apart = values_apart(smallest.trial, trial, reading.siblings) if words or lacks or other_way else ()
    needed = closure(smallest.needs, reading)
    others = {one: _passing(smallest, trial, one, lab) for one in apart if one not in needed}
    passing = {one: other for one, other in others.items() if other is not None}
    kept = frozenset(name for name, other in passing.items() if all(reading.shows(one, other, facts) for one in words))
    if kept:
        return minimal(trial, seen, lab, Marks(siblings=kept))
    looks_otherwise = bool(words) and smallest.seen.signature.look != seen.signature.look
    read = reading.reads_as(trial, seen, facts) if looks_otherwise or not smallest.needs else frozenset()
    return _read_as(read, trial, seen, lab) if read and not read & words else None


def of_fresh_servers(trial: Trial, seen: Seen, lab: Lab) -> Smallest | None:
    """Return the failed trial reduced to a case that fails on a fresh server as well.

    None if the trial passes there, or takes too many requests to be reduced, or if no server can be started any more.
    While it is reduced, what the target remembers of the requests before may make it fail there.
    """
    own: Smallest | None = None
    with suppress(CannotRun), lab.budget(REQUESTS_ON_FRESH_SERVERS), lab.on_fresh_servers(as_well=True):
        again = lab.fails(trial, seen.signature)
        own = None if again is None else minimal(trial, again, lab)
    return None if own is None or own.unproved else own


def _read_as(words: frozenset[str], trial: Trial, seen: Seen, lab: Lab) -> Smallest | None:
    """Return the failed trial reduced to a case that is right for the same altered request; None if that needs much.

    What reads so by chance loses it with its data, and keeps its data for that.
    """
    own = minimal(trial, seen, lab, Marks(reads_as=words))
    return own if len(own.needs) < MANY_NEEDS and not own.unproved else None


def _passing(smallest: Smallest, trial: Trial, name: str, lab: Lab) -> Trial | None:
    """Return the smallest case with a sibling that the failed trial has, if it passes, and no other refusal is due."""
    other = with_siblings_of(smallest.trial, trial, [name])
    if other is None or lab.fails(other, smallest.seen.signature) is not None:
        return None
    return other if lab.refusable(other) == lab.refusable(smallest.trial) else None
