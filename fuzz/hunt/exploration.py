"""Count what a hunt explores: values of fields, pairs of values, requirements at stake, and response times."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations, count, groupby

import numpy as np

from fuzz.events import Explored, Sought
from fuzz.running.session import Judgement
from fuzz.subject import Accounting, ExploredRequest
from specs.case import Case
from specs.profile import Profile

# The first account comes soon; later ones are rarer, so that the log of a whole night stays small.
FIRST_SECONDS = 5.0
MOST_SECONDS = 300.0
SHARE_OF_ELAPSED = 0.25
SIZES = ((0, "0 B"), (2**8, "256 B"), (2**12, "4 KiB"), (2**16, "64 KiB"), (2**20, "1 MiB"))
LARGER = "more"
MOST_WAITING = 256
# Four classes of latency for each doubling.
CLASSES_A_DOUBLING = 4
FASTEST_CLASS = -20


class Exploration:
    """Counts the requests since its last account; the accounts of all workers can be added up."""

    def __init__(self, accounting: Accounting, profile: Profile) -> None:
        self._accounting = accounting
        self._profile = profile
        self._begun = time.monotonic()
        self._next = self._begun + FIRST_SECONDS
        self._numbers = _numbers_in_turn()
        self._pairs = np.zeros((0, 0), np.int64)
        # The numbers of the values of the requests that are not in the pairs yet.
        self._waiting: list[list[int]] = []
        self._requests = 0
        self._stakes: Counter[tuple[str, str]] = Counter()
        self._latencies: dict[tuple[str, str], Counter[int]] = {}
        self._seen: Counter[str] = Counter()

    def note(self, case: Case, judgement: Judgement) -> None:
        """Count the requests of a case."""
        due, outcomes = judgement.expectations, judgement.transcript.outcomes
        for one in self._accounting.asked(case, due, outcomes, self._profile):
            self._note_request(one)
            if one.kind and one.elapsed_ms > 0:
                self._note_latency(one)

    def at_stake(self, property_name: str, requirements: Iterable[str]) -> None:
        """Count the requirements that some answer to a request would have broken."""
        self._stakes.update((property_name, one) for one in requirements)

    def due(self) -> bool:
        """Say whether it is time for the next account."""
        return time.monotonic() >= self._next

    def told(self, seen: Mapping[str, int]) -> Explored:
        """Return the account since the last one, and count anew. `seen` says how often each finding was seen so far."""
        self._add_waiting()
        now = time.monotonic()
        wait = min(max(FIRST_SECONDS, SHARE_OF_ELAPSED * (now - self._begun)), MOST_SECONDS)
        above = np.triu(self._pairs, 1)
        firsts, seconds = np.nonzero(above)
        told = Explored(
            requests=self._requests,
            values=tuple((*name, times) for name, times in zip(self._numbers, np.diag(self._pairs).tolist())),
            pairs=tuple(zip(firsts.tolist(), seconds.tolist(), above[firsts, seconds].tolist())),
            at_stake=tuple((*name, times) for name, times in sorted(self._stakes.items())),
            latencies=tuple((*name, tuple(sorted(one.items()))) for name, one in sorted(self._latencies.items())),
            sightings=tuple(sorted((Counter(seen) - self._seen).items())),
        )
        self._seen = Counter(seen)
        self._requests, self._numbers, self._pairs = 0, _numbers_in_turn(), np.zeros((0, 0), np.int64)
        self._stakes, self._latencies, self._next = Counter(), {}, now + wait
        return told

    def _note_request(self, asked: ExploredRequest) -> None:
        self._requests += 1
        if not asked.values:
            return
        self._waiting.append([*map(self._numbers.__getitem__, asked.values.items())])
        if len(self._waiting) >= MOST_WAITING:
            self._add_waiting()

    def _add_waiting(self) -> None:
        """Add the pairs of values of many requests at once."""
        count = len(self._numbers)
        self._pairs = np.pad(self._pairs, (0, count - len(self._pairs)))
        for _, alike in groupby(sorted(self._waiting, key=len), key=len):
            rows = np.array(list(alike))
            both = rows[:, :, None] * count + rows[:, None, :]
            self._pairs += np.bincount(both.ravel(), minlength=count**2).reshape(count, count)
        self._waiting = []

    def _note_latency(self, asked: ExploredRequest) -> None:
        name = asked.kind, size_class(asked.size_bytes)
        self._latencies.setdefault(name, Counter())[latency_class(asked.elapsed_ms)] += 1


def _numbers_in_turn() -> defaultdict[tuple[str, str], int]:
    """Return a table in which each value gets the next number when it is first looked up."""
    return defaultdict(count().__next__)


def size_class(length: int) -> str:
    """Name the class of an object's size by its upper bound."""
    return next((name for most, name in SIZES if length <= most), LARGER)


def latency_class(elapsed_ms: float) -> int:
    """Return the number of the class whose upper bound is 2 ** (number / 4) milliseconds."""
    return max(FASTEST_CLASS, math.ceil(CLASSES_A_DOUBLING * math.log2(elapsed_ms)))


def sought(accounting: Accounting, profile: Profile) -> Sought:
    """Return the values that a profile's requests can have, and the pairs of them that no request can have."""
    every = accounting.domains(profile)
    flat = [(name, value) for name, values in every.items() for value in values]
    apart = tuple((i, j) for i, j in combinations(range(len(flat)), 2) if accounting.excluded(flat[i], flat[j]))
    return Sought(tuple(every.items()), apart)
