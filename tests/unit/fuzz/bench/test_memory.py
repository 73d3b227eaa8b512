"""The measurement of memory: what a process holds is told, and growth counts once the hunt has settled."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from contextlib import closing

import pytest

from fuzz.bench.memory import SETTLING_SECONDS, Holding, Looking, growth, held
from fuzz.running.store.memory import MemoryStore


def row(seconds: float, resident: int) -> Holding:
    return Holding(seconds, resident, 1, 1)


@pytest.mark.parametrize(
    ("resident", "due"),
    [
        ([100, 107], 0.07),
        ([100, 150, 107], 0.07),
        # A row stands for a moment, in which a case may hold much.
        ([100, *[900] * 9, *[60] * 5, *[900] * 9, 107], 0.07),
        ([*[100] * 10, *[50] * 5, *[200] * 10], 1.0),
    ],
)
def test_growth_counts_from_the_first_settled_rows_to_the_last(resident: list[int], due: float) -> None:
    settled = [row(SETTLING_SECONDS + 60 * number, one) for number, one in enumerate(resident)]
    assert growth([row(1.0, 10), *settled]) == pytest.approx(due)


def test_a_hunt_that_never_settled_tells_no_growth() -> None:
    assert growth([row(1.0, 10), row(SETTLING_SECONDS - 1, 10), row(SETTLING_SECONDS, 10)]) is None


def test_what_the_process_holds_is_counted() -> None:
    with closing(MemoryStore()) as store:
        before = held(store, 0.0)
        store.put("private", "a", b"1")
        store.put("public", "b", b"2")
        # These pages are new: other memory may be what the process has held before and has free.
        memory = mmap.mmap(-1, 30_000_000, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.write(bytes(len(memory)))
        other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        descriptor = os.open(os.devnull, os.O_RDONLY)
        after = held(store, 60.0)
        os.close(descriptor)
        other.communicate(b"\n")
    assert after.objects == before.objects + 2
    assert after.descriptors > before.descriptors
    assert after.others > before.others
    assert after.resident > before.resident + len(memory) // 2


def test_it_looks_again_and_again_until_the_hunt_ends(capsys: pytest.CaptureFixture[str]) -> None:
    looks = iter(range(1, 10_000))
    with Looking(lambda seconds: row(seconds, next(looks)), every=0.01) as looking:
        while len(looking.rows) < 3:
            looking._over.wait(0.01)
    assert [one.resident for one in looking.rows[:3]] == [1, 2, 3]
    assert len(capsys.readouterr().out.splitlines()) == len(looking.rows)
