"""Each test of the public suites for object stores is covered: what is said to cover it is there, and goes as far."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fuzz.commands.bench import MEASUREMENTS
from fuzz.subjects.objects.loading import LOADING, MIB, SCENARIOS
from fuzz.subjects.objects.properties import PROPERTIES
from fuzz.subjects.objects.public_suites import PublicTest, covered, left_out, page, suites
from specs.case import Case
from specs.objects import steps
from specs.objects.profile import load
from strategies.drawing import Chance

PAGE = Path(__file__).parents[2] / "fuzz/subjects/objects/public_suites.md"
REFERENCE = load("reference")
DRAWN = 80
TESTS = {f"{one.suite}: {one.does}": one for one in covered()}


def of(case: Case, *kinds: type) -> list[Any]:
    return [step for step in case.steps if isinstance(step, kinds)]


def most_bytes(case: Case) -> int:
    """The bytes of the largest object: of one request, or of all parts of an upload."""
    parts = Counter[str]()
    for step in of(case, steps.UploadPart):
        parts[step.upload] += step.content.size
    return max([*parts.values(), *(step.content.size for step in of(case, steps.PutObject)), 0])


def revisions(case: Case) -> int:
    """The versions that a case writes, if its bucket keeps any."""
    return len(of(case, steps.PutObject)) if of(case, steps.PutVersioning) else 0


# How far one case goes along each axis.
AXES: Mapping[str, Callable[[Case], int]] = {
    "bytes": most_bytes,
    "clients": lambda case: len({step.lane for step in case.steps if step.lane}),
    "objects": lambda case: len(of(case, steps.PutObject, steps.CopyObject)),
    "copies": lambda case: len(of(case, steps.CopyObject)),
    "key bytes": lambda case: max((len(step.key.encode()) for step in of(case, steps.PutObject)), default=0),
    "pages": lambda case: len([step for step in of(case, steps.ListObjects) if step.after]) + 1,
    "batch": lambda case: max((len(step.keys) for step in of(case, steps.DeleteObjects)), default=0),
    "revisions": revisions,
}
# Along these axes all cases of what covers a test are added up.
TOGETHER: Mapping[str, Callable[[Case], int]] = {
    "large puts": lambda case: len([step for step in of(case, steps.PutObject) if step.content.size >= 20 * MIB]),
}
# How far a measurement goes, by the default of one of its flags.
FLAGS = {"sent bytes": "sent", "stored bytes": "stored", "kills": "times"}


@cache
def cases(by: str) -> tuple[Case, ...]:
    """Cases of a property, or the rounds of a scenario; none of a measurement."""
    sort, _, name = by.partition(" ")
    if sort == "scenario":
        rounds = next(one.rounds for one in SCENARIOS if one.name == name)
        return tuple(LOADING.case(one, 1, REFERENCE) for one in rounds)
    if sort == "property":
        choice: Any = next(one for one in PROPERTIES if one.name == name).cases(REFERENCE)
        return tuple(Chance(seed)(choice) for seed in range(DRAWN))
    return ()


def defaults(by: str) -> Mapping[str, Any]:
    parser = ArgumentParser()
    import_module(f"fuzz.bench.{by.partition(' ')[2]}").add_arguments(parser)
    return vars(parser.parse_args([]))


def reached(one: PublicTest, drawn: Sequence[Case]) -> int:
    """How far what covers a test goes along the test's axis."""
    if one.axis in FLAGS:
        measured = (defaults(by) for by in one.by if by.startswith("bench "))
        return max(int(flags[FLAGS[one.axis]]) for flags in measured)
    if one.axis in TOGETHER:
        return sum(TOGETHER[one.axis](case) for case in drawn)
    return max(AXES[one.axis](case) for case in drawn)


def names() -> Iterator[str]:
    yield from (f"property {one.name}" for one in PROPERTIES)
    yield from (f"scenario {one.name}" for one in SCENARIOS)
    yield from (f"bench {name}" for name, _ in MEASUREMENTS)


@pytest.mark.parametrize("test", TESTS)
def test_what_covers_a_public_test_is_there_and_draws_what_it_needs(test: str) -> None:
    one = TESTS[test]
    assert one.by
    assert set(one.by) <= set(names())
    there = {type(step).__name__ for by in one.by for case in cases(by) for step in case.steps}
    assert set(one.steps) <= {kind.__name__ for kind in steps.ALL}
    assert set(one.steps) <= there
    assert one.steps or one.axis


@pytest.mark.parametrize("test", [name for name, one in TESTS.items() if one.axis])
def test_what_covers_a_public_test_goes_as_far_as_it_says(test: str) -> None:
    one = TESTS[test]
    drawn = [case for by in one.by for case in cases(by)]
    assert reached(one, drawn) >= one.reached
    assert one.reached >= one.public or one.short


def test_every_suite_has_tests_and_every_test_a_suite() -> None:
    assert {one.suite for one in covered()} == set(suites())
    assert {one.suite for one in left_out()} <= set(suites())


def test_every_scenario_covers_something() -> None:
    assert {f"scenario {one.name}" for one in SCENARIOS} <= {by for one in covered() for by in one.by}


def test_the_page_is_written_from_the_table() -> None:
    assert PAGE.read_text("utf-8") == page()
