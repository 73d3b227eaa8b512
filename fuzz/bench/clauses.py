"""Trace clauses of the API's page to requirements, to properties that draw them, and to animals that break them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fuzz.bench.animals import seen
from fuzz.subject import Animal, Subject
from specs.clauses import Clause


@dataclass(frozen=True, slots=True)
class Traced:
    """A clause, the properties that draw requests about its requirements, and what became of its animals.

    `seen` says of each animal that a trial of the zoo saw which requirement was broken, and which property saw it.
    """

    clause: Clause
    properties: tuple[str, ...]
    seen: dict[str, seen.SeenAnimal]

    def as_json(self) -> dict[str, object]:
        """Return the clause with all that it leads to, as JSON."""
        clause = self.clause
        told: dict[str, object] = {
            "id": clause.id,
            "where": clause.where,
            "says": clause.says,
            "requirements": list(clause.held_by),
            "properties": list(self.properties),
            "animals": [
                {"id": name, "requirement": one.requirement, "property": one.property}
                for name, one in ((name, self.seen.get(name, seen.SeenAnimal("", ""))) for name in clause.animals)
            ],
        }
        return {**told, "reason": clause.reason} if clause.reason else told


def traced(subject: Subject) -> list[Traced]:
    """Return every clause of the subject's API, in the order of the page; none if the subject lists none."""
    noted = seen.load()
    return [
        Traced(
            one,
            tuple(each.name for each in subject.properties if set(each.requirements) & set(one.held_by)),
            {name: noted[name] for name in one.animals if name in noted},
        )
        for one in (subject.clauses() if subject.clauses is not None else {}).values()
    ]


def gaps(subject: Subject, every: list[Traced]) -> Iterator[str]:
    """Yield the clauses that lack something without a reason, and the names in clauses that do not exist."""
    known, animals = subject.requirements, subject.serving.animals()
    for one in every:
        clause = one.clause
        yield from (f"{clause.id}: requirement {name!r} is unknown" for name in clause.held_by if name not in known)
        yield from (f"{clause.id}: animal {name!r} is unknown" for name in clause.animals if name not in animals)
        if not clause.reason:
            yield from _without_reason(one, animals)
    for name in known:
        about = [one for one in every if name in one.clause.held_by]
        if not about:
            yield f"requirement {name}: holds no clause"
        elif not any(one.clause.animals or one.clause.reason for one in about):
            yield f"requirement {name}: no animal breaks it"
        if not any(name in each.requirements for each in subject.properties):
            yield f"requirement {name}: no property checks it"


def _without_reason(one: Traced, animals: Mapping[str, Animal]) -> Iterator[str]:
    """Yield what a clause lacks if it gives no reason."""
    clause = one.clause
    if not clause.held_by:
        yield f"{clause.id}: no requirement holds it"
    elif not one.properties:
        yield f"{clause.id}: no property draws requests about it"
    if not clause.animals:
        yield f"{clause.id}: no animal breaks it"
    for name in clause.animals:
        if name in animals and name not in one.seen:
            yield f"{clause.id}: no trial of the zoo saw {name}"
        elif name in one.seen and one.seen[name].requirement not in clause.held_by:
            yield f"{clause.id}: {name} was seen as {one.seen[name].requirement}, which does not hold it"
