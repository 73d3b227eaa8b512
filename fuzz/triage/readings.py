"""Use what a wrong answer would be right for as evidence: that two causes are one, or that one explains a failure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from fuzz.triage.lab import Lab, Seen
from fuzz.triage.others import needs_more_of_others
from fuzz.triage.shown import Explained, Shown
from fuzz.triage.traits import closure, has, with_siblings_apart, without
from fuzz.triage.trial import Trial
from specs.store_facts import StoreFacts

# An answer is asked about with so many other data to tell what it is right for.
MOST_OF_OTHER_DATA = 2


def telling_needs(way: Shown, words: str, facts: StoreFacts) -> set[str]:
    """Return the needs of a cause without which a server could still be seen to answer another request.

    A trait that stays for the sake of those within it is told by these.
    """
    reading = way.trial.reading
    plain = {name: without(way.trial, name) for name in closure(way.needs, reading)}
    telling = {name for name, rest in plain.items() if rest is None or reading.shows(words, rest, facts)}
    wider = {reading.within.get(name, "") for name in plain}
    return {name for name in telling if plain[name] is not None or name not in closure(wider, reading)}


def explained_by_reading(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> Explained | None:
    """Return the finding whose wrong answers are right for the same altered request, if the trial passes without it.

    The trial must have each need without which the alteration could still be seen, if there are such needs, and pass
    without any of them. The finding's own case must fail with the trial's operation, dtype and the like, as servers
    misread one operation alone.
    """
    several = [one for one in known if one.reads_as and one.signature.family == seen.signature.family]
    words = _known_words(several, trial, seen, lab)
    for one in several:
        for alike in words & one.reads_as:
            needs = telling_needs(one, alike, lab.session.facts)
            there = all(has(trial, name) and _passes_without(trial, name, seen, lab) for name in needs)
            if (
                there
                and fails_with_siblings(one, trial, alike, lab)
                and not needs_more_of_others(trial, seen, one, lab)
            ):
                return Explained(one.finding)
    return None


def known_by_reading(trial: Trial, seen: Seen, known: Iterable[Shown], lab: Lab) -> str | None:
    """Return the finding whose wrong answers are right for the same altered request, of what does not come each time.

    Nothing can be proved of such a failure, so that it must have what the alteration needs to be seen.
    """
    several = [one for one in known if one.reads_as]
    words = _known_words(several, trial, seen, lab)
    for one in several:
        for alike in words & one.reads_as:
            if all(has(trial, name) for name in telling_needs(one, alike, lab.session.facts)):
                return one.finding
    return None


def _known_words(several: Sequence[Shown], trial: Trial, seen: Seen, lab: Lab) -> frozenset[str]:
    """Return those words of some findings by which a wrong answer is right too; no others are tried."""
    told = frozenset(words for one in several for words in one.reads_as)
    return trial.reading.reads_as(trial, seen, lab.session.facts, told) if told else told


def reads_as_with_other_data(trial: Trial, seen: Seen, lab: Lab) -> frozenset[str]:
    """Describe the altered requests for which a wrong answer is right, also with other data if that fails at all.

    One answer may be right for another request by chance.
    """
    words = trial.reading.reads_as(trial, seen, lab.session.facts)
    return frozenset(one for one in words if not lab.left or _reads_so_again(one, trial, seen, lab))


def _reads_so_again(words: str, trial: Trial, seen: Seen, lab: Lab) -> bool:
    """Say whether the answer with other data is right for the same altered request, if there is any that fails.

    Another bug may have spoilt one answer, so that one of several is enough.
    """
    reading, facts = trial.reading, lab.session.facts
    several = islice(reading.of_showing_data(words, trial, facts), MOST_OF_OTHER_DATA)
    came = [(other, failed) for other in several if (failed := lab.fails(other, seen.signature)) is not None]
    return not came or any(reading.reads_as(other, failed, facts, {words}) for other, failed in came)


def fails_with_siblings(one: Shown, trial: Trial, words: str, lab: Lab) -> bool:
    """Say whether the case of a cause still fails with the siblings of its traits that a trial has.

    Where its data would not show the mistake with these, it is asked with other data; no data may show it.
    """
    plain = with_siblings_apart(one.trial, trial, trial.reading.siblings)
    if plain is None:
        return False
    if lab.fails(plain, one.signature) is not None:
        return True
    facts = lab.session.facts
    if trial.reading.shows(words, plain, facts):
        return False
    other = next(iter(trial.reading.of_showing_data(words, plain, facts)), None)
    return other is None or lab.fails(other, one.signature) is not None


def _passes_without(trial: Trial, name: str, seen: Seen, lab: Lab) -> bool:
    rest = without(trial, name)
    return rest is not None and lab.fails(rest, seen.signature) is None
