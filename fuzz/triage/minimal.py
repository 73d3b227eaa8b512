"""Reduce a trial to the least that fails: delta debugging over its traits, and a proof that each one left is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from fuzz.triage.lab import Lab, OutOfBudget, Seen
from fuzz.triage.other_data import ERRORS
from fuzz.triage.others import needs_others
from fuzz.triage.plainer import plainer
from fuzz.triage.shown import OwnForm
from fuzz.triage.traits import closure, narrow, present, project, values_apart, without
from fuzz.triage.traits.circumstances import SEVERAL
from fuzz.triage.trial import Trial, trial_of
from specs.violation import Way

# How many traits may be dropped while the smallest case is being proved.
MOST_ROUNDS = 16
MOST_TRIES_TO_SIMPLIFY = 36
MISSES_TO_GIVE_UP = 24
# Whether a failure comes in these ways may hang on what the data is. The proof of its needs then takes other data too.
OF_DATA = frozenset({Way.VALUES, Way.SERVER_ERROR, Way.DROPPED, Way.REFUSED})
MOST_OF_OTHER_DATA = 4
# A bug hardly ever needs this many traits at the same time.
MANY_NEEDS = 4
MOST_LENGTHS = 8


@dataclass(frozen=True, slots=True)
class Smallest:
    """A trial reduced as far as could be done.

    The trial is known to pass without any one of `needs`. Whether it needs the traits in `unproved` was not found out.
    `own` is the form from before values were made plainer, where that took other traits.
    """

    trial: Trial
    seen: Seen
    needs: tuple[str, ...]
    unproved: tuple[str, ...] = ()
    own: OwnForm | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks of a trial that its reduction keeps: siblings of some traits, and what its wrong answer is right for.

    With `by_others` it passes where others do nothing unusual. With `after_others` its last request fails for what came
    before it: alone it does not fail so.
    """

    siblings: frozenset[str] = frozenset()
    reads_as: frozenset[str] = frozenset()
    by_others: bool = False
    after_others: bool = False


NO_MARKS = Marks()


def minimal(trial: Trial, seen: Seen, lab: Lab, kept: Marks = NO_MARKS) -> Smallest:
    """Return the smallest trial that fails as this one does, and has the marks to be kept."""
    smallest = _Reduction(trial, seen, lab, kept).reduced()
    if len(smallest.needs) < MANY_NEEDS:
        return smallest
    # From its plainer data, a case that still needs much may come to need less.
    again = _Reduction(smallest.trial, smallest.seen, lab, kept).reduced()
    return replace(again, own=None) if len(again.needs) < len(smallest.needs) and not again.unproved else smallest


def rewritable(trial: Trial, seen: Seen, lab: Lab) -> Trial:
    """Return the trial, marked `as_it_stands` if it passes once its object is written anew."""
    if trial.scene is None:
        return trial
    anew = trial.of_scene(trial.scene)
    if anew.case == trial.case or lab.fails(anew, seen.signature):
        return trial
    bare = trial.reading.cut_to_its_data(trial)
    cut = None if bare is None else replace(trial, case=bare, as_it_stands=True)
    if cut is not None and lab.fails(cut, seen.signature) is not None:
        return cut
    return replace(trial, as_it_stands=True)


def taken_apart(smallest: Smallest, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return what is left of a trial that was kept as it stands, with its object written anew, if it still fails.

    The object of the first trial may have passed by chance when it was written anew. An error must come for an object
    of other data too, as the bytes themselves may be what it takes.
    """
    if not smallest.trial.as_it_stands:
        return None
    reading, wanted = smallest.trial.reading, smallest.seen.signature
    trial = trial_of(smallest.trial.case, reading)
    anew = None if trial.scene is None else trial.of_scene(trial.scene)
    seen = None if anew is None else lab.fails(anew, wanted)
    if anew is None or seen is None:
        return None
    if wanted.way in ERRORS:
        others = reading.of_other_data(anew, lab.session.facts)
        return (anew, seen) if any(lab.fails(one, wanted) for one in others) else None
    return anew, seen


def shortened(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen]:
    """Return the trial with less data if it has very much, and still fails with less."""
    for less in trial.reading.shortened(trial):
        came = lab.fails(less, seen.signature)
        if came is not None:
            return less, came
    return trial, seen


def fails_alone(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return the last request of a trial alone, if it fails so too."""
    alone, wanted = without(trial, SEVERAL), seen.signature
    for came in () if alone is None else lab.ask(alone):
        if alone is not None and (came.signature.way, came.signature.aspect) == (wanted.way, wanted.aspect):
            return alone, came
    return None


class _Reduction:
    """The reduction of one trial to its smallest form."""

    def __init__(self, trial: Trial, seen: Seen, lab: Lab, kept: Marks) -> None:
        self._trial = trial
        self._siblings, self._reads_as, self._after_others = kept.siblings, kept.reads_as, kept.after_others
        self._by_others = kept.by_others
        self._seen = seen
        self._lab = lab
        self._reading = trial.reading
        self._wanted = seen.signature
        self._left = present(trial)
        self._proved: list[str] = []
        self._met = set(self._left)

    def reduced(self) -> Smallest:
        own: OwnForm | None = None
        try:
            self._least()
            own = OwnForm(self._trial, self._seen.signature, self._needed(self._left))
            self._simplify()
            self._prove()
            while self._fails_otherwise():
                self._prove()
        except OutOfBudget:
            pass
        about = self._reading.at_fault(self._seen.signature)
        needs = self._needed(self._proved)
        asked = {*about, *closure(needs, self._reading), *self._reading.incidental}
        unproved = tuple(name for name in narrow(present(self._trial), self._reading) if name not in asked)
        if own is not None and (len(own.needs) != len(needs) or set(own.needs) == set(needs)):
            own = None
        return Smallest(self._trial, self._seen, needs, unproved, own)

    def _needed(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the narrowest of some traits, but for those by which the request breaks a rule."""
        about = self._reading.at_fault(self._seen.signature)
        return narrow((name for name in names if name not in about), self._reading)

    def _fails(self, plain: Trial) -> bool:
        """Say whether a trial fails as wanted; if it does, it becomes the trial that is reduced."""
        if plain.case == self._trial.case:
            return True
        if self._siblings and any(values_apart(plain, self._trial, self._siblings)):
            return False
        seen = self._lab.fails(plain, self._wanted)
        if seen is None or not self._reads_as_before(plain, seen):
            return False
        if self._after_others and fails_alone(plain, seen, self._lab) is not None:
            return False
        if self._by_others and not needs_others(plain, seen, self._lab):
            return False
        self._trial, self._seen = plain, seen
        # Faults that the plainer request does not have are no longer wanted of the next one.
        self._wanted = replace(self._wanted, way=seen.signature.way, faults=seen.signature.faults)
        return True

    def _reads_as_before(self, plain: Trial, seen: Seen) -> bool:
        words = self._reads_as
        return not words or bool(self._reading.reads_as(plain, seen, self._lab.session.facts, words))

    def _least(self) -> None:
        """Reduce by delta debugging: leave out halves of the traits, then quarters, and in the end single traits."""
        about = [name for name in self._left if name in self._reading.at_fault(self._wanted)]
        for kept in ([], about) if about else ([],):
            # The traits at fault must stay, and the others sometimes can only be dropped all at once.
            if self._fails(project(self._trial, [*kept, *self._siblings])):
                self._left = [*kept, *self._brought()]
                break
        parts = 2
        while self._left:
            for some in _parts(self._left, parts):
                kept = [name for name in self._left if name not in some]
                if self._fails(project(self._trial, [*kept, *self._siblings])):
                    self._left = [*kept, *self._brought()]
                    parts = max(parts - 1, 2)
                    break
            else:
                if parts >= len(self._left):
                    break
                parts = min(len(self._left), 2 * parts)
        self._without_their_data()

    def _without_their_data(self) -> None:
        """Leave out single traits together with the data, if the data may make sense with those traits only."""
        data = [name for name in self._left if name in self._reading.of_data]
        for one in [*self._left] if data else ():
            kept = [name for name in self._left if name not in (one, *data)]
            if one not in data and self._fails(project(self._trial, [*kept, *self._siblings])):
                self._left = [*kept, *self._brought()]
                return

    def _brought(self) -> list[str]:
        """List the traits that came in when others were dropped."""
        brought = [name for name in present(self._trial) if name not in self._met]
        self._met.update(brought)
        return brought

    def _simplify(self) -> None:
        """Try shorter data and plainer values, as long as no other trait comes in."""
        tries = misses = 0
        allowed = closure((*self._left, *present(self._trial), *self._reading.incidental), self._reading)
        again = True
        while again:
            again = False
            for plain in plainer(self._trial):
                if plain.case == self._trial.case or not allowed.issuperset(present(plain)):
                    continue
                if tries >= MOST_TRIES_TO_SIMPLIFY or misses >= MISSES_TO_GIVE_UP:
                    return
                tries += 1
                misses += 1
                if self._fails(plain):
                    again, misses = True, 0
                    break

    def _prove(self) -> None:
        """Test for each trait that is left whether the trial passes without it, and drop the trait if it does not."""
        gone: set[str] = set()
        for _ in range(MOST_ROUNDS):
            self._proved = []
            some = {*self._left}
            found = [name for name in present(self._trial) if name in some or name not in self._reading.incidental]
            self._left = [name for name in found if name not in gone]
            for name in narrow(self._left, self._reading):
                plain = without(self._trial, name)
                if plain is not None and self._fails(plain):
                    # The trait may come back when another one is dropped, but it is not needed.
                    gone.add(name)
                    break
                self._proved.append(name)
            else:
                return
        self._proved = []

    def _fails_otherwise(self) -> bool:
        """Say whether the trial fails without a need once its data is of another length or has other numbers.

        Other numbers are tried only of a failure that hangs on its data: one that passes with other data of the same
        traits. Other lengths are tried where lengths or numbers seem to matter: elements of another size change them.
        """
        if self._trial.as_it_stands or self._wanted.way not in OF_DATA or self._wanted.faults:
            return False
        hangs = self._hangs_on_its_data()
        if not hangs and self._reading.incidental.isdisjoint(closure(self._proved, self._reading)):
            return False
        allowed = closure((*self._left, *self._reading.incidental), self._reading)
        for name in narrow(self._proved, self._reading):
            plain = without(self._trial, name)
            for other in () if plain is None else self._with_other_data(plain, numbers=hangs):
                if name not in present(other) and allowed.issuperset(present(other)) and self._fails(other):
                    self._left = [one for one in self._left if one != name] + self._brought()
                    return True
        return False

    def _hangs_on_its_data(self) -> bool:
        several = islice(self._reading.of_other_data(self._trial, self._lab.session.facts), MOST_OF_OTHER_DATA)
        return any(self._lab.fails(other, self._wanted) is None for other in several)

    def _with_other_data(self, plain: Trial, *, numbers: bool) -> Iterator[Trial]:
        yield from islice(self._reading.of_its_lengths(plain, self._trial), MOST_LENGTHS)
        if numbers:
            yield from islice(self._reading.of_other_data(plain, self._lab.session.facts), MOST_OF_OTHER_DATA)


def _parts(names: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    """Split the names into that many parts."""
    size = -(-len(names) // count)
    for start in range(0, len(names), size):
        yield names[start : start + size]
