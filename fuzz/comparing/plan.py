"""Plan what is done in which order, and about how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from fuzz.comparing.defaults import MOST_STARTS, ROUNDS, SEEN, STARTS
from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import Temperature, connection_of
from fuzz.comparing.statistics import CONNECTIONS

TEMPERATURES: tuple[Temperature, ...] = ("cold", "warm")
# A narrow network takes as long each time, so that a few times tell enough.
NARROW_ROUNDS = 5
WARM_UP = 3
BLOCKS = 5
BLOCK_SECONDS = 0.5
LEAST_EACH, MOST_EACH = 2, 64
# For the first estimate alone: a request, and each megabyte of its object.
GUESSED_SECONDS, GUESSED_SECONDS_A_MB = 0.004, 0.008


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """The questions, how often each is asked, and by how many clients at the same time.

    `starts` says how often servers are started at least, each time for an equal share of the rounds. They are started
    more often, `most_starts` times at most, until a later run would tell of a server that is slower by `seen`.
    """

    questions: tuple[TimedQuestion, ...]
    rounds: int = ROUNDS
    clients: tuple[int, ...] = (1, 4, 16)
    mbps: tuple[float, ...] = ()
    starts: int = STARTS
    most_starts: int = MOST_STARTS
    seen: float = SEEN

    def least_starts(self, anew: bool) -> int:
        """Say how often servers are started at least: once where nothing is started anew."""
        return min(self.starts, self.rounds) if anew else 1

    def rounds_a_start(self, anew: bool) -> int:
        """Say how many rounds come after each start: in all at least as many as are wanted."""
        return -(-self.rounds // self.least_starts(anew))

    def connections_a_start(self, anew: bool) -> int:
        """Say how many connections those rounds are shared out over."""
        return min(self.rounds_a_start(anew), -(-CONNECTIONS // self.least_starts(anew)))


class Asked(Protocol):
    """A contender, as far as its turn depends on it."""

    @property
    def mbps(self) -> float: ...


One = TypeVar("One", bound=Asked)


def turns(contenders: Sequence[One], number: int) -> Iterator[tuple[Temperature, One]]:
    """List whose turn it is in a round: all of them one after the other, so that what drifts hits all alike.

    They share the round's fresh object, which none of them has been asked about before.
    """
    for temperature in TEMPERATURES:
        for one in in_turn(contenders, number):
            if not one.mbps or (temperature == "cold" and number < NARROW_ROUNDS):
                yield temperature, one


def in_turn(contenders: Sequence[One], number: int) -> Iterator[One]:
    """Return all of them, in another order each time."""
    order = orders(len(contenders))
    for place in order[number % len(order)] if order else ():
        yield contenders[place]


def opens_connections(number: int, each: int, connections: int) -> bool:
    """Say whether all are asked over new connections from this round on."""
    return number == 0 or connection_of(number, each, connections) != connection_of(number - 1, each, connections)


def orders(several: int) -> list[list[int]]:
    """Orders in which each has each place as often, and comes after each other one as often.

    Whoever is first, or comes after one that worked long, finds the machine in another state. The orders are those of
    Williams (1949): a zigzag, moved on by one each time; of an odd number also backwards.
    """
    zigzag = [(place + 1) // 2 if place % 2 else (several - place // 2) % several for place in range(several)]
    forwards = [[(one + step) % several for one in zigzag] for step in range(several)]
    return forwards + [list(reversed(one)) for one in forwards] if several % 2 else forwards


def block_requests(typical_ms: float, clients: int) -> int:
    """Say how many requests of several clients take about a block's time."""
    fitting = round(BLOCK_SECONDS * 1000 / max(typical_ms, 1e-3))
    return min(max(fitting, LEAST_EACH * clients), MOST_EACH * clients)


def guessed_seconds_alone(plan: ComparisonPlan, rounds: int, object_bytes: int, contenders: int) -> float:
    """Say about how long so many rounds of one question take, one client asking."""
    once = _guessed_seconds_once(object_bytes)
    narrow = sum(min(NARROW_ROUNDS, rounds) * (once + object_bytes * 8 / (one * 1e6)) for one in plan.mbps)
    return rounds * len(TEMPERATURES) * contenders * once + narrow


def guessed_seconds_together(plan: ComparisonPlan, object_bytes: int, contenders: int) -> float:
    """Say about how long one question takes when several clients ask it at the same time."""
    block = max(BLOCK_SECONDS, LEAST_EACH * _guessed_seconds_once(object_bytes))
    return len(plan.clients) * contenders * (BLOCKS + 1) * block


def _guessed_seconds_once(object_bytes: int) -> float:
    return GUESSED_SECONDS + GUESSED_SECONDS_A_MB * object_bytes / 1e6
