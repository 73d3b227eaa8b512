"""Say whether requests at the same time on one key come out as in some order of theirs.

A key is a register: it holds one version or none, and knows which uploads to it have ended. Each request takes effect
at one instant between its first byte sent and its last byte answered. A request whose outcome is unknown may take
effect at any later instant, or never.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Held(NamedTuple):
    """The contents of a key: the name of a version, or None, and the uploads to it that have ended."""

    version: str | None = None
    ended: frozenset[str] = frozenset()


NOTHING_HELD = Held()
FOREVER = float("inf")
MOST_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request on a key: the time from which and up to which it may take effect, and what it says.

    `after` returns what the key holds after it, given what it holds before; IMPOSSIBLE if the answer cannot be given
    then. A call that is `unknown` need not take effect at all. `reads` says that it never changes anything.
    """

    begun: float
    ended: float
    after: Callable[[Held], Held | _Impossible]
    number: int
    reads: bool = False
    unknown: bool = False


class _Impossible:
    """The type of the one value that says that an answer cannot be given."""


IMPOSSIBLE = _Impossible()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of a search for an order, None if it was given up. `number` is the request that spoils every order."""

    right: bool | None
    number: int = -1


def linearizable(calls: Sequence[Call], first: Held, most_nodes: int = MOST_NODES) -> SearchResult:
    """Say whether some order of the calls explains their answers."""
    right, _ = _search(calls, first, most_nodes)
    if right is not False:
        return SearchResult(right)
    return SearchResult(False, _spoiler(calls, first, most_nodes))


def _spoiler(calls: Sequence[Call], first: Held, most_nodes: int) -> int:
    """Return the call by whose end no order is left."""
    ends = sorted({one.ended for one in calls if not one.unknown})
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        right, _ = _search(_until(calls, ends[middle]), first, most_nodes)
        low, high = (low, middle) if right is False else (middle + 1, high)
    return next(one.number for one in calls if one.ended == ends[low])


def _until(calls: Sequence[Call], end: float) -> list[Call]:
    """Return the calls as they stood at a time: those that had not ended yet were unknown, those to come left out."""
    return [
        one if one.ended <= end else Call(one.begun, FOREVER, one.after, one.number, one.reads, unknown=True)
        for one in calls
        if one.begun <= end and not (one.reads and one.ended > end)
    ]


def _search(calls: Sequence[Call], first: Held, most_nodes: int) -> tuple[bool | None, int]:
    """Search for an order depth first; what was tried is remembered by the calls done and what the key held."""
    several = sorted(calls, key=lambda one: one.begun)
    by_end = sorted(range(len(several)), key=lambda at: several[at].ended)
    needed = sum(1 << at for at, one in enumerate(several) if not one.unknown)
    tried: set[tuple[int, Held]] = set()
    stack: list[tuple[int, Held, int, int]] = [(0, first, 0, 0)]
    nodes = 0
    while stack:
        done, value, low, low_end = stack.pop()
        done, low, low_end = _reads_done(several, by_end, done, value, low, low_end)
        if done & needed == needed:
            return True, nodes
        if (done, value) in tried:
            continue
        tried.add((done, value))
        nodes += 1
        if nodes > most_nodes:
            return None, nodes
        for at in reversed(_open(several, by_end, done, low, low_end)):
            after = several[at].after(value)
            if not isinstance(after, _Impossible):
                stack.append((done | 1 << at, after, low, low_end))
    return False, nodes


def _reads_done(
    several: Sequence[Call], by_end: Sequence[int], done: int, value: Held, low: int, low_end: int
) -> tuple[int, int, int]:
    """Take all reads that may come now; that is never wrong, since they change nothing."""
    while True:
        while low < len(several) and done >> low & 1:
            low += 1
        while low_end < len(by_end) and done >> by_end[low_end] & 1:
            low_end += 1
        more = done
        for at in _open(several, by_end, done, low, low_end):
            one = several[at]
            if one.reads and not one.unknown and one.after(value) == value:
                more |= 1 << at
        if more == done:
            return done, low, low_end
        done = more


def _open(several: Sequence[Call], by_end: Sequence[int], done: int, low: int, low_end: int) -> list[int]:
    """List the calls that may come next: those that had begun before any other that is left had ended."""
    end = next((several[at].ended for at in by_end[low_end:] if not done >> at & 1), FOREVER)
    found = []
    for at in range(low, len(several)):
        if several[at].begun > end:
            break
        if not done >> at & 1:
            found.append(at)
    return found
