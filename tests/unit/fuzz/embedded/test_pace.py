"""A narrow network: so many bits a second, whoever sends, and no faster after a pause."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.http_server import HttpServer
from fuzz.embedded.pace import PIECE_BYTES, SharedBandwidth


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def sent(pace: SharedBandwidth, clock: Clock, length: int, late: Callable[[], float] = lambda: 0.0) -> float:
    """Send so many bytes as a server does, waking up late each time; how long it took."""
    begun = clock.now
    for _, seconds in pace.pieces(b"x" * length):
        clock.now += seconds + (late() if seconds else 0.0)
    return clock.now - begun


@given(st.integers(1, 40 * PIECE_BYTES), st.sampled_from((1.0, 10.0, 1000.0)))
def test_sending_takes_as_long_as_its_bits_do(length: int, mbps: float) -> None:
    clock = Clock()
    assert sent(SharedBandwidth(mbps, clock), clock, length) == pytest.approx(length * 8 / (mbps * 1e6))


@given(st.lists(st.integers(1, 3 * PIECE_BYTES), min_size=2, max_size=6))
def test_senders_share_the_network(lengths: list[int]) -> None:
    clock = Clock()
    pace = SharedBandwidth(10.0, clock)
    delays = [list(pace.pieces(b"x" * length))[-1][1] for length in lengths]
    assert delays == pytest.approx([length * 8 / 10e6 for length in accumulate(lengths)])


def test_waking_up_late_makes_the_network_no_slower() -> None:
    clock = Clock()
    length = 60 * PIECE_BYTES
    assert sent(SharedBandwidth(100.0, clock), clock, length, lambda: 0.0005) < 1.02 * length * 8 / 100e6


def test_a_pause_is_not_made_up_for() -> None:
    clock = Clock()
    pace = SharedBandwidth(1.0, clock)
    clock.now += 60.0
    assert sent(pace, clock, 50_000) == pytest.approx(0.4)


def test_no_bandwidth_is_no_network() -> None:
    with pytest.raises(ValueError, match="carries nothing"):
        SharedBandwidth(0.0)


def test_an_answer_over_a_narrow_network_is_the_same() -> None:
    import urllib.request

    body = bytes(range(256)) * 200
    pace = SharedBandwidth(1000.0)
    with (
        HttpServer(
            lambda _: HttpResponse(200, {}, body), on_error=lambda status, _: HttpResponse(status, {}), pace=pace
        ) as server,
        urllib.request.urlopen(server.url, timeout=100) as answer,
    ):
        assert answer.read() == body
