"""Decide whether a known finding explains a failure.

A finding shows in one or several ways. A way explains a trial if the trial fails with only the traits that the way
needs, and passes as soon as any one of these traits is dropped. A trial that still fails has another cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.other_data import hangs_on_its_data
from fuzz.triage.traits import closure, has, named, present, project, value_of, without
from fuzz.triage.traits.circumstances import (
    EARLIER_REFUSAL,
    EARLIER_REQUEST,
    SEVERAL,
    VERY_DATA,
    after_refusal,
    asked_twice,
)
from fuzz.triage.trial import BY_ASPECT, Signature, Trial, place_of, rule_of
from specs.store_facts import StoreFacts
from specs.violation import Way

# In the faults that a way covers, this stands for any field, any rule, or both.
ANY = "*"
MOST_RESTS = 6
# In these ways of failing the server answers with values, which may be right for another request.
WITH_VALUES = frozenset({Way.VALUES, Way.ACCEPTED, Way.FORM})
# A bug hardly ever needs this many traits at the same time.
MANY_NEEDS = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """One way in which a finding shows: how its trial fails, what that needs, and which other faults fail alike."""

    finding: str
    trial: Trial
    signature: Signature
    needs: tuple[str, ...]
    covers: frozenset[str] = frozenset()
    reads_as: frozenset[str] = frozenset()

    @property
    def of_history(self) -> bool:
        return self.trial.several and not self.trial.case.together

    @property
    def is_of_traits(self) -> bool:
        """Say whether a trial can be seen to have the needs of the finding without a request to the server."""
        return VERY_DATA not in self.needs

    def concerns(self, trial: Trial, wanted: Signature) -> bool:
        """Say whether a trial has the traits that this way needs, and fails in the same family."""
        return (
            self.signature.family == wanted.family
            and bool(self.signature.faults) == bool(wanted.faults)
            and all(covers(self.covers, fault) for fault in wanted.faults)
            and (trial.several == self.trial.several and trial.case.together == self.trial.case.together)
            and all(has(trial, name) for name in self.needs if name not in PUT_BEFORE)
        )


# These needs are tested by other requests before a trial's last, or by other data in place of its data.
PUT_BEFORE = (EARLIER_REFUSAL, EARLIER_REQUEST, VERY_DATA)


@dataclass(frozen=True, slots=True)
class Explained:
    """The finding that explains a trial."""

    finding: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A plainer trial that still fails without one of the needs of a known finding."""

    trial: Trial
    seen: Seen


def covers(faults: frozenset[str], fault: str) -> bool:
    """Say whether a fault is one of those that fail alike."""
    place, rule = place_of(fault), rule_of(fault)
    return bool(faults & {fault, ANY, f"{place}:{ANY}", f"{ANY}:{rule}"})


def explain(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | Rest | None:
    """Return the finding that explains a trial, or the trial left without known causes; None if neither exists."""
    several = [one for one in known if one.signature.family == seen.signature.family]
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
            return _converted(trial, seen, several, lab) or rest
    return rest


def _converted(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | None:
    """Return the finding that explains an equivalent, plainer form of a trial."""
    several = list(known)
    for other in trial.reading.come_to_the_same(trial) if several else ():
        for one in several:
            came = lab.fails(other, seen.signature) if one.concerns(other, seen.signature) else None
            if came is not None and isinstance(leaves(other, came, one, lab), Explained):
                return Explained(one.finding)
    return None


def leaves(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> Explained | Rest | None:
    """Say whether a way explains a trial, or return the trial that fails without a need; None if the way is absent."""
    if not one.concerns(trial, seen.signature):
        return None
    if ANY in one.covers:
        # Plain requests that are wrong in other ways have failed alike.
        return Explained(one.finding)
    if one.of_history:
        return _leaves_history(trial, seen, one, lab)
    if VERY_DATA in one.needs:
        same = seen.signature.kind == one.signature.kind
        return Explained(one.finding) if same and hangs_on_its_data(trial, seen, lab) else None
    # Traits of the data cannot be dropped if the data is left as it stands, so they are all kept.
    reading = trial.reading
    stays = reading.of_data if trial.as_it_stands else ()
    plain = project(trial, closure((*one.needs, *reading.at_fault(seen.signature), *stays), reading))
    shown = lab.fails(plain, seen.signature)
    if shown is None or not _is_sibling(plain, shown, one):
        return None
    for name in one.needs:
        rest = without(trial, name)
        still = None if rest is None else lab.fails(rest, seen.signature)
        if rest is not None and still is not None:
            return Rest(rest, still)
    return Explained(one.finding)


def _leaves_history(trial: Trial, seen: Seen, one: Shown, lab: Lab) -> Explained | Rest | None:
    for name, made in ((EARLIER_REFUSAL, after_refusal), (EARLIER_REQUEST, asked_twice)):
        if name in one.needs:
            other = made(trial)
            return Explained(one.finding) if other is not None and lab.fails(other, seen.signature) else None
    for name in one.needs:
        rest = without(trial, name)
        if rest is None:
            return None
        still = lab.fails(rest, seen.signature)
        if still is not None:
            return None if name == SEVERAL else Rest(rest, still)
    return Explained(one.finding)


def _is_sibling(plain: Trial, seen: Seen, one: Shown) -> bool:
    """Say whether a plain trial fails with the known look; with other siblings of its traits any look will do."""
    return seen.signature.look == one.signature.look or any(
        values_apart(plain, one.trial, closure(one.needs, plain.reading))
    )


def values_apart(trial: Trial, other: Trial, names: Iterable[str]) -> Iterator[str]:
    """List those of the named traits of which two trials have different siblings."""
    for name in trial.reading.siblings.keys() & set(names):
        one, two = named(trial, name), named(other, name)
        if one is not None and two is not None and one.value is not None and two.value is not None:
            mine, theirs = one.value(trial), two.value(other)
            if mine and theirs and mine != theirs:
                yield name


def needs_the_same(way: Shown, one: Shown) -> bool:
    """Say whether two causes look alike and need the same, so that a report would describe both alike."""
    return (
        bool(way.needs)
        and set(way.needs) == set(one.needs)
        and (way.covers == one.covers or way.signature.way in BY_ASPECT)
        and way.signature.family == one.signature.family
        and way.signature.look == one.signature.look
        and not list(values_apart(way.trial, one.trial, closure(way.needs, way.trial.reading)))
    )


def is_same(way: Shown, seen: Seen, one: Shown, lab: Lab) -> bool:
    """Say whether a new cause is a known one: its answer reads alike, its needs agree, or the known one explains it."""
    if way.signature.family != one.signature.family:
        values = {way.signature.way, one.signature.way} <= WITH_VALUES
        same = _blame_alike(way, one, lab) or (values and _read_alike(way, one, lab))
        return same or _comes_to(way, one, lab) or _comes_to(one, way, lab)
    if way.signature.way is Way.DISCLOSES or _is_one_content_of(way, one):
        # Disclosures of one family give away the same thing, in whichever error that is.
        return True
    if needs_the_same(way, one) or _read_alike(way, one, lab):
        return True
    reading = way.trial.reading
    apart = list(values_apart(way.trial, one.trial, closure((*way.needs, *one.needs), reading)))
    # The faults of one cause fail like those of the other, and neither cause needs a trait of its own besides.
    alike = fail_alike(way, one) and comparable(way.needs, one.needs)
    if alike and not apart:
        return True
    if apart and (alike or set(way.needs) == set(one.needs)) and _with_siblings_of(way, one, apart, lab):
        return True
    if isinstance(leaves(way.trial, seen, one, lab) or _converted(way.trial, seen, [one], lab), Explained):
        return True
    return _meet(way, one, lab)


def _comes_to(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether a valid request is equivalent to an invalid one that the known cause explains."""
    for other in way.trial.reading.come_to_the_same(way.trial) if one.signature.faults else ():
        came = lab.fails(other, one.signature) if other.scene is None else None
        if came is not None and isinstance(leaves(other, came, one, lab), Explained):
            return True
    return False


def _read_alike(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether two wrong answers are right for the same altered request, and one cause needs all the other does.

    Needs without which both requests have the same answer are left out: they show the difference, and no more.
    """
    facts = lab.session.facts
    return any(
        comparable(_telling_needs(way, words, facts), _telling_needs(one, words, facts))
        for words in way.reads_as & one.reads_as
    )


def _telling_needs(way: Shown, words: str, facts: StoreFacts) -> tuple[str, ...]:
    """Return the needs of a cause without which a server could still be seen to answer another request."""
    reading = way.trial.reading
    plain = {name: without(way.trial, name) for name in closure(way.needs, reading)}
    return tuple(name for name, rest in plain.items() if rest is None or reading.shows(words, rest, facts))


def _is_one_content_of(way: Shown, one: Shown) -> bool:
    """Say whether a cause with many needs is one example of an error that is known to hang on particular data."""
    return VERY_DATA in one.needs and way.signature.kind == one.signature.kind and len(way.needs) >= MANY_NEEDS


def _blame_alike(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether two causes fail alike for rules that fail alike, though one request is valid and the other is not."""
    if way.signature.kind != one.signature.kind or not fail_alike(way, one):
        return False
    if not comparable(_besides_blame(way), _besides_blame(one)):
        return False
    apart = list(values_apart(way.trial, one.trial, closure((*way.needs, *one.needs), way.trial.reading)))
    return not apart or _with_siblings_of(way, one, apart, lab)


def _besides_blame(way: Shown) -> tuple[str, ...]:
    """Return the needs of a cause without the traits by which its request breaks a rule."""
    about = way.trial.reading.at_fault(replace(way.signature, faults=way.signature.blamed))
    return tuple(name for name in way.needs if name not in about)


def _with_siblings_of(way: Shown, one: Shown, names: Iterable[str], lab: Lab) -> bool:
    """Say whether the case of a cause still fails with the siblings that the other cause has."""
    plain: Trial | None = way.trial
    for name in names:
        trait = named(plain, name) if plain is not None else None
        plain = trait.swap(plain, value_of(one.trial, name)) if trait and trait.swap and plain is not None else None
    return plain is not None and lab.fails(plain, way.signature) is not None


def _meet(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether the cases of two causes have the same plainer form, and both fail in that form."""
    theirs = {tuple(present(other)): other for other in one.trial.reading.come_to_the_same(one.trial)}
    for other in way.trial.reading.come_to_the_same(way.trial):
        known = theirs.get(tuple(present(other)))
        if known is not None and lab.fails(other, way.signature) and lab.fails(known, one.signature):
            return True
    return False


def is_plainer(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether a new cause is a known one with fewer needs, or in a plainer form, that explains the known case."""
    if way.signature.family != one.signature.family or len(way.needs) > len(one.needs):
        return False
    if _is_one_content_of(one, way):
        return True
    seen = lab.fails(one.trial, one.signature)
    if seen is None:
        return False
    if len(way.needs) == len(one.needs):
        return _converted(one.trial, seen, [way], lab) is not None
    return isinstance(leaves(one.trial, seen, way, lab), Explained)


def fail_alike(way: Shown, one: Shown) -> bool:
    """Say whether plain requests with the faults of one cause have failed like those of the other."""
    mine, theirs = way.signature.blamed, one.signature.blamed
    if not mine or not theirs:
        return False
    others = way.covers - mine
    if all(covers(one.covers, fault) for fault in mine) or all(covers(others, fault) for fault in theirs):
        return True
    # A third fault has been seen to fail like the faults of both.
    return bool(others & (one.covers - theirs))


def comparable(needs: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Say whether one of two causes needs all that the other does."""
    return set(needs) <= set(others) or set(others) <= set(needs)
