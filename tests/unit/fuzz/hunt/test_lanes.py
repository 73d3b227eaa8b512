"""Lanes: the same cases whatever their number, steps in order, and nobody waits for what is slow."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.http_server import HttpServer
from fuzz.hunt.avoiding import Pace
from fuzz.running.lanes import SLOW_LANES, SLOW_TIMES, Lanes
from fuzz.running.session import Judgement, Taken, Work, unwatched
from fuzz.transport.exchanges import sending
from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.protocol import BETWEEN_REQUESTS, Client, ClientSettings
from specs.case import Case
from specs.outcome import Outcome, Reply, Transcript

SETTINGS = ClientSettings(timeout_seconds=20.0)
LONG_SECONDS = 20.0


@dataclass(frozen=True)
class Say:
    """A step that says something to a server that repeats it."""

    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = False
    text: str
    about: str = ""


@dataclass
class Saying:
    """A session whose steps are sent as they are; nothing that comes back is wrong."""

    client: Client
    sent: int = 0

    def another_client(self) -> Client:
        return HttpClient(self.client.url, SETTINGS)

    def judging(
        self,
        case: Case,
        client: Client,
        *,
        afresh: bool = False,  # noqa: ARG002
        taken: Taken = unwatched,
    ) -> Work[Judgement]:
        outcomes: list[Outcome] = []
        for step in case.steps:
            yield BETWEEN_REQUESTS
            taken(step)
            self.sent += 1
            outcomes.append((yield from sending(client, HttpMessage("POST", "/", (), step.text.encode()))))
        return Judgement(Transcript(case, tuple(outcomes)), ())


@dataclass
class Repeating:
    """Repeats what it is told, and notes when each came and was answered; the word `wait` is kept until `go`."""

    go: threading.Event = field(default_factory=threading.Event)
    noted: list[tuple[str, str]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)
    under_way: int = 0
    most: int = 0

    def __call__(self, request: HttpRequest) -> Answer:
        text = request.body.decode()
        with self.lock:
            self.noted.append(("came", text))
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        if text == "wait":
            self.go.wait(LONG_SECONDS)
        with self.lock:
            self.noted.append(("answered", text))
            self.under_way -= 1
        return HttpResponse(200, {}, request.body)


@contextmanager
def repeating(width: int, slow_width: int = SLOW_LANES) -> Iterator[tuple[Repeating, Lanes]]:
    server = Repeating()
    with HttpServer(server, on_error=lambda status, text: HttpResponse(status, {}, text.encode())) as there:
        lanes = Lanes(Saying(HttpClient(there.url, SETTINGS)), width, slow_width)  # type: ignore[arg-type]
        try:
            yield server, lanes
        finally:
            server.go.set()
            lanes.abandon()


def all_of(lanes: Lanes, cases: Sequence[Case]) -> list[Case]:
    """Take all cases, and list them as they end."""
    ended = []
    for case in cases:
        while lanes.full():
            ended += lanes.go_on(1.0)
        ended += lanes.begin(case, None)
    while len(lanes):
        ended += lanes.go_on(1.0)
    assert all(one.error is None for one in ended)
    return [one.case for one in ended]


@settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 16), st.lists(st.integers(1, 4), max_size=20))
def test_steps_of_a_case_stay_in_order_and_no_more_cases_are_under_way_than_there_are_lanes(
    width: int, lengths: list[int]
) -> None:
    cases = [Case("x", tuple(Say(f"{at}.{step}") for step in range(count))) for at, count in enumerate(lengths)]
    with repeating(width) as (server, lanes):
        ended = all_of(lanes, cases)
    assert sorted(ended, key=cases.index) == cases
    # Where the machine is slow, any case may be.
    assert server.most <= width + lanes.slow_width
    for case in cases:
        mine = {step.text for step in case.steps}
        # Each step comes after the answer to the one before.
        due = [(what, step.text) for step in case.steps for what in ("came", "answered")]
        assert [one for one in server.noted if one[1] in mine] == due


def test_one_lane_is_one_case_after_the_other() -> None:
    cases = [Case("x", (Say(f"{at}.0"), Say(f"{at}.1"))) for at in range(5)]
    with repeating(1) as (server, lanes):
        assert all_of(lanes, cases) == cases
    assert [text for what, text in server.noted if what == "came"] == [
        step.text for case in cases for step in case.steps
    ]


def test_a_request_that_is_not_answered_holds_up_its_own_lane_alone() -> None:
    with repeating(2) as (server, lanes):
        assert lanes.begin(Case("x", (Say("wait"),)), None) == []
        ended = []
        for at in range(30):
            ended += lanes.begin(Case("x", (Say(str(at)),)), None)
            while lanes.full():
                ended += lanes.go_on(1.0)
        for _ in range(30 - len(ended)):
            ended += lanes.go_on(1.0)
        assert len(ended) == 30
        assert ("answered", "wait") not in server.noted
        server.go.set()
        while len(lanes):
            ended += lanes.go_on(1.0)
    assert ended[-1].case.steps == (Say("wait"),)
    assert isinstance(ended[-1].judgement.transcript.outcomes[0], Reply)


def test_what_turns_out_to_be_slow_makes_room_for_others() -> None:
    with repeating(2) as (server, lanes):
        for _ in range(2):
            lanes.begin(Case("x", (Say("wait"),)), None)
        quick = [Case("x", (Say(str(at)),)) for at in range(10)]
        ended: list[Case] = []
        for case in quick:
            while lanes.full():
                ended += [one.case for one in lanes.go_on(1.0)]
            lanes.begin(case, None)
        while len(lanes) > 2:
            ended += [one.case for one in lanes.go_on(1.0)]
        assert sorted(ended, key=quick.index) == quick
        assert ("answered", "wait") not in server.noted


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4])
def test_what_is_slow_goes_by_the_middle_of_the_answers_however_long_the_slow_ones_take(share: float) -> None:
    quick, slow, count = 50.0, 3000.0, 40
    with repeating(2) as (_, lanes):
        for at in range(count):
            lanes._session.client.answers.took(slow if at % 10 < share * 10 else quick)
        assert lanes.slow_seconds == SLOW_TIMES * quick / 1000
        # A server all of whose answers take longer than before has none that are slow.
        for _ in range(count):
            lanes._session.client.answers.took(slow)
        assert lanes.slow_seconds == SLOW_TIMES * slow / 1000


def test_time_in_which_nobody_looked_is_not_waited() -> None:
    with repeating(2) as (server, lanes):
        lanes.begin(Case("x", (Say("wait"),)), None)
        (flight,) = lanes.under_way()
        while ("came", "wait") not in server.noted:
            lanes.go_on(0.01)
        lanes.note_away(2 * LONG_SECONDS)
        server.go.set()
        while len(lanes):
            lanes.go_on(LONG_SECONDS)
        assert flight.judgement is not None
        (outcome,) = flight.judgement.transcript.outcomes
        assert outcome is not None
        assert outcome.elapsed_ms < 0


def test_where_requests_are_held_answers_still_come_and_cases_go_on_once_they_are_released() -> None:
    cases = [Case("x", tuple(Say(f"{at}.{step}") for step in range(3))) for at in range(3)]
    with repeating(3) as (server, lanes):
        flights = [lanes.begin(case, None) or lanes.under_way()[-1] for case in cases]
        lanes.hold()
        while lanes.awaited():
            assert lanes.go_on(1.0) == []
        assert sorted(text for what, text in server.noted if what == "answered") == ["0.0", "1.0", "2.0"]
        assert (lanes.quick, len(lanes.under_way())) == ([], 3)
        # Nothing is waited for.
        assert lanes.go_on(LONG_SECONDS) == []
        lanes.note_away(LONG_SECONDS)
        lanes.release()
        assert len(lanes.quick) == 3
        assert all_of(lanes, []) != []
        assert sorted(text for what, text in server.noted if what == "came") == [
            step.text for case in cases for step in case.steps
        ]
    for flight in flights:
        assert flight.rested_seconds > 0
        assert flight.longest_seconds < LONG_SECONDS
        assert 0 < flight.seconds < flight.ended - flight.begun


def test_what_is_slow_is_awaited_where_requests_are_held_and_does_not_go_on() -> None:
    with repeating(2) as (server, lanes):
        lanes.begin(Case("x", (Say("wait"), Say("next"))), None, slow=True)
        (slow,) = lanes.under_way()
        lanes.hold()
        while ("came", "wait") not in server.noted:
            lanes.go_on(0.01)
        assert (lanes.quick, lanes.awaited()) == ([], [slow])
        server.go.set()
        while lanes.awaited():
            assert lanes.go_on(LONG_SECONDS) == []
        assert ("came", "next") not in server.noted
        lanes.release()
        assert all_of(lanes, []) == [slow.case]


@pytest.mark.parametrize("width", [1, 2])
def test_slow_cases_are_few_at_a_time_beside_the_others(width: int) -> None:
    with repeating(width) as (_, lanes):
        for _ in range(SLOW_LANES):
            assert not lanes.full_of_slow_ones()
            lanes.begin(Case("x", (Say("wait"),)), None, slow=True)
        assert lanes.full_of_slow_ones()
        assert not lanes.full()


def test_where_the_order_is_kept_a_slow_case_takes_the_single_lane() -> None:
    with repeating(1, slow_width=0) as (_, lanes):
        lanes.begin(Case("x", (Say("wait"),)), None, slow=True)
        assert lanes.full()
        assert lanes.full_of_slow_ones()


def test_a_sort_that_was_slow_is_expected_to_be_slow_until_it_is_quick_again() -> None:
    pace = Pace()
    told = []
    for slow in (False, True, True, False, False):
        told.append(pace.is_slow("sort"))
        pace.note("sort", slow=slow)
    # One slow case alone may have waited for something else.
    assert told == [False, False, False, True, False]
    assert not pace.is_slow("another sort")


def test_what_was_under_way_meanwhile_is_known_in_the_order_in_which_it_was_taken() -> None:
    with repeating(3) as (server, lanes):
        lanes.begin(Case("x", (Say("wait"),)), None)
        for at in range(3):
            lanes.begin(Case("x", (Say(f"{at}.0"), Say(f"{at}.1"))), None)
            while len(lanes) > 1:
                lanes.go_on(1.0)
        server.go.set()
        (waited,) = lanes.go_on(LONG_SECONDS)
        assert [step.text for _, step in lanes.steps_beside(waited)] == ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1"]
        assert [len(case.steps) for _, case in waited.company] == [2, 2, 2]


def test_what_is_given_up_is_counted_and_its_connection_closed() -> None:
    with repeating(4) as (_, lanes):
        for text in ("wait", "0", "wait"):
            lanes.begin(Case("x", (Say(text),)), None)
        while len(lanes) > 2:
            lanes.go_on(1.0)
        assert lanes.sent_unanswered == 2
        lanes.abandon()
        assert (len(lanes), lanes.sent_unanswered) == (0, 0)
        assert all_of(lanes, [Case("x", (Say("1"),))])
