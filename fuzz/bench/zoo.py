"""Try a subject's suite on one of its broken servers, until something is seen or the time is up."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from fuzz.config import Settings
from fuzz.hunt.rounds import EXAMPLES_A_SHORT_TURN, furthest_behind, seed_of, turn
from fuzz.running.targets import open_target
from fuzz.subject import Property, Subject
from specs.case import Case

HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Visit:
    """The result of a visit to one server: `animal` is empty for the healthy server, `seen_by` if nothing was seen."""

    animal: str
    seconds: float
    requests: int
    seen_by: str = ""
    requirement: str = ""

    @property
    def right(self) -> bool:
        """Say whether a broken server was seen to be broken, or nothing was seen in a healthy one."""
        return bool(self.animal) == bool(self.seen_by)


class _Seen(Exception):
    """A case failed; the exception carries the property and the requirement."""


def try_animal(subject: Subject, animal: str, seed: int, seconds: float) -> Visit:
    """Try the properties on the subject's own server, broken in one way or not at all; each has its share of the time.

    The seconds are those of this process on one core, so that a busy machine does not end a visit early.
    """
    settings = Settings(subject=subject.name, profile=subject.serving.own, animals=(animal,) if animal else ())
    with open_target(settings) as target, closing(target.session()) as session:
        begun = time.process_time()
        spent = dict.fromkeys(subject.properties, 0.0)
        turns = dict.fromkeys(subject.properties, 0)

        def attempt(one: Property, case: Case) -> None:
            if time.process_time() - begun > seconds:
                return
            failures = session.judge(one.named(case)).failures
            if failures:
                raise _Seen(one.name, failures[0].requirement)

        try:
            while time.process_time() - begun <= seconds:
                # As in a hunt, a property whose cases take long has fewer of them.
                one = furthest_behind(subject.properties, spent.__getitem__, lambda each: each.share)
                began = time.process_time()
                number_of_turn = seed_of(seed, turns[one], one.name)
                turn(one.cases(target.profile), number_of_turn, EXAMPLES_A_SHORT_TURN, partial(attempt, one))
                spent[one] += time.process_time() - began
                turns[one] += 1
        except _Seen as seen:
            return Visit(animal, time.process_time() - begun, session.sent, *seen.args)
        return Visit(animal, time.process_time() - begun, session.sent)


def row(visit: Visit) -> str:
    """Return a line that says what was seen."""
    seen = f"seen by {visit.seen_by} as {visit.requirement}" if visit.seen_by else "not seen"
    return f"{visit.animal or HEALTHY:<24}{seen} after {visit.seconds:.1f} s and {visit.requests:,} requests"
