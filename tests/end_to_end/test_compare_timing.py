"""The times of a comparison are those that curl measures by its own clock, and what measuring costs is small."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import closing
from statistics import median

import pytest

from fuzz.comparing.contenders import Server
from fuzz.comparing.harness_cost import measure
from fuzz.comparing.judging import Prepared
from fuzz.comparing.lanes import Lanes
from fuzz.comparing.opening import Named, open_field
from fuzz.comparing.questions import Question
from fuzz.comparing.statistics import quantiles
from fuzz.config import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
BLOCKS, EACH = 15, 10
# Two clients are compared that send the same bytes; what remains is how long each takes to see that an answer is there.
LEAST, MOST = 0.75, 1.33


def of_curl(url: str, message: bytes, requests: int) -> list[float]:
    """Milliseconds of as many requests over one kept connection; the one that opened it is left out."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    path = lines[0].split(" ")[1]
    headers = [word for line in lines[1:] if not line.lower().startswith(("host", "content-length"))
               for word in ("-H", line)]  # fmt: skip
    words = ["curl", "-sS", "-o", "/dev/null", "-w", "%{time_total} %{http_code}\n", *headers, "--data-binary", "@-"]
    # A range makes curl ask as many times, over the same connection.
    asked = subprocess.run(
        [*words, f"{url}{path}?[0-{requests}]"], input=body, capture_output=True, check=True, timeout=100
    )
    told = [line.split() for line in asked.stdout.decode().splitlines()][1:]
    assert {code for _, code in told} == {"200"}
    return [float(seconds) * 1000 for seconds, _ in told]


def times(url: str, message: bytes) -> tuple[list[float], list[float]]:
    """Those of the comparison's code and those of curl, measured in turns, over connections of their own."""
    mine: list[float] = []
    of_its_own: list[float] = []
    for number in range(BLOCKS):
        turns = ((of_lanes, mine), (of_curl, of_its_own))
        for turn, into in turns if number % 2 else reversed(turns):
            into += turn(url, message, EACH)
    return mine, of_its_own


def of_lanes(url: str, message: bytes, requests: int) -> list[float]:
    """The same by the code that times a comparison's requests."""
    with closing(Lanes(url, 100.0)) as lanes:
        return [came.elapsed_ms for came in lanes.ask([message] * (requests + 1))[0]][1:]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("side", [100, 1000])
def test_a_time_is_that_of_curl_within_noise(side: int) -> None:
    with open_field(Settings(), [Named("embedded")], ()) as field:
        server = field.contenders[0]
        assert isinstance(server, Server)
        prepared = Prepared(Question(side), field.profile)
        field.store.put("private", "x", prepared.data)
        mine, of_its_own = times(server.url, server.message(prepared, "x"))
    shown = [f"{median(some):.2f} ms, 5 % below {quantiles(some, 0.05)[0]:.2f}" for some in (mine, of_its_own)]
    print(f"{side}²: {shown[0]}; by curl {shown[1]}")
    # On a busy machine a median says how often either client had to wait for a core; the fastest did not have to.
    assert LEAST < quantiles(mine, 0.05)[0] / quantiles(of_its_own, 0.05)[0] < MOST


def test_measuring_costs_little_of_the_smallest_request() -> None:
    with open_field(Settings(), [Named("embedded")], ()) as field, closing(field.contenders[0]) as server:  # type: ignore[type-var]
        prepared = Prepared(Question(1), field.profile)
        field.store.put("private", "x", prepared.data)
        smallest = min(server.ask(prepared, "x", 1, 1).came[0].elapsed_ms for _ in range(100))
    cost = measure((16,))
    print(f"{cost.request_ms * 1000:.0f} µs of {smallest * 1000:.0f}; 16 clients {cost.rates[16]:,.0f} a second")
    assert cost.request_ms < 0.2 * smallest
