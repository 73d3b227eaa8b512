"""The measurement of lazy bodies: ranges are kept as they come, and what comes back wrong is seen."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.bench import lazy
from fuzz.bench.range_keeper import RangeKeeper, Ranges
from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.embedded.http_server import HttpServer
from fuzz.transport.http import HttpClient
from specs.objects.content import Content


@given(st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200))), st.integers(1, 30))
def test_ranges_are_kept_however_the_bytes_come(data: bytes, pairs: list[tuple[int, int]], piece: int) -> None:
    wanted = sorted((min(pair), max(pair)) for pair in pairs)
    ranges = Ranges(wanted)
    for at in range(0, len(data), piece):
        ranges.write(data[at : at + piece])
    assert list(map(bytes, ranges.kept)) == [data[start:stop] for start, stop in wanted]
    assert ranges.size == len(data)


def test_all_that_is_sent_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lazy.sent(3_000_000, 25, 1) == 0
    assert lazy.stored(6_000_000, 5 * 2**20, 1, tmp_path) == 0
    told = capsys.readouterr().out
    assert "25 ranges over all of them verified, 0 of these sent alone, 0 wrong" in told
    assert "in 2 parts" in told
    assert "hashes equal" in told


def test_ranges_behind_the_place_where_a_body_breaks_off_are_sent_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert lazy.sent(10**12, 5, 1, seconds=0.2) == 0
    told = capsys.readouterr().out
    assert "announced 1,000,000,000,000 bytes, sent " in told
    assert "5 ranges over all of them verified, 5 of these sent alone, 0 wrong" in told


def test_a_range_with_other_bytes_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    class Wrong(RangeKeeper):
        def __call__(self, _request: HttpRequest) -> HttpResponse:
            return HttpResponse(206, {}, content.read(100, 199) + b"?")

    content = Content(fill=1000, seed=4)
    server = HttpServer(Wrong([]), on_error=lambda status, _: HttpResponse(status, {}))
    with server, closing(HttpClient(server.url)) as client:
        assert lazy.differs(client, content, (100, 200))
    assert "range 100 to 200: offset 199:" in capsys.readouterr().out
