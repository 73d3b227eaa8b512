"""Many trials, by several processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from fuzz.bench.animals.trials import AnimalTask, AnimalTrial, let_loose
from fuzz.subjects.reductions.zoo import find

Work = TypeVar("Work")
Done = TypeVar("Done")


def tasks_for(
    animals: Sequence[str], *, seeds: int, first_seed: int, seconds: float, ablation: str
) -> Iterator[AnimalTask]:
    """Yield a task for each animal with each seed, and as many for the healthy server."""
    for seed in range(first_seed, first_seed + seeds):
        for api in sorted({find(one).api for one in animals} | {"v2"}):
            yield AnimalTask((), seed, seconds, ablation, api)
        for one in animals:
            yield AnimalTask((one,), seed, seconds, ablation, find(one).api)


def visit(tasks: Sequence[AnimalTask], workers: int, tell: Callable[[AnimalTrial], None]) -> list[AnimalTrial]:
    """Do all tasks, and tell of each when it is done."""
    return spread(let_loose, tasks, workers, tell)


def spread(
    do: Callable[[Work], Done], tasks: Sequence[Work], workers: int, tell: Callable[[Done], None] = lambda _: None
) -> list[Done]:
    """Return the result of a module's function for each task, computed in that many processes.

    `tell` gets each result when it is there.
    """
    if workers <= 1:
        return [told(do(task), tell) for task in tasks]
    # Forked processes would share this one's sockets and threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = [pool.submit(do, task) for task in tasks]
        try:
            done = {future: told(future.result(), tell) for future in as_completed(futures)}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[future] for future in futures]


def told(done: Done, tell: Callable[[Done], None]) -> Done:
    """Return a result after telling it."""
    tell(done)
    return done
