"""Decide whether a known finding explains a failure.

A finding shows in one or several ways. A way explains a trial if the trial fails with only the traits that the way
needs, and passes as soon as any one of these traits is dropped. A trial that still fails has another cause.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.other_data import MOST_THAT_FAIL_ALIKE, hangs_on_its_data
from fuzz.triage.others import has_others, needs_more_of_others
from fuzz.triage.reading import Reading
from fuzz.triage.readings import explained_by_reading, reads_as_with_other_data
from fuzz.triage.shown import ANY, Explained, Rest, Shown, covers
from fuzz.triage.traits import closure, project, values_apart, with_siblings_of, without
from fuzz.triage.traits.circumstances import (
    EARLIER_REFUSAL,
    EARLIER_REQUEST,
    SEVERAL,
    VERY_DATA,
    after_refusal,
    asked_twice,
)
from fuzz.triage.trial import REFUSAL, Signature, Trial, isolated, trial_of
from specs.case import Case
from specs.violation import Way

MOST_RESTS = 6
SPOILT = Signature(Way.VALUES)


def explain(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | Rest | None:
    """Return the finding that explains a trial, or the trial left without known causes; None if neither exists."""
    known = list(known)
    several = [one for one in known if one.signature.family == seen.signature.family]
    if (read := explained_by_reading(trial, seen, several, lab)) is not None:
        return read
    rest: Rest | None = None
    for _ in range(MOST_RESTS):
        for one in several:
            found = leaves(trial, seen, one, lab)
            if isinstance(found, Explained):
                return found
            if found is not None:
                trial, seen, rest = found.trial, found.seen, found
                break
        else:
            alone = [one for one in known if trial.reading.stateful and not one.trial.several] if trial.several else []
            return converted(trial, seen, [*several, *alone], lab) or rest
    return rest


def converted(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | None:
    """Return the finding that explains an equivalent, plainer form of a trial.

    It may be a single request where the trial is a request after others. A single request must fail in just the same
    way; of several, an answer may tell another part of what went wrong.
    """
    several = list(known)
    for other in trial.reading.come_to_the_same(trial) if several else ():
        wanted = seen.signature
        if wanted.after_others and not other.several:
            wanted = replace(wanted, after_others=False, doubts=frozenset())
        for one in several:
            # The plainer form may break the same rule by another operation, which the finding covers too.
            covered = replace(wanted, faults=wanted.faults | one.covers) if wanted.faults else wanted
            came = lab.fails(other, covered) if one.concerns(other, wanted) else None
            if came is None or not (other.several or came.signature.exact == wanted.exact):
                continue
            explained = isinstance(leaves(other, came, one, lab), Explained)
            if explained and not (has_others(other) and needs_more_of_others(trial, seen, one, lab)):
                return Explained(one.finding)
    return None


def leaves(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> Explained | Rest | None:
    """Say whether a way explains a trial, or return the trial that fails without a need; None if the way is absent."""
    if not one.concerns(trial, seen.signature):
        return _leaves_some_faults(trial, seen, one, lab)
    if ANY in one.covers or (seen.signature.faults == {REFUSAL} and not one.needs):
        # Plain requests that are wrong in other ways have failed alike, or the error may be about anything.
        return Explained(one.finding)
    if one.of_history:
        return _leaves_history(trial, seen, one, lab)
    if VERY_DATA in one.needs:
        same = seen.signature.kind == one.signature.kind
        one_answer = same and trial.reading.has_one_answer(trial, lab.session.facts)
        hangs = same and (one_answer or hangs_on_its_data(trial, seen, lab, MOST_THAT_FAIL_ALIKE))
        return Explained(one.finding) if hangs else None
    # Traits of the data cannot be dropped if the data is left as it stands, so they are all kept.
    reading = trial.reading
    stays = reading.of_data if trial.as_it_stands else ()
    plain = project(trial, closure((*one.needs, *reading.at_fault(seen.signature), *stays), reading))
    shown = lab.fails(plain, seen.signature)
    if shown is None or not _is_sibling(plain, shown, one) or not _fails_as_asked(plain, trial, seen, one, lab):
        return None
    for name in one.needs:
        rest = without(trial, name)
        still = None if rest is None else lab.fails(rest, seen.signature)
        if rest is not None and still is not None:
            return Rest(rest, still)
    elsewhere = needs_more_of_others(trial, seen, one, lab) or _reads_otherwise(trial, seen, one, lab)
    return None if elsewhere else Explained(one.finding)


def _leaves_some_faults(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> Explained | Rest | None:
    """Say whether a way explains a trial of several faults by those of them that it covers, and by no others."""
    reading, wanted = trial.reading, seen.signature
    covered = frozenset(fault for fault in wanted.faults if covers(one.covers, fault))
    mine = replace(wanted, faults=covered)
    if not covered or covered == wanted.faults or one.of_history or not one.concerns(trial, mine):
        return None
    needed = (*one.needs, *reading.at_fault(mine))
    came = lab.fails(project(trial, closure(needed, reading)), mine)
    if came is None or not came.signature.faults:
        return None
    for name in needed:
        rest = without(trial, name)
        still = None if rest is None else lab.fails(rest, wanted)
        if rest is not None and still is not None:
            return Rest(rest, still)
    return Explained(one.finding)


def _leaves_history(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> Explained | Rest | None:
    for name, made in ((EARLIER_REFUSAL, after_refusal), (EARLIER_REQUEST, asked_twice)):
        if name in one.needs:
            other = made(trial)
            return Explained(one.finding) if other is not None and lab.fails(other, seen.signature) else None
    if trial.reading.stateful:
        # All that fails after other requests is of one family, so that what fails for other reasons may look alike.
        plain = project(trial, closure(one.needs, trial.reading))
        if lab.fails(plain, seen.signature) is None:
            return None
    for name in one.needs:
        rest = without(trial, name)
        if rest is None:
            return None
        still = lab.fails(rest, seen.signature)
        if still is not None:
            return None if name == SEVERAL else Rest(rest, still)
    return Explained(one.finding)


def _fails_as_asked(plain: Trial, trial: Trial, seen: Seen, one: Shown, lab: Lab) -> bool:
    """Say whether a plain trial still fails with the operation, dtype and the like of the trial to be explained.

    A known cause of sums alone, say, does not explain a count that needs the same and more.
    """
    needed = closure(one.needs, trial.reading)
    apart = [name for name in values_apart(plain, trial, trial.reading.siblings) if name not in needed]
    own = with_siblings_of(plain, trial, apart) if apart else None
    return own is None or lab.fails(own, seen.signature) is not None


def _reads_otherwise(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> bool:
    """Say whether a trial is right for another altered request than a cause that looks otherwise or needs nothing.

    What the cause spoils fails with its needs alone too, so that this says nothing about what else is wrong.
    """
    if one.needs and seen.signature.look == one.signature.look:
        return False
    if not one.reads_as or trial.reading.reads_as(trial, seen, lab.session.facts, one.reads_as):
        return False
    return bool(reads_as_with_other_data(trial, seen, lab))


def _is_sibling(plain: Trial, seen: Seen, one: Shown) -> bool:
    """Say whether a plain trial fails with the known look; with other siblings of its traits most looks will do."""
    if seen.signature.spoils_another_part(one.signature):
        return False
    return seen.signature.look == one.signature.look or any(
        values_apart(plain, one.trial, closure(one.needs, plain.reading))
    )


def disagrees_by(case: Case, reading: Reading, known: Iterable[Shown]) -> str | None:
    """Return the finding by which answers disagree that are right one by one; None if none is known.

    What spoils answers to such requests may spoil them so little that each might be right.
    """
    asked = (isolated(case, at) for at, one in enumerate(case.steps) if one.asks)
    several = [trial_of(each, reading) for each in asked]
    for one in known:
        alike = one.signature.way is Way.DISAGREES and one.trial.case.property == case.property
        if alike or (one.needs and any(one.concerns(trial, SPOILT) for trial in several)):
            return one.finding
    return None
