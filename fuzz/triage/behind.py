"""Search for a plainer failure behind an invalid request: its fault alone, or the request without its fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fuzz.triage.cause import explain
from fuzz.triage.lab import Lab, Seen, Words, words_of
from fuzz.triage.shown import Explained, Rest, Shown
from fuzz.triage.traits import closure, has, present, project, with_siblings_apart, without
from fuzz.triage.trial import BY_ASPECT, Signature, Trial, place_of
from specs.violation import Way

# Ways of failing that a valid request may share. The wording of an error says nothing about valid requests.
TELLING = frozenset({Way.ACCEPTED, Way.SERVER_ERROR, Way.DROPPED, Way.STATUS, Way.UNNAMED})
# A server that overlooks a fault refuses the request in one of these ways if it finds another fault.
OTHERWISE = frozenset({Way.STATUS, Way.UNNAMED})
ANY_WRONG = Signature(Way.VALUES)


def behind(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen] | None:
    """Find a plainer request than an invalid one that fails too: with nothing but its fault, or without the fault."""
    wanted = seen.signature
    if not wanted.faults or wanted.way not in TELLING or trial.several:
        return None
    if wanted.way in OTHERWISE:
        for plain in _witnesses(trial, wanted):
            came = next((one for one in lab.ask(plain) if one.signature.way is Way.ACCEPTED), None)
            if came is not None:
                return plain, came
        if (another := _of_another_fault(trial, seen, lab) or _of_a_doubt(trial, wanted, lab)) is not None:
            return another
    bare = project(trial, closure(trial.reading.at_fault(wanted), trial.reading))
    for one in lab.ask(bare) if bare.case != trial.case else ():
        # A server that overlooks a fault may have refused the request for another one, or may refuse the bare one.
        refused_now = one.signature.way in OTHERWISE and wanted.way not in OTHERWISE
        of_its_faults = bool(one.signature.faults) and one.signature.faults <= wanted.faults
        if one.signature.way in TELLING and of_its_faults and not refused_now:
            return bare, one
    if wanted.way in OTHERWISE and (overlooked := _overlooked(trial, wanted, lab)) is not None:
        return overlooked
    for plain in _mended(trial, wanted):
        came = lab.fails(plain, ANY_WRONG)
        # A server that refuses the valid request otherwise has got as far as the fault of the invalid one.
        if came is None or _status(came) != _status(seen):
            continue
        # What is wrong with an answer's form is no reason for it to come.
        if wanted.way is not Way.ACCEPTED or came.signature.way not in BY_ASPECT:
            return plain, came
    return None


def _status(seen: Seen) -> int | None:
    said = words_of(seen.judgement)
    return None if said is None else said[0]


def _mended(trial: Trial, wanted: Signature) -> Iterator[Trial]:
    """Yield valid requests like an invalid one.

    A server that accepts what it should not may ignore the field at fault, so a request without that field shows
    nothing of the cause.
    """
    about = trial.reading.at_fault(wanted) if wanted.way is Way.ACCEPTED and any(map(place_of, wanted.faults)) else ()
    for plain in trial.reading.mended(trial):
        if not about or any(has(plain, name) for name in about):
            yield plain


def _of_another_fault(trial: Trial, seen: Seen, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return the trial without the fault that it was blamed for, if the server says the same of another one.

    Of several faults the server may see any first, and what is wrong with its answer is about that one.
    """
    wanted, said = seen.signature, words_of(seen.judgement)
    for name in trial.reading.at_fault(wanted) if said is not None else ():
        rest = without(trial, name)
        for one in () if rest is None else lab.ask(rest):
            of_another = one.signature.blamed and not one.signature.blamed & wanted.blamed
            if rest is not None and of_another and words_of(one.judgement) == said:
                return rest, one
    return None


def _of_a_doubt(trial: Trial, wanted: Signature, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return a plain request with a fault in a field that might be refused, if the server's answer is about that field.

    The answer is about the field if a request without it is not answered so, and one where it is at fault is. If it
    cannot be left out, a plain request with the trial's own fault must be answered otherwise.
    """
    reading = trial.reading
    for doubt in reading.doubted(trial):
        about = reading.at_fault(replace(wanted, faults=frozenset({doubt})))
        rests = [rest for name in about if (rest := without(trial, name)) is not None]
        others = rests or list(_witnesses(trial, wanted))
        if not others or any(_of_kind(other, wanted, lab) for other in others):
            continue
        for witness in reading.witnesses("malformed"):
            if place_of(witness.fault) == place_of(doubt) and (came := _of_kind(witness.trial, wanted, lab)):
                return witness.trial, came
    return None


def _of_kind(trial: Trial, wanted: Signature, lab: Lab) -> Seen | None:
    """Return how a trial fails in the wanted way, for whichever fault."""
    return next((one for one in lab.ask(trial) if one.signature.kind == wanted.kind), None)


def explained_without_fault(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | None:
    """Return the finding about valid requests for which an invalid one was refused before its fault was seen.

    The finding explains the request once it is valid, to which the server says the same.
    """
    said = words_of(seen.judgement)
    if not seen.signature.faults or seen.signature.way not in TELLING or trial.several or said is None:
        return None
    of_valid = [one for one in known if one.needs and not one.signature.faults]
    for plain in _mended(trial, seen.signature) if of_valid else ():
        # An invalid request may not show the traits that it has once it is valid.
        several = [one for one in of_valid if all(has(plain, name) for name in one.needs)]
        came = lab.fails(plain, ANY_WRONG) if several else None
        if came is not None and words_of(came.judgement) == said:
            found = explain(plain, came, several, lab)
            if isinstance(found, Explained):
                return found
    return None


def explain_or_mend(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | Rest | None:
    """Return the finding that explains a trial as it is or once it is valid, or the trial left without known causes."""
    several = list(known)
    found = explain(trial, seen, several, lab)
    return found if isinstance(found, Explained) else explained_without_fault(trial, seen, several, lab) or found


def words_said(trial: Trial, lab: Lab) -> Words | None:
    """Return the status and body of the answer to a trial's last request."""
    return words_of(lab.judge(trial.case))


def _overlooked(trial: Trial, wanted: Signature, lab: Lab) -> tuple[Trial, Seen] | None:
    """Return the trial without the trait for which it was refused, if its fault alone is accepted."""
    for name in present(trial):
        rest = without(trial, name)
        for one in () if rest is None else lab.ask(rest):
            if rest is not None and one.signature.way is Way.ACCEPTED and one.signature.faults == wanted.faults:
                return rest, one
    return None


def _witnesses(trial: Trial, wanted: Signature) -> Iterator[Trial]:
    """Yield plain requests with the trial's fault alone, also with the trial's operation, dtype and the like."""
    for witness in trial.reading.witnesses("malformed"):
        if {witness.fault} == wanted.faults:
            yield witness.trial
            other = with_siblings_apart(witness.trial, trial, trial.reading.siblings)
            if other is not None and other.case != witness.trial.case:
                yield other
