"""The times of a comparison are those that curl measures by its own clock, and what measuring costs is small."""

from __future__ import annotations

import shutil
from contextlib import closing

import pytest

from fuzz.bench.timing import blocks, row
from fuzz.comparing.contenders import Server
from fuzz.comparing.harness_cost import measure
from fuzz.comparing.judging import Prepared
from fuzz.comparing.opening import NamedServer, open_field
from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.statistics import quantiles
from fuzz.config import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# Two clients are compared that send the same bytes; what remains is how long each takes to see that an answer is there.
LEAST, MOST = 0.75, 1.33


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("side", [100, 1000])
def test_a_time_is_that_of_curl_within_noise(side: int) -> None:
    with open_field(Settings(), [NamedServer("embedded")], ()) as field:
        server = field.contenders[0]
        assert isinstance(server, Server)
        prepared = Prepared(TimedQuestion(side), field.profile)
        field.store.put("private", "x", prepared.data)
        found = blocks(server, server.message(prepared, "x"), 15)
    print(row(side, found))
    # On a busy machine a median says how often either client had to wait for a core; the fastest did not have to.
    mine, of_curl = (quantiles([pair[place] for pairs in found for pair in pairs], 0.05)[0] for place in (0, 1))
    assert LEAST < mine / of_curl < MOST, (mine, of_curl)


def test_measuring_costs_little_of_the_smallest_request() -> None:
    with open_field(Settings(), [NamedServer("embedded")], ()) as field, closing(field.contenders[0]) as server:  # type: ignore[type-var]
        prepared = Prepared(TimedQuestion(1), field.profile)
        field.store.put("private", "x", prepared.data)
        smallest = min(server.ask(prepared, "x", 1, 1).came[0].elapsed_ms for _ in range(100))
    cost = measure((16,))
    print(f"{cost.request_ms * 1000:.0f} µs of {smallest * 1000:.0f}; 16 clients {cost.rates[16]:,.0f} a second")
    assert cost.request_ms < 0.2 * smallest
