"""Every clause of the API's page leads to a requirement, a property and an animal, or says why not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz.bench.animals import seen
from fuzz.bench.clauses import gaps, traced
from fuzz.cli import main
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.subjects.reductions.zoo import animals
from specs.reductions import clauses


def test_there_is_no_gap_without_a_reason_beside_it() -> None:
    assert list(gaps(REDUCTIONS, traced(REDUCTIONS))) == []


def test_a_clause_says_something_once() -> None:
    said = [one.says for one in clauses.load().values()]
    assert len(set(said)) == len(said)
    assert all(one.says.endswith(".") and one.where for one in clauses.load().values())
    assert all(len(set(one.animals)) == len(one.animals) for one in clauses.load().values())


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"held_by": ()}, "no requirement holds it"),
        ({"held_by": ("no-such-thing",)}, "requirement 'no-such-thing' is unknown"),
        ({"animals": ()}, "no animal breaks it"),
        ({"animals": ("no-such-animal",)}, "animal 'no-such-animal' is unknown"),
    ],
)
def test_what_is_lacking_is_a_gap(change: dict[str, tuple[str, ...]], gap: str) -> None:
    first, *others = traced(REDUCTIONS)
    changed = replace(first, clause=replace(first.clause, **change), properties=() if "held_by" in change else ("x",))  # type: ignore[arg-type]
    assert any(one == f"{first.clause.id}: {gap}" for one in gaps(REDUCTIONS, [changed, *others]))


def test_a_reason_closes_a_gap() -> None:
    first, *others = traced(REDUCTIONS)
    clause = replace(first.clause, animals=(), reason="It cannot be tested.")
    assert list(gaps(REDUCTIONS, [replace(first, clause=clause), *others])) == []


def test_an_animal_that_no_trial_saw_is_a_gap() -> None:
    first, *others = traced(REDUCTIONS)
    name = first.clause.animals[0]
    assert f"{first.clause.id}: no trial of the zoo saw {name}" in list(
        gaps(REDUCTIONS, [replace(first, seen={}), *others])
    )


def test_what_trials_saw_is_about_animals_that_there_are(tmp_path: Path) -> None:
    noted = seen.load()
    assert set(noted) <= set(animals())
    seen.write(noted, tmp_path / "seen.json")
    assert (tmp_path / "seen.json").read_text() == (Path(seen.__file__).with_name(seen.FILE)).read_text()


def test_the_command_lists_one_or_all_and_knows_what_is_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses"]) == 0
    assert "0 gaps without one" in capsys.readouterr().out
    assert main(["clauses", "field-offset"]) == 0
    assert "offset-aligned, which" in capsys.readouterr().out
    assert main(["clauses", "field-offset", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["clauses"]
    assert told["id"] == "field-offset"
    assert {"requirements", "properties", "animals"} <= set(told)
    assert main(["clauses", "field-ofset"]) == 2
    assert "did you mean 'field-offset'" in capsys.readouterr().err
