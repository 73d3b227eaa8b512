"""What a hunt explored is counted once, and told as what came since the last telling."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.events import Explored
from fuzz.hunt.exploration import LARGER, Exploration, latency_class, size_class, sought
from fuzz.reports.history import Sums
from fuzz.running.session import Judgement
from fuzz.subjects.reductions.domains import excluded
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Outcome, Reply, Transcript
from specs.reductions import profile
from specs.reductions.model import expectations
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts

REFERENCE = profile.load("reference")


def case_of(*dtypes: str, together: bool = False) -> Case:
    sends = (Send("sum", Fields({"dtype": dtype}), "a") for dtype in dtypes)
    return Case("reduction", (Put("a", bytes(16)), *sends), together=together)


def judgement_of(case: Case, elapsed_ms: float = 1.0) -> Judgement:
    outcomes: tuple[Outcome, ...] = tuple(
        Reply(200, (), b"", elapsed_ms) if isinstance(step, Send) else None for step in case.steps
    )
    return Judgement(Transcript(case, outcomes), (), expectations(case, REFERENCE, StoreFacts()))


def note(exploration: Exploration, case: Case) -> None:
    exploration.note(case, judgement_of(case))


def sums_of(*accounts: Explored) -> Sums:
    sums = Sums()
    for one in accounts:
        sums.add(one)
    return sums


def test_values_and_pairs_of_requests_with_an_answer_are_counted() -> None:
    exploration = Exploration(REDUCTIONS.accounting, REFERENCE)
    note(exploration, case_of("int32", "int32", "float64", "no such dtype"))
    sums = sums_of(exploration.told({}))
    assert sums.requests == 3
    assert (sums.values["dtype", "int32"], sums.values["operation", "sum"]) == (2, 3)
    assert sums.pairs[("dtype", "int32"), ("operation", "sum")] == 2
    assert not any("no such dtype" in name for name in sums.values)


@given(st.lists(st.sampled_from(["int32", "uint64", "float32", "told"]), max_size=12))
def test_accounts_add_up_however_often_they_are_told(some: list[str]) -> None:
    once, often, accounts = (
        Exploration(REDUCTIONS.accounting, REFERENCE),
        Exploration(REDUCTIONS.accounting, REFERENCE),
        [],
    )
    seen: Counter[str] = Counter()
    for dtype in some:
        if dtype == "told":
            accounts.append(often.told(seen))
            continue
        seen[f"finding-{dtype}"] += 1
        for one in (once, often):
            note(one, case_of(dtype))
            one.at_stake("reduction", {"answers", dtype})
    assert sums_of(*accounts, often.told(seen)) == sums_of(once.told(seen))


def test_latencies_are_counted_by_operation_and_size_of_requests_sent_one_at_a_time() -> None:
    exploration = Exploration(REDUCTIONS.accounting, REFERENCE)
    note(exploration, case_of("int32"))
    note(exploration, case_of("int32", "int64", together=True))
    assert exploration.told({}).latencies == (("sum", "256 B", ((0, 1),)),)


@given(st.floats(0.05, 1e6))
def test_an_answer_came_within_its_class_and_not_within_the_one_before(elapsed_ms: float) -> None:
    number = latency_class(elapsed_ms)
    assert 2 ** ((number - 1) / 4) < elapsed_ms * (1 + 1e-9)
    assert elapsed_ms <= 2 ** (number / 4) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("length", "name"), [(0, "0 B"), (1, "256 B"), (256, "256 B"), (257, "4 KiB"), (2**30, LARGER)]
)
def test_an_object_counts_for_the_least_size_that_holds_it(length: int, name: str) -> None:
    assert size_class(length) == name


def test_what_is_sought_leaves_out_pairs_that_cannot_come_together() -> None:
    told = sought(REDUCTIONS.accounting, REFERENCE)
    flat = [(name, value) for name, values in told.fields for value in values]
    assert told.not_asked
    assert all(excluded(flat[i], flat[j]) for i, j in told.not_asked)
