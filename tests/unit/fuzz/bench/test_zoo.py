"""The zoo is what it says: animals with habits, reached and triggered told apart, the healthy server untouched."""

import ast
import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

from fuzz.bench.animals import comparison
from fuzz.bench.animals.ablations import ABLATIONS, properties_of
from fuzz.bench.animals.mutant_server import mutant_server
from fuzz.bench.animals.mutants import Mutant, mutants, mutated
from fuzz.bench.animals.mutation import Fate, both
from fuzz.bench.animals.scoreboard import lines, scoreboard
from fuzz.bench.animals.trials import AnimalTask, AnimalTrial
from fuzz.commands import zoo
from fuzz.embedded.broken_classes import UnknownAnimal
from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo import animals, find, keep
from fuzz.subjects.reductions.zoo.catalogue import HABITS, overrides
from fuzz.subjects.reductions.zoo.watching import WatchedSoFar, watched
from specs.reductions import profile as profiles
from tests.unit.reference_asking import Asker, asking

DATA = np.arange(1, 13, dtype=np.int32)
LEAST_ANIMALS = 70


@pytest.fixture
def asker() -> Iterator[Asker]:
    with asking() as asker:
        yield asker


def answered(server: ReferenceServer, operation: str, fields: dict[str, object]) -> HttpResponse:
    """A server's answer to the owner."""
    headers = {"content-type": "application/json", "authorization": "Basic b3duZXIta2V5Om93bmVyLXNlY3JldA=="}
    answer = server.handle(HttpRequest("POST", f"/v2/{operation}/", headers, json.dumps(fields).encode()))
    assert isinstance(answer, HttpResponse)
    return answer


def test_there_are_many_animals_in_every_class() -> None:
    assert len(animals()) >= LEAST_ANIMALS
    assert {one.kind for one in animals().values()} == {habit.replace("_", " ") for habit in HABITS}


@pytest.mark.parametrize("name", list(animals()))
def test_an_animal_has_a_habit_of_its_own(name: str) -> None:
    animal = find(name)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", animal.id)
    assert re.fullmatch(r"[A-Z].*\.", animal.habit), "one sentence"
    replaced = overrides(animal.server)
    assert replaced, "it must do something in its own way"
    for method in replaced:
        assert getattr(animal.server, method) is not getattr(ReferenceServer, method)


def test_habits_are_told_apart() -> None:
    habits = [one.habit for one in animals().values()]
    assert len(set(habits)) == len(habits)


def test_an_unknown_animal_is_met_with_a_guess() -> None:
    with pytest.raises(UnknownAnimal, match="did you mean 'stride-ignored'"):
        find("stride-ignore")


@pytest.mark.parametrize(
    ("fields", "reached", "triggered"),
    [
        ({}, 0, 0),
        ({"shape": [12], "selection": [[2, 9, 1]]}, 1, 0),
        ({"shape": [12], "selection": [[2, 9, 3]]}, 1, 1),
    ],
)
def test_reached_and_triggered_are_told_apart(
    asker: Asker, fields: dict[str, object], reached: int, triggered: int
) -> None:
    tally = WatchedSoFar()
    answered(watched([find("stride-ignored")], tally), "select", asker.fields(DATA, **fields))
    assert tally.told() == {
        "handled": 1,
        "reached": {"stride-ignored": 1} if reached else {},
        "triggered": {"stride-ignored": 1} if triggered else {},
    }


def test_what_does_not_change_the_answer_is_not_triggered(asker: Asker) -> None:
    tally = WatchedSoFar()
    server = watched([find("reversed-comes-ascending")], tally)
    fields = asker.fields(DATA, shape=[12], selection=[[11, 0, -1]])
    answered(server, "sum", fields)
    assert not tally.triggered
    answered(server, "select", fields)
    assert tally.triggered == {"reversed-comes-ascending": 1}


def test_several_animals_live_in_one_server(asker: Asker) -> None:
    tally = WatchedSoFar()
    server = watched([find("max-starts-at-zero"), find("axis-zero-is-falsy")], tally)
    answered(server, "max", asker.fields(-DATA, shape=[3, 4], axis=1))
    answered(server, "sum", asker.fields(DATA, shape=[3, 4], axis=0))
    assert tally.triggered == {"max-starts-at-zero": 1, "axis-zero-is-falsy": 1}


def test_without_animals_the_server_is_healthy(asker: Asker) -> None:
    tally = WatchedSoFar()
    fields = asker.fields(DATA, shape=[3, 4], axis=0)
    assert answered(watched([], tally), "sum", fields) == answered(ReferenceServer(), "sum", fields)
    assert tally.told() == {"handled": 1, "reached": {}, "triggered": {}}


def test_a_kept_server_tells_its_tally_beside_the_api() -> None:
    with keep(["stride-ignored"]) as server:
        told = server.told()
        assert (told.handled, told.reached, told.triggered) == (0, {}, {})
        assert told.cpu_seconds > 0
    assert server.told().handled == 0, "a server that has ended tells nothing, and raises nothing"


def trial(animal: str, seed: int, **more: object) -> AnimalTrial:
    """A finished trial."""
    task = AnimalTask((animal,) if animal else (), seed, 10)
    values = {"requests": 8, "seconds": 2.0, "cpu_seconds": 1.0, "reached": 1, "triggered": 1, **more}
    return AnimalTrial(task, **values)  # type: ignore[arg-type]


def test_a_scoreboard_is_clean_only_if_every_trial_saw_the_animal() -> None:
    seen = trial("stride-ignored", 1, seen="select-values: wrong", by="reduction")
    missed = trial("stride-ignored", 2)
    assert scoreboard([seen, trial("", 1)]).clean
    board = scoreboard([seen, missed])
    assert not board.clean
    assert [row.id for row in board.missed] == ["stride-ignored"]
    assert any("undetected   1: stride-ignored" in line for line in lines(board))


def test_what_is_seen_in_the_healthy_server_is_a_false_alarm() -> None:
    board = scoreboard([trial("", 3, seen="counts: wrong", by="reduction")])
    assert board.false_alarms == ("reduction, seed 3: counts: wrong",)
    assert not board.clean


@pytest.mark.parametrize("ablation", ["", *ABLATIONS])
def test_an_ablation_leaves_something_to_try(ablation: str) -> None:
    properties = properties_of(ablation, profiles.load("reference"))
    assert properties
    assert len({one.name for one in properties}) == len(properties)


def test_the_command_offers_every_ablation() -> None:
    assert set(zoo.ABLATIONS) == set(ABLATIONS)


@pytest.mark.parametrize("module", ["reducing", "arranging"])
def test_every_mutant_is_one_change_that_runs(module: str) -> None:
    some = [one for one in mutants() if one.module == module]
    assert len(some) > 10
    texts = {ast.unparse(mutated(module, one.number)) for one in some}
    assert len(texts) == len(some), "each is another change"
    for text in texts:
        compile(text, module, "exec")


def test_a_mutant_is_compared_with_the_healthy_server(asker: Asker) -> None:
    mutant = next(one for one in mutants() if one.module == "reducing" and one.after == "operation != 'min'")
    tally = WatchedSoFar()
    server = mutant_server(mutant.id, tally)
    answered(server, "max", asker.fields(DATA.astype(np.float32)))
    assert (tally.reached, tally.triggered) == ({mutant.id: 1}, {mutant.id: 1})


def test_a_comparison_shows_in_one_row_when_each_part_of_the_suite_saw_an_animal() -> None:
    seen, missed = trial("stride-ignored", 1, seen="counts: wrong", by="reduction"), trial("stride-ignored", 1)
    text = list(comparison.lines({"": scoreboard([seen, seen]), "no-relations": scoreboard([seen, missed])}))
    assert text[0].split() == ["animal", "everything", "no-relations"]
    assert text[1].split() == ["stride-ignored", f"{seen.cpu_seconds:.1f}", f"{seen.cpu_seconds:.1f}", "1/2"]
    assert text[3].split()[-6:] == ["1", "of", "1", "0", "of", "1"]


@pytest.mark.parametrize(
    ("v2", "v1", "end"),
    [
        ("not seen", "seen", "seen"),
        ("not reached", "not seen", "not seen"),
        ("no other answer", "not reached", "no other answer"),
        ("not reached", None, "not reached"),
    ],
)
def test_a_mutant_is_what_the_version_shows_in_which_it_comes_further(v2: str, v1: str | None, end: str) -> None:
    """One that changes an answer in either version, and is seen in none, has survived."""
    mutant = Mutant("fetching", 1, 1, "a", "b")
    fates = [Fate(mutant, one, 0.0, 0, "") for one in (v2, v1) if one is not None]
    assert [one.end for one in both(fates[:1], fates[1:])] == [end]
