"""Decide whether two causes are one.

Each way to be the same is a function of both causes, in the table `WAYS`; any one of them is enough. Where none holds,
two findings are better than one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import islice

from fuzz.triage.behind import words_said
from fuzz.triage.cause import converted, leaves
from fuzz.triage.lab import Lab, Seen
from fuzz.triage.minimal import MANY_NEEDS
from fuzz.triage.other_data import MOST_THAT_FAIL_ALIKE, hangs_on_its_data
from fuzz.triage.readings import fails_with_siblings, telling_needs
from fuzz.triage.shown import ANY, Explained, Shown, covers
from fuzz.triage.traits import closure, narrow, present, values_apart, with_siblings_of
from fuzz.triage.traits.circumstances import VERY_DATA, fields_apart
from fuzz.triage.trial import BY_ASPECT, REFUSAL, place_of, rule_of
from specs.violation import Way

# In these ways of failing the server answers with values, or with an error, that may be right for another request.
RIGHT_FOR_ANOTHER = frozenset({Way.VALUES, Way.ACCEPTED, Way.FORM, Way.STATUS, Way.UNNAMED, Way.REFUSED})
OWN_ERRORS = frozenset({Way.SERVER_ERROR, Way.DROPPED})
# Two bugs whose answers are right for the same altered request hardly ever share this many needs.
MANY_SHARED = 3
MOST_TO_TELL_APART = 2


def is_same(way: Shown, seen: Seen, one: Shown, lab: Lab) -> bool:
    """Say whether a new cause, as its smallest case was seen to fail, is a known one."""
    if way.signature.spoils_another_part(one.signature):
        return False
    return any(holds(way, one, lab) for holds in WAYS) or _is_explained(way, seen, one, lab)


def of_one_family(way: Shown, one: Shown) -> bool:
    return way.signature.family == one.signature.family


def look_alike(way: Shown, one: Shown) -> bool:
    return of_one_family(way, one) and way.signature.look == one.signature.look


def share_readings(way: Shown, one: Shown) -> bool:
    """Say whether answers of two causes are right for one altered request, or both for none that is known."""
    return way.reads_as == one.reads_as or bool(way.reads_as & one.reads_as)


def gives_the_same_away(way: Shown, one: Shown, _lab: Lab) -> bool:
    """Say whether both causes disclose something: those of one family give away the same, in whichever error it is."""
    return of_one_family(way, one) and way.signature.way is Way.DISCLOSES


def is_one_content_of(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether a cause is one example of an error that is known to hang on particular data.

    It has many needs, or whatever data it is about has the same answer, or some of it passes.
    """
    if VERY_DATA not in one.needs or way.signature.kind != one.signature.kind or not of_one_family(way, one):
        return False
    if len(way.needs) >= MANY_NEEDS or way.trial.reading.has_one_answer(way.trial, lab.session.facts):
        return True
    seen = lab.fails(way.trial, way.signature)
    return seen is not None and hangs_on_its_data(way.trial, seen, lab, MOST_THAT_FAIL_ALIKE)


def needs_the_same(way: Shown, one: Shown, _lab: Lab | None = None) -> bool:
    """Say whether two causes look alike and need the same, so that a report would describe both alike.

    Particular numbers, lengths or bounds bring a failure to light, and do not tell it from another. Where both hang
    on the same of these, one may need more dimensions, say, because of its lengths. Of failures that no numbers tell
    apart, such as inexact sums, those that read differently are two, and of others one may need more than the other.
    """
    reading = way.trial.reading
    incidental = reading.incidental_to(way.signature) & reading.incidental_to(one.signature)
    by_any_numbers = incidental > reading.incidental
    if by_any_numbers and not share_readings(way, one):
        return False
    mine, theirs = (set(each.needs) - incidental or set(each.needs) for each in (way, one))
    alike = mine == theirs
    if by_any_numbers or set(way.needs) & set(one.needs) & reading.incidental:
        alike = closure(mine, reading) <= closure(theirs, reading) or closure(theirs, reading) <= closure(mine, reading)
    return (
        bool(mine)
        and alike
        and (way.covers == one.covers or way.signature.way in BY_ASPECT or way.of_history)
        and look_alike(way, one)
        and not list(values_apart(way.trial, one.trial, closure(mine, reading)))
    )


def errs_for_the_same(way: Shown, one: Shown, _lab: Lab | None = None) -> bool:
    """Say whether two errors of the server's own are alike and need the same, though only one request is invalid."""
    mine, theirs = way.signature, one.signature
    alike = mine.way in OWN_ERRORS and mine.kind == theirs.kind and bool(mine.faults) != bool(theirs.faults)
    return alike and bool(way.needs) and set(way.needs) == set(one.needs)


def remembers_the_same(way: Shown, one: Shown, _lab: Lab | None = None) -> bool:
    """Say whether both causes need earlier requests that differ from the last in the same fields, or one in more.

    What a server remembers of a field may make it refuse one request and answer another wrongly.
    """
    if way.trial.reading.stateful or not (way.of_history and one.of_history):
        return False
    mine, theirs = (fields_apart(each.trial) & set(each.needs) for each in (way, one))
    return bool(mine and theirs) and comparable(mine, theirs)


def needs_other_numbers(way: Shown, one: Shown, _lab: Lab | None = None) -> bool:
    """Say whether two causes need the same but for the numbers, and to one of them any particular numbers will do.

    They must share more than an operation or dtype, as these have bugs of several kinds that particular numbers show.
    """
    reading = way.trial.reading
    mine, theirs = set(way.needs), set(one.needs)
    particular = (mine & closure(theirs, reading) | closure(mine, reading) & theirs) & reading.incidental
    rest, other = ({name for name in needs if not closure([name], reading) & particular} for needs in (mine, theirs))
    return (
        bool(particular)
        and rest == other
        and bool(rest - set(reading.siblings))
        and share_readings(way, one)
        and look_alike(way, one)
        and not list(values_apart(way.trial, one.trial, closure(rest, reading)))
    )


def reads_alike(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether two wrong answers are right for the same altered request, and one cause needs all the other does.

    Needs without which both requests have the same answer are left out, and so are particular numbers, lengths and
    bounds: they show the difference, and no more. Traits within the same wider one, such as two of slices, count for
    the same here. The case that needs less must fail with the other's operation, dtype and the like. Where the data of
    both has to be refused, or is so unusual that it may be, what makes it so counts for nothing. Two that share many
    needs may come to what spoils them in two ways, such as by a part of the data and by an axis.
    """
    if not of_one_family(way, one) and not {way.signature.way, one.signature.way} <= RIGHT_FOR_ANOTHER:
        return False
    facts, reading = lab.session.facts, way.trial.reading
    for words in way.reads_as & one.reads_as:
        mine, theirs = (telling_needs(each, words, facts) - reading.incidental for each in (way, one))
        # What needs a narrower trait, such as more than two dimensions, has the wider one too.
        several = ((way, one, mine, theirs), (one, way, theirs, mine))
        plainer = [(less, more) for less, more, few, many in several if _may_need_less(less, few, more, many)]
        if not plainer and _of_refusable_data(way, lab) and _of_refusable_data(one, lab):
            plainer = [(way, one), (one, way)]
        wider = [{reading.within.get(name, "") for name in some} for some in (mine - theirs, theirs - mine)]
        if not plainer and (wider[0] != wider[1] or "" in wider[0]):
            continue
        if _still_reads(way, words, one, lab) and _still_reads(one, words, way, lab):
            return not plainer or any(fails_with_siblings(less, more.trial, words, lab) for less, more in plainer)
    return bool(way.reads_as & one.reads_as) and len(_shared(way, one)) >= MANY_SHARED


def _of_refusable_data(way: Shown, lab: Lab) -> bool:
    """Say whether the data of a cause's case has to be refused, or is so unusual that it may be."""
    reading, faults = way.trial.reading, way.signature.faults
    if faults:
        return not any(map(place_of, faults))
    doubted = set(map(rule_of, reading.doubted(way.trial)))
    return any(str(rule) not in doubted for rule in lab.refusable(way.trial))


def _may_need_less(less: Shown, few: Collection[str], more: Shown, many: Collection[str]) -> bool:
    """Say whether one of two causes needs nothing but what the other does, whose needs may be for its data.

    A valid request has been seen to pass without each of its needs, so that what accepts an invalid one without them is
    another cause.
    """
    reading = less.trial.reading
    if not set(few) <= closure(many, reading):
        return False
    if not less.signature.faults or more.signature.faults:
        return True
    return set(many) <= closure((*few, *reading.at_fault(less.signature)), reading)


def _still_reads(way: Shown, words: str, one: Shown, lab: Lab) -> bool:
    """Say whether a cause reads as another one does where what else it alone reads as would be answered otherwise.

    Slices that take in nearly all may read as no slices, for which reason soever all is answered.
    """
    facts, reading = lab.session.facts, way.trial.reading
    for others in way.reads_as - one.reads_as:
        for plain in islice(reading.telling_apart(words, others, way.trial, facts), MOST_TO_TELL_APART):
            seen = lab.fails(plain, way.signature)
            if seen is not None:
                return bool(reading.reads_as(plain, seen, facts, {words}))
    return True


def is_refused_alike(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether one cause refuses what the wrong answers of the other are right for, and needs no more than that.

    A refusal alone tells too little: whatever is refused is right for many other requests.
    """
    return _refuses_what(way, one, lab) or _refuses_what(one, way, lab)


def _refuses_what(refused: Shown, answered: Shown, lab: Lab) -> bool:
    if refused.signature.way is not Way.REFUSED or answered.signature.way is Way.REFUSED:
        return False
    facts, reading = lab.session.facts, refused.trial.reading
    outcome = lab.judge(refused.trial.case).transcript.outcomes[-1] if answered.reads_as else None
    for words in answered.reads_as:
        mine, theirs = (telling_needs(each, words, facts) - reading.incidental for each in (refused, answered))
        if mine <= closure(theirs, reading) and reading.is_right_for(words, refused.trial, outcome, facts):
            return True
    return False


def _shared(way: Shown, one: Shown) -> tuple[str, ...]:
    """Return the narrowest traits that two causes both need."""
    reading = way.trial.reading
    return narrow(closure(way.needs, reading) & closure(one.needs, reading), reading)


def breaks_alike(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether two causes fail alike for faults that fail alike, and one needs all the other does besides.

    A valid request that might be refused for a rule may have one cause with an invalid one that breaks it. In a
    history anything may be what breaks the rule, and what might have been answered as well breaks none for certain, so
    that other requests must have been seen to fail just so.
    """
    alone = not (way.of_history or one.of_history)
    if way.signature.kind != one.signature.kind and not (alone and of_one_family(way, one)):
        return False
    unclear = way.trial.reading.stateful or way.signature.faults == one.signature.faults == {REFUSAL}
    seen_elsewhere = unclear and (_a_third_fails_alike(way, one) or ANY in way.covers | one.covers)
    alike = seen_elsewhere or (alone and comparable(_besides_blame(way), _besides_blame(one)))
    return alike and fail_alike(way, one) and _fail_with_siblings(way, one, lab)


def _besides_blame(way: Shown) -> tuple[str, ...]:
    """Return the needs of a cause without its data, and without the traits by which its request breaks a rule."""
    reading = way.trial.reading
    about = {*reading.at_fault(replace(way.signature, faults=way.signature.blamed)), *reading.of_data}
    return tuple(name for name in way.needs if name not in about)


def fail_alike(way: Shown, one: Shown) -> bool:
    """Say whether plain requests with the faults of one cause have failed like those of the other."""
    mine, theirs = way.signature.blamed, one.signature.blamed
    if not mine or not theirs:
        return False
    if all(covers(one.covers, fault) for fault in mine) or all(covers(way.covers, fault) for fault in theirs):
        return True
    return _a_third_fails_alike(way, one)


def _a_third_fails_alike(way: Shown, one: Shown) -> bool:
    """Say whether a third fault has been seen to fail like the faults of both causes."""
    return bool((way.covers - way.signature.blamed) & (one.covers - one.signature.blamed))


def names_as_little(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether two errors that name no fault are the same error, word for word."""
    unnamed = way.signature.way is one.signature.way is Way.UNNAMED
    return unnamed and set(way.needs) == set(one.needs) and words_said(way.trial, lab) == words_said(one.trial, lab)


def needs_siblings(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether one of two causes needs all that the other does, and its case fails with the other's siblings.

    It may fail so for the other cause, where the two look different and are right for different altered requests.
    """
    read_apart = way.reads_as and one.reads_as and not share_readings(way, one) and not look_alike(way, one)
    if not of_one_family(way, one) or not _apart(way, one) or read_apart:
        return False
    reading = way.trial.reading
    several = ((less, more) for less, more in ((way, one), (one, way)) if less.needs)
    return any(
        set(less.needs) <= closure(more.needs, reading) and _fails_with_its_siblings(less, more, lab)
        for less, more in several
    )


def _apart(way: Shown, one: Shown) -> list[str]:
    reading = way.trial.reading
    return list(values_apart(way.trial, one.trial, closure((*way.needs, *one.needs), reading)))


def _fail_with_siblings(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether the case of one of two causes still fails with the siblings that the other has."""
    return _fails_with_its_siblings(way, one, lab) or _fails_with_its_siblings(one, way, lab)


def _fails_with_its_siblings(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether the case of a cause still fails with the siblings that the other cause has."""
    apart = _apart(way, one)
    plain = with_siblings_of(way.trial, one.trial, apart) if apart else way.trial
    return not apart or (plain is not None and lab.fails(plain, way.signature) is not None)


def comes_to_its_fault(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether one of the two is a valid request, equivalent to an invalid one that the other cause explains."""
    if of_one_family(way, one):
        return False
    return _comes_to(way, one, lab) or _comes_to(one, way, lab)


def _comes_to(way: Shown, one: Shown, lab: Lab) -> bool:
    for other in way.trial.reading.come_to_the_same(way.trial) if one.signature.faults else ():
        came = lab.fails(other, one.signature) if other.scene is None else None
        if came is not None and isinstance(leaves(other, came, one, lab), Explained):
            return True
    return False


def meets(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether the cases of two causes have the same plainer form, and both fail in that form."""
    if not of_one_family(way, one):
        return False
    theirs = {tuple(present(other)): other for other in one.trial.reading.come_to_the_same(one.trial)}
    for other in way.trial.reading.come_to_the_same(way.trial):
        known = theirs.get(tuple(present(other)))
        if known is not None and lab.fails(other, way.signature) and lab.fails(known, one.signature):
            return True
    return False


def _is_explained(way: Shown, seen: Seen, one: Shown, lab: Lab) -> bool:
    """Say whether a known cause explains the smallest case of a new one, or an equivalent, plainer form of it."""
    if not of_one_family(way, one):
        return _is_plain_form(one, way) and converted(way.trial, seen, [one], lab) is not None
    return isinstance(leaves(way.trial, seen, one, lab) or converted(way.trial, seen, [one], lab), Explained)


# The ways that ask the server nothing come first.
WAYS: tuple[Callable[[Shown, Shown, Lab], bool], ...] = (
    gives_the_same_away,
    is_one_content_of,
    needs_the_same,
    errs_for_the_same,
    remembers_the_same,
    needs_other_numbers,
    reads_alike,
    is_refused_alike,
    breaks_alike,
    names_as_little,
    needs_siblings,
    comes_to_its_fault,
    meets,
)


def _is_plain_form(way: Shown, one: Shown) -> bool:
    """Say whether a cause is about a single request, and the other one about a request after others."""
    return way.trial.reading.stateful and one.of_history and not way.trial.several


def is_plainer(way: Shown, one: Shown, lab: Lab) -> bool:
    """Say whether a new cause is a known one with fewer or wider needs, or plainer, that explains the known case.

    What explains an equivalent, plainer form of an invalid request is plainer, however many traits that form has.
    """
    if not (of_one_family(way, one) or _is_plain_form(way, one)):
        return False
    needs_more = (one.reduced or not way.reduced) and len(way.needs) > len(one.needs)
    if needs_more and not one.signature.faults:
        return False
    if not needs_more and is_one_content_of(one, way, lab):
        return True
    seen = lab.fails(one.trial, one.signature)
    if seen is None:
        return False
    as_it_is = needs_more or set(way.needs) == set(one.needs)
    came = None if as_it_is else leaves(one.trial, seen, way, lab)
    return isinstance(came or converted(one.trial, seen, [way], lab), Explained)


def comparable(needs: Collection[str], others: Collection[str]) -> bool:
    """Say whether one of two causes needs all that the other does."""
    return set(needs) <= set(others) or set(others) <= set(needs)
