"""A comparison under way: uploads, asks everybody in turn, has answers judged, removes what it uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

from fuzz.comparing.contenders import Block, Contender, unreachable
from fuzz.comparing.judging import Judge, Prepared
from fuzz.comparing.plan import (
    BLOCKS,
    TEMPERATURES,
    WARM_UP,
    ComparisonPlan,
    block_requests,
    guessed_seconds_alone,
    guessed_seconds_together,
    in_turn,
    opens_connections,
    turns,
)
from fuzz.comparing.precision import starts_wanted
from fuzz.comparing.results import BYPASS, Comparison, HarnessCost, Kept, Temperature, Throughput, Times, connection_of
from fuzz.errors import CannotRun
from fuzz.running.store import StoreError
from fuzz.versions import versions

if TYPE_CHECKING:
    from fuzz.comparing.questions import TimedQuestion
    from fuzz.running.store import Store
    from specs.reductions.profile import Profile

# So many answers in a row that are not right, and a question is not put to that contender any more.
ENOUGH_FAILURES = 3
# What is being done, how much of everything that is, and how much is done.
Progress = Callable[[str, float], None]


class Course:
    """Asks the questions of a plan; what was measured so far can be had at any time."""

    def __init__(
        self,
        plan: ComparisonPlan,
        contenders: Sequence[Contender],
        store: Store,
        profile: Profile,
        progress: Progress,
        lost: dict[str, str] | None = None,
    ) -> None:
        """`lost` are servers that could not even be started, and why."""
        self._plan = plan
        self._contenders = contenders
        self._store = store
        self._profile = profile
        self._progress = progress
        self.lost = dict(lost or {})
        self.judge = Judge()
        self._numbers = count()
        self._series: dict[TimedQuestion, _Series] = {}
        self._anew = any(self._ours())
        self._each = plan.rounds_a_start(self._anew)
        self._connections = plan.connections_a_start(self._anew)
        self._starts = 0
        self._starts_wanted = plan.least_starts(self._anew)
        self._rounds_done: dict[TimedQuestion, int] = {}
        self._together_done: dict[TimedQuestion, float] = {}
        self._throughputs: list[Throughput] = []
        self._begun = datetime.now(UTC).isoformat(timespec="seconds")
        self._unasked: dict[str, str] = {}
        self.harness: HarnessCost | None = None
        self.interrupted = False
        self.findings: tuple[Kept, ...] = ()

    def run(self) -> None:
        """Ask everything; a question that the store fails for is left out, and the others are asked.

        Servers are started anew some times, and after each start all questions have some of their rounds: some starts
        are faster than others for as long as the server runs.
        """
        while self._starts < self._starts_wanted:
            if self._starts:
                self._start_anew()
            rounds = range(self._starts * self._each, (self._starts + 1) * self._each)
            self._starts += 1
            self._put_each(partial(self._ask_in_turn, rounds=rounds))
            self._starts_wanted = self._wanted()
        if self._plan.clients:
            self._put_each(self._ask_together)

    def _put_each(self, ask: Callable[[Prepared], None]) -> None:
        for question in self._plan.questions:
            if question.label not in self._unasked:
                try:
                    ask(Prepared(question, self._profile))
                except StoreError as error:
                    self._unasked[question.label] = str(error)

    def _wanted(self) -> int:
        """Say how often servers are to be started, as far as can be told by now."""
        least = self._plan.least_starts(self._anew)
        if self._starts < least or not any(self._ours()):
            return least
        return max(least, min(starts_wanted(self.result(), self._plan.seen), self._plan.most_starts))

    def _tell(self, question: TimedQuestion) -> None:
        """Say how much is done of everything that has to be, as far as is known by now."""
        whole = done = 0.0
        rounds = max(self._starts_wanted * self._each, 1)
        for one in [one for one in self._plan.questions if one.label not in self._unasked]:
            alone = guessed_seconds_alone(self._plan, rounds, _size(one), len(self._whole))
            together = guessed_seconds_together(self._plan, _size(one), len(self._whole))
            whole += alone + together
            done += alone * self._rounds_done.get(one, 0) / rounds + together * self._together_done.get(one, 0.0)
        self._progress(question.label, done / (whole or 1.0))

    def _ours(self) -> Iterator[Contender]:
        """Return the servers that can be started anew."""
        return (one for one in self._contenders if one.is_ours and one.name not in self.lost)

    def _start_anew(self) -> None:
        """Start servers anew; one that does not come back is left out from now on."""
        for one in list(self._ours()):
            try:
                one.start_anew()
            except CannotRun as error:
                self.lost[one.name] = f"it could not be started anew: {error}"

    def result(self) -> Comparison:
        """Return everything that is known by now."""
        return Comparison(
            contenders=tuple(dict.fromkeys([*(one.name for one in self._contenders), *self.lost])),
            store=self._store.s3_url,
            begun=self._begun,
            rounds=self._each * max(self._starts, 1),
            versions=versions(),
            times=tuple(one for series in self._series.values() for one in series.times()),
            throughputs=tuple(self._throughputs),
            told=tuple(self.judge.told.values()),
            findings=self.findings,
            lost=dict(self.lost),
            unasked=dict(self._unasked),
            harness=self.harness,
            interrupted=self.interrupted,
            starts=max(self._starts, 1),
            connections=self._connections,
            anew=tuple(one.name for one in self._contenders if one.is_ours) if self._starts > 1 else (),
        )

    @property
    def _whole(self) -> list[Contender]:
        """Return the contenders on a network that is not narrowed."""
        return [one for one in self._contenders if not one.mbps]

    def _ask_in_turn(self, prepared: Prepared, rounds: Sequence[int]) -> None:
        """Measure some rounds of a question, all of them after one start."""
        with self._uploaded(prepared) as warm:
            series = self._begun_series(prepared, warm)
            if not series.going_on(self.lost):
                return
            for number in rounds:
                with self._uploaded(prepared) as cold:
                    if opens_connections(number, self._each, self._connections):
                        connection = connection_of(number, self._each, self._connections)
                        self._connect_anew(prepared, warm, series, connection)
                    self._fetch_once(prepared, cold)
                    keys = {"cold": cold, "warm": warm}
                    for temperature, one in turns(series.going_on(self.lost), number):
                        block = one.ask(prepared, keys[temperature], 1, 1)
                        series.add(prepared, one, temperature, number, block)
                        self._lose_if_gone(one, block)
                self._rounds_done[prepared.question] = number + 1
                self._tell(prepared.question)

    def _begun_series(self, prepared: Prepared, key: str) -> _Series:
        """Return the times of a question so far, after all have been asked it a few times off the clock."""
        series = self._series.get(prepared.question)
        asked = self._contenders if series is None else series.going_on(self.lost)
        right = [one for one in asked if self._warmed_up(one, prepared, key)]
        if series is None:
            series = self._series[prepared.question] = _Series(prepared.question, self.judge, right)
        return series

    def _connect_anew(self, prepared: Prepared, key: str, series: _Series, connection: int) -> None:
        """Have all be asked over new connections, and once each off the clock.

        Two names may lead to one server: what it has for a connection must not go to the same one of them each time.
        """
        everybody = [one for one in series.going_on(self.lost) if not one.mbps]
        for one in everybody:
            one.hang_up()
        for one in in_turn(everybody, connection):
            self._lose_if_gone(one, one.ask(prepared, key, 1, 1))

    def _fetch_once(self, prepared: Prepared, key: str) -> None:
        """Have the store send a new object once off the clock, lest whoever is first wait for the store's caches."""
        for one in self._whole:
            if one.name == BYPASS:
                one.ask(prepared, key, 1, 1)

    def _warmed_up(self, one: Contender, prepared: Prepared, key: str) -> bool:
        """Ask a few times off the clock; whether any of the answers was right."""
        if one.name in self.lost:
            return False
        if one.mbps:
            return True
        block = one.ask(prepared, key, WARM_UP, 1)
        self._lose_if_gone(one, block)
        right = [self.judge.right(prepared, one.name, came.outcome) for came in block.came]
        return any(right)

    def _lose_if_gone(self, one: Contender, block: Block) -> None:
        """Leave out from now on whom no connection can be made to."""
        if block.came and all(map(unreachable, block.came)):
            self.lost.setdefault(one.name, f"nothing answers any more: {one.last_words()}".rstrip(": "))

    def _ask_together(self, prepared: Prepared) -> None:
        """Ask by several clients at the same time, all about one object that was asked about before."""
        series = self._series.get(prepared.question)
        if series is not None and series.going_on(self.lost):
            with self._uploaded(prepared) as key:
                self._ask_in_blocks(prepared, key, series)

    def _ask_in_blocks(self, prepared: Prepared, key: str, series: _Series) -> None:
        for done, clients in enumerate(self._plan.clients):
            usable = [one for one in series.going_on(self.lost) if not one.mbps]
            requests = {one.name: block_requests(series.typical_ms(one), clients) for one in usable}
            rates: dict[str, list[float]] = {one.name: [] for one in usable}
            slowest: dict[str, float] = dict.fromkeys(rates, 0.0)
            for one in usable:
                one.ask(prepared, key, clients, clients)
            for number in range(BLOCKS):
                for one in [one for one in usable if one.name not in self.lost]:
                    block = one.ask(prepared, key, requests[one.name], clients)
                    self._lose_if_gone(one, block)
                    right = [came for came in block.came if self.judge.right(prepared, one.name, came.outcome)]
                    rates[one.name].append(len(right) / max(block.seconds, 1e-9))
                    slowest[one.name] = max([slowest[one.name], *(came.elapsed_ms for came in right)])
                part = (done + (number + 1) / BLOCKS) / len(self._plan.clients)
                self._together_done[prepared.question] = part
                self._tell(prepared.question)
            self._throughputs += [
                Throughput(
                    prepared.question, one.name, clients, tuple(rates[one.name]), requests[one.name], slowest[one.name]
                )
                for one in usable
            ]

    @contextmanager
    def _uploaded(self, prepared: Prepared) -> Iterator[str]:
        """Put an object that nobody has asked about, and return its key; the object is removed with the block."""
        key = f"compare/{next(self._numbers)}"
        try:
            self._store.put("private", key, prepared.data)
            yield key
        finally:
            with suppress(StoreError):
                # What cannot be removed now is removed with its bucket.
                self._store.delete("private", key)


class _Series:
    """The times of one question, as they come in."""

    def __init__(self, question: TimedQuestion, judge: Judge, contenders: Sequence[Contender]) -> None:
        self._question = question
        self.judge = judge
        self.contenders = contenders
        self._elapsed: dict[tuple[int, Temperature], list[float | None]] = {}
        self._bytes: dict[int, int] = {}
        self._failing: dict[int, int] = {}

    def going_on(self, lost: dict[str, str]) -> list[Contender]:
        """Those that are still asked."""
        return [
            one for one in self.contenders if one.name not in lost and self._failing.get(id(one), 0) < ENOUGH_FAILURES
        ]

    def add(self, prepared: Prepared, one: Contender, temperature: Temperature, number: int, block: Block) -> None:
        """Note the time of an answer; one that is not right leaves a gap where its time would be."""
        came = block.came[0] if block.came else None
        right = came is not None and self.judge.right(prepared, one.name, came.outcome)
        elapsed = self._elapsed.setdefault((id(one), temperature), [])
        elapsed += [None] * (number - len(elapsed))
        elapsed.append(came.elapsed_ms if right and came is not None else None)
        self._failing[id(one)] = 0 if right else self._failing.get(id(one), 0) + 1
        if right and came is not None:
            self._bytes.setdefault(id(one), one.bytes_to_client(prepared, came))

    def typical_ms(self, one: Contender) -> float:
        right = [ms for temperature in TEMPERATURES for ms in self._elapsed.get((id(one), temperature), []) if ms]
        return median(right) if right else 1.0

    def times(self) -> Iterator[Times]:
        """List one series for each contender, network and temperature."""
        for one in self.contenders:
            for temperature in TEMPERATURES:
                elapsed = self._elapsed.get((id(one), temperature))
                if elapsed:
                    size = self._bytes.get(id(one), 0)
                    yield Times(self._question, one.name, temperature, tuple(elapsed), size, one.mbps)


def _size(question: TimedQuestion) -> int:
    """Say about how many bytes an object has."""
    return question.side**2 * 8
