"""Mutation testing: the share of mechanical changes to the reference server that the suite sees."""

from __future__ import annotations

import json
import random
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count

from fuzz.bench.animals.mutants import Mutant, mutants
from fuzz.bench.animals.trials import AnimalTask, AnimalTrial
from fuzz.bench.animals.visits import visit
from fuzz.embedded.processes import ReferenceServerError

COMMAND = ("-m", "fuzz.bench.animals.mutant_server")
ENDS = ("seen", "not seen", "no other answer", "not reached", "does not start", "could not be tried")


@dataclass(frozen=True, slots=True)
class Fate:
    """The fate of a mutant; `end` is one of ENDS."""

    mutant: Mutant
    end: str
    seconds: float
    requests: int
    seen: str


def try_mutants(arguments: Namespace) -> int:
    """Try all mutants or a sample; list those that the suite does not see."""
    chosen = list(mutants())
    if arguments.sample and arguments.sample < len(chosen):
        chosen = sorted(random.Random(arguments.seed).sample(chosen, arguments.sample), key=lambda one: one.id)
    fates = tried(chosen, arguments, "v2")
    # What version 2 of the API does not show may be what answers version 1.
    later = [one.mutant for one in fates if one.end in ENDS[1:4]]
    fates = both(fates, tried(later, arguments, "v1"))
    for line in lines(fates):
        print(line)
    if arguments.json is not None:
        rows = [{**asdict(one), "mutant": one.mutant.id, "change": str(one.mutant)} for one in fates]
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 1 if any(one.end == "not seen" for one in fates) else 0


def both(fates: Sequence[Fate], later: Sequence[Fate]) -> list[Fate]:
    """Return the better fate of each mutant in the two versions of the API: seen, or at least of effect."""
    again = {one.mutant.id: one for one in later}
    return [min(one, again.get(one.mutant.id, one), key=lambda each: ENDS.index(each.end)) for one in fates]


def tried(chosen: Sequence[Mutant], arguments: Namespace, api: str) -> list[Fate]:
    """Return the fates of mutants that are asked in one version of the API."""
    tasks = [
        AnimalTask((), arguments.seed, arguments.seconds, arguments.ablate, api, 0, command=(*COMMAND, one.id))
        for one in chosen
    ]
    numbers = count(1)

    def tell(trial: AnimalTrial) -> None:
        name = trial.task.command[-1]
        print(f"{next(numbers)}/{len(tasks)} {api} {name}: {fate_of(trial)}", file=sys.stderr, flush=True)

    return [fate(mutant, trial) for mutant, trial in zip(chosen, visit(tasks, arguments.workers, tell))]


def fate(mutant: Mutant, trial: AnimalTrial) -> Fate:
    """Return the fate of a mutant by its trial."""
    return Fate(mutant, fate_of(trial), trial.cpu_seconds, trial.requests, trial.seen)


def fate_of(trial: AnimalTrial) -> str:
    """Return the word for how a trial ended."""
    if trial.broke:
        return "does not start" if trial.broke.startswith(ReferenceServerError.__name__) else "could not be tried"
    if trial.detected:
        return "seen"
    if trial.triggered:
        return "not seen"
    return "no other answer" if trial.reached else "not reached"


def lines(fates: Sequence[Fate]) -> Iterator[str]:
    """Yield the survivors, and the number of mutants with each fate."""
    for end in ENDS[1:]:
        some = [one for one in fates if one.end == end]
        if some:
            yield f"{end}:"
            yield from (f"  {one.mutant}" for one in some)
            yield ""
    yield f"{len(fates)} mutants: " + ", ".join(f"{sum(one.end == end for one in fates)} {end}" for end in ENDS)
    changing = [one for one in fates if one.end in ENDS[:2]]
    if changing:
        seen = sum(one.end == "seen" for one in changing)
        yield f"of the {len(changing)} that change an answer, {seen} are seen ({seen / len(changing):.1%})"
