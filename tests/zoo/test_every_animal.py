"""The suite sees every animal by one of two seeds, and nothing in the healthy server."""

import pytest

from fuzz.bench.animals.trials import AnimalTask, let_loose
from fuzz.subjects.reductions.zoo import animals, find

pytestmark = [pytest.mark.zoo, pytest.mark.timeout(600)]

SECONDS = 30.0
HEALTHY_SECONDS = 20.0
SEEDS = (1, 2)
# What is poor rather than wrong shows only in rare, large sums, as a warning.
UNSEEN = [one.id for one in animals().values() if one.warns]


@pytest.mark.parametrize("name", [name for name in animals() if name not in UNSEEN])
def test_the_animal_is_seen(name: str) -> None:
    for seed in SEEDS:
        trial = let_loose(AnimalTask((name,), seed, SECONDS, api=find(name).api, reduce_seconds=0))
        assert not trial.broke
        if trial.detected:
            return
    pytest.fail(
        f"{find(name).habit} Reached {trial.reached} and triggered {trial.triggered} times "
        f"in {trial.requests} requests; try: asfuzz zoo --animals {name}"
    )


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_nothing_is_seen_in_the_healthy_server(api: str) -> None:
    trial = let_loose(AnimalTask((), SEEDS[0], HEALTHY_SECONDS, api=api, reduce_seconds=0))
    assert not trial.broke
    assert not trial.detected, f"{trial.by}: {trial.seen}"
