"""The measurement of memory: what a process holds is told, and growth counts once the hunt has settled."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from fuzz.bench.memory import SETTLING_SECONDS, Holding, Looking, growth, held
from fuzz.running.store.memory import MemoryStore


def row(seconds: float, resident: int) -> Holding:
    return Holding(seconds, resident, 1, 1)


def test_growth_counts_from_the_first_settled_row_to_the_last() -> None:
    rows = [
        row(1.0, 10),
        row(SETTLING_SECONDS + 1, 100),
        row(SETTLING_SECONDS + 60, 150),
        row(SETTLING_SECONDS + 120, 107),
    ]
    assert growth(rows) == pytest.approx(0.07)


def test_a_hunt_that_never_settled_tells_no_growth() -> None:
    assert growth([row(1.0, 10), row(SETTLING_SECONDS - 1, 10), row(SETTLING_SECONDS, 10)]) is None


def test_what_the_process_holds_is_counted() -> None:
    with closing(MemoryStore()) as store:
        before = held(store, 0.0)
        store.put("private", "a", b"1")
        store.put("public", "b", b"2")
        memory = bytearray(30_000_000)
        descriptor = os.open(os.devnull, os.O_RDONLY)
        after = held(store, 60.0)
        os.close(descriptor)
    assert after.objects == before.objects + 2
    assert after.descriptors > before.descriptors
    assert after.resident > before.resident + len(memory) // 2


def test_it_looks_again_and_again_until_the_hunt_ends(capsys: pytest.CaptureFixture[str]) -> None:
    looks = iter(range(1, 10_000))
    with Looking(lambda seconds: row(seconds, next(looks)), every=0.01) as looking:
        while len(looking.rows) < 3:
            looking._over.wait(0.01)
    assert [one.resident for one in looking.rows[:3]] == [1, 2, 3]
    assert len(capsys.readouterr().out.splitlines()) == len(looking.rows)
