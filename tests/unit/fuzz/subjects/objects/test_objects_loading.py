"""Laws of the loads of object stores: scenarios hold the numbers they promise, and every answer can be judged."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from fuzz.subject import Round
from fuzz.subjects.objects.loading import LOADING, MIB, SCENARIOS
from specs.objects.model.commuting import serial
from specs.objects.model.judging import expectations
from specs.objects.profile import Profile, load
from specs.objects.steps import CopyObject, DeleteObject, GetObject, ListObjects, PutObject, UploadPart
from strategies.claims import NotClaimed
from strategies.objects.loads import OPERATIONS

REFERENCE = load("reference")
ROUNDS = {f"{one.name}: {each.name}": each for one in SCENARIOS for each in one.rounds}
# A delete of what another client reads has answers that hang on who comes first; those are judged by linearizability.
RACES = {"mixed: shared keys"}


def named(scenario: str) -> tuple[Round, ...]:
    return next(one.rounds for one in SCENARIOS if one.name == scenario)


def test_the_scenarios_are_those_that_the_command_promises() -> None:
    names = [one.name for one in SCENARIOS]
    assert names == ["mixed", "uploads", "downloads", "metadata", "revisions", "many", "sizes"]


@pytest.mark.parametrize("name", ROUNDS)
def test_each_operation_of_a_round_is_there(name: str) -> None:
    one = ROUNDS[name]
    assert {*one.first, *one.begin, *one.end, *(operation for operation, _ in one.operations)} <= set(OPERATIONS)


@pytest.mark.parametrize("name", ROUNDS)
def test_the_same_seed_draws_the_same_requests_and_another_seed_others(name: str) -> None:
    one = ROUNDS[name]
    assert LOADING.case(one, 1, REFERENCE) == LOADING.case(one, 1, REFERENCE) != LOADING.case(one, 2, REFERENCE)


@pytest.mark.parametrize("name", ROUNDS)
def test_the_answers_of_a_round_can_all_be_judged(name: str) -> None:
    case = LOADING.case(ROUNDS[name], 1, REFERENCE)
    assert (serial(case) is None) == (name in RACES)
    lanes = {step.lane for step in case.steps if step.lane}
    assert len(lanes) == ROUNDS[name].clients


@pytest.mark.parametrize("name", ["mixed: own keys", "metadata: metadata", "many: names"])
def test_what_clients_do_with_their_own_keys_is_mostly_to_be_done(name: str) -> None:
    case = LOADING.case(ROUNDS[name], 1, REFERENCE)
    refused = [one.alternatives[0].refuses for one in expectations(case, REFERENCE)]
    assert sum(refused) < 0.2 * len(refused)


def test_rounds_have_the_numbers_of_the_public_suites() -> None:
    def count(scenario: str, kind: type) -> list[int]:
        cases = [LOADING.case(one, 1, REFERENCE) for one in named(scenario)]
        return [sum(isinstance(step, kind) for step in case.steps) for case in cases]

    assert count("uploads", PutObject)[:9] == [50, *[8] * 8]
    assert [one.sizes for one in named("uploads")[1:9]] == [(20 * MIB,)] * 8
    assert count("downloads", GetObject)[0] == 100
    assert count("many", PutObject)[0] == count("many", CopyObject)[0] == 2000
    assert [one.sizes for one in named("sizes")] == [(10**power,) for power in range(9)]


def test_no_two_objects_have_the_same_content() -> None:
    case = LOADING.case(ROUNDS["mixed: own keys"], 1, REFERENCE)
    contents = Counter(step.content for step in case.steps if isinstance(step, PutObject) and step.content.size > 4)
    assert max(contents.values()) == 1


def test_objects_in_parts_have_legal_parts() -> None:
    case = LOADING.case(ROUNDS["uploads: in parts"], 1, REFERENCE)
    assert [step.content.size for step in case.steps if isinstance(step, UploadPart)][:3] == [
        5 * MIB, 5 * MIB, 2 * MIB,
    ]  # fmt: skip


def test_pages_are_as_many_as_the_keys_fill() -> None:
    case = LOADING.case(Round("pages", 1, begin=("put",) * 250, end=("pages",)), 1, REFERENCE)
    assert len([step for step in case.steps if isinstance(step, ListObjects)]) == 3


def test_names_reach_every_limit() -> None:
    keys = {step.key for step in LOADING.case(ROUNDS["many: names"], 1, REFERENCE).steps if isinstance(step, PutObject)}
    assert max(len(key.encode()) for key in keys) == 1024
    segments = {len(part) for key in keys for part in key.split("/")}
    assert {0, 255, 256} <= segments
    assert any(re.search(r"[\x01-\x1f]", key) for key in keys)
    assert any(not key.isascii() for key in keys)


def test_a_purge_deletes_each_version_that_was_made() -> None:
    steps = LOADING.case(ROUNDS["revisions: revisions"], 1, REFERENCE).steps
    made = {step.called for step in steps if step.called}
    purged = {step.query[0][1] for step in steps if isinstance(step, DeleteObject) and step.query}
    assert purged == {f"{{version {name}}}" for name in made}


def test_what_a_store_does_not_claim_is_left_out() -> None:
    with pytest.raises(NotClaimed, match="versioning"):
        LOADING.case(ROUNDS["revisions: revisions"], 1, Profile("bare", capabilities=()))
