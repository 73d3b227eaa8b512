"""The results of a comparison, as values; JSON both ways, so that a later run can be held against it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from fuzz.comparing.questions import TimedQuestion
from fuzz.errors import UsageError

FORMAT = "asfuzz comparison 2"
BYPASS = "bypass"
# Of fewer starts, their luck tells too much.
LEAST_STARTS = 5
# By how much two starts of one server may differ for as long as it runs: what is less cannot be told from that.
LUCK_OF_A_START = 0.10
# The suite's own server, by the name that it goes by in a comparison.
EMBEDDED = "embedded"
# Cold: about an object that nobody has asked about. Warm: about one that was asked about before.
Temperature = Literal["cold", "warm"]
Trouble = Literal["wrong", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Times:
    """The times that one contender took for one question, round by round; None where the answer was not right.

    `mbps` is the bandwidth of the network that the objects came over; 0 means that it was not narrowed.
    """

    question: TimedQuestion
    contender: str
    temperature: Temperature
    elapsed_ms: tuple[float | None, ...]
    bytes_to_client: int
    mbps: float = 0.0

    @property
    def right_ms(self) -> tuple[float, ...]:
        """Return the times of right answers."""
        return tuple(one for one in self.elapsed_ms if one is not None)


def rounds_of_both(mine: Times | None, theirs: Times | None) -> list[tuple[float, float]]:
    """Return the times of the rounds in which both were right."""
    if mine is None or theirs is None:
        return []
    return [(one, other) for one, other in zip(mine.elapsed_ms, theirs.elapsed_ms) if one and other]


def connection_of(number: int, each: int, connections: int) -> int:
    """Over which of their connections, counted from 0, all are asked in a round.

    `each` rounds come after each start, and are shared out over so many connections.
    """
    start, within = divmod(number, each)
    return start * connections + within * connections // each


def luck_of_a_start(names: Sequence[str]) -> str:
    """Say what cannot be told of servers that were not started some times."""
    return (
        f"  less than about {LUCK_OF_A_START:.0%} may be the luck of a start, which lasts as long as a server runs: "
        f"{', '.join(names)} {'was' if len(names) == 1 else 'were'} not started anew (--launch does that)"
    )


@dataclass(frozen=True, slots=True)
class Throughput:
    """The right answers a second that one contender gave to so many clients, block by block."""

    question: TimedQuestion
    contender: str
    clients: int
    rates: tuple[float, ...]
    requests: int
    slowest_ms: float


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault of a contender's answers to a question, and how often it came; `shown` is the first of them."""

    question: TimedQuestion
    contender: str
    trouble: Trouble
    shown: str
    times: int
    request: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding that a server's wrong answers came to; `path` is empty where it could not be saved.

    `known_reason` says why the finding is accepted for now, where it is.
    """

    contender: str
    path: str
    title: str
    known_reason: str = ""


@dataclass(frozen=True, slots=True)
class HarnessCost:
    """The cost of timing itself: a request to a server that does nothing, and how many of those go in a second."""

    request_ms: float
    rates: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison: everything that was measured.

    `lost` says of a contender why it was left out from some point on, `unasked` of a question why the store kept it
    from being asked. The servers in `anew` were started so many times, as `starts` says; others were found running.
    An equal share of the rounds comes after each start, over so many connections, as `connections` says.
    """

    contenders: tuple[str, ...]
    store: str
    begun: str
    rounds: int
    versions: Mapping[str, str] = field(default_factory=dict)
    times: tuple[Times, ...] = ()
    throughputs: tuple[Throughput, ...] = ()
    told: tuple[Complaint, ...] = ()
    findings: tuple[Kept, ...] = ()
    lost: Mapping[str, str] = field(default_factory=dict)
    unasked: Mapping[str, str] = field(default_factory=dict)
    harness: HarnessCost | None = None
    interrupted: bool = False
    starts: int = 1
    connections: int = 1
    anew: tuple[str, ...] = ()

    @property
    def servers(self) -> tuple[str, ...]:
        return tuple(name for name in self.contenders if name != BYPASS)

    @property
    def questions(self) -> tuple[TimedQuestion, ...]:
        """Return the questions in the order in which they were asked."""
        return tuple(dict.fromkeys(one.question for one in self.times))

    @property
    def wrong(self) -> int:
        """Say how many answers of servers broke the API's requirements."""
        return sum(one.times for one in self.told if one.trouble != "refused" and one.contender != BYPASS)

    @property
    def excused(self) -> bool:
        """Say whether whatever was wrong is a known issue."""
        found = {one.contender for one in self.findings}
        wrong = {one.contender for one in self.told if one.trouble != "refused" and one.contender != BYPASS}
        return wrong <= found and all(one.known_reason for one in self.findings)

    @property
    def complete(self) -> bool:
        """Say whether everybody could be asked everything, the store's bypass too, and nobody refused everything."""
        answering = {one.contender for one in self.times if one.right_ms}
        failing = any(one.contender == BYPASS for one in self.told)
        return not (self.lost or self.unasked or failing or set(self.contenders) - answering)

    def find(
        self, question: TimedQuestion, contender: str, temperature: Temperature = "cold", mbps: float = 0.0
    ) -> Times | None:
        """Return the times of one contender for one question, if there are any right ones."""
        wanted = (question, contender, temperature, mbps)
        found = (one for one in self.times if (one.question, one.contender, one.temperature, one.mbps) == wanted)
        return next((one for one in found if one.right_ms), None)

    def started_anew(self, *contenders: str) -> bool:
        """Say whether these were started often enough that the luck of a start does not decide."""
        return self.starts >= LEAST_STARTS and set(contenders) <= set(self.anew)

    def pairs(
        self, question: TimedQuestion, contender: str, other: str, temperature: Temperature
    ) -> list[list[tuple[float, float]]]:
        """Two contenders' times of the rounds that both answered rightly: those that share their luck together.

        Where one of them was started anew those are the rounds after the same start, else those over the same
        connections.
        """
        mine, theirs = (self.find(question, one, temperature) for one in (contender, other))
        found: dict[int, list[tuple[float, float]]] = {}
        if mine is not None and theirs is not None:
            anew = self.starts >= LEAST_STARTS and not {contender, other}.isdisjoint(self.anew)
            each = self.rounds // self.starts
            for number, (one, another) in enumerate(zip(mine.elapsed_ms, theirs.elapsed_ms)):
                if one and another:
                    place = number // each if anew else connection_of(number, each, self.connections)
                    found.setdefault(place, []).append((one, another))
        return list(found.values())


def to_json(comparison: Comparison) -> str:
    return json.dumps({"format": FORMAT, **asdict(comparison)}, indent=1) + "\n"


def read_comparison(path: Path) -> Comparison:
    """Return an earlier run's result; raises UsageError."""
    try:
        return from_document(json.loads(path.read_text("utf-8")))
    except OSError as error:
        raise UsageError(f"--against {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        wanted = "it must be the comparison.json that asfuzz compare --out FOLDER writes"
        raise UsageError(f"--against {path}: {wanted} ({error})") from error


def from_document(document: Mapping[str, Any]) -> Comparison:
    """Return a comparison from parsed JSON; raises ValueError, KeyError or TypeError."""
    fields = dict(document)
    if fields.pop("format") != FORMAT:
        raise ValueError(f"not of the format {FORMAT!r}")
    harness = fields.pop("harness")
    return Comparison(
        **{
            **fields,
            "contenders": tuple(fields["contenders"]),
            "anew": tuple(fields.get("anew", ())),
            "times": tuple(
                Times(**{**one, "question": TimedQuestion(**one["question"]), "elapsed_ms": tuple(one["elapsed_ms"])})
                for one in fields["times"]
            ),
            "throughputs": tuple(
                Throughput(**{**one, "question": TimedQuestion(**one["question"]), "rates": tuple(one["rates"])})
                for one in fields["throughputs"]
            ),
            "findings": tuple(Kept(**one) for one in fields.get("findings", ())),
            "told": tuple(Complaint(**{**one, "question": TimedQuestion(**one["question"])}) for one in fields["told"]),
        },
        harness=None
        if harness is None
        else HarnessCost(harness["request_ms"], {int(key): rate for key, rate in harness["rates"].items()}),
    )
