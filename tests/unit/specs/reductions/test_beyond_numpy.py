"""What is beyond NumPy's limits, or HTTP's, does not break the suite."""

from __future__ import annotations

import pytest

from specs.reductions import encoding, oracle
from specs.reductions.decoding import Undecodable, decode
from specs.reductions.profile import Profile
from specs.reductions.raw_requests import read_raw
from specs.reductions.refusals import statuses_of
from specs.reductions.request import Request
from specs.reductions.steps import SendRaw


@pytest.mark.parametrize("element_size", [9, 2**31, 2**63, 2**64])
def test_elements_larger_than_the_data_leave_it_as_it_is(element_size: int) -> None:
    assert encoding.shuffled(b"12345678", element_size) == b"12345678"


def test_more_dimensions_than_numpy_has_say_nothing() -> None:
    request = Request("sum", "int32", "little", shape=(1,) * 10_000)
    assert oracle.expect(request, bytes(4), Profile("x")).unspecified
    with pytest.raises(Undecodable, match="dimensions") as error:
        decode(request, bytes(4))
    assert error.value.rule is None


@pytest.mark.parametrize(("path", "statuses"), [("/v2/%ff/", {400, 404, 405}), ("/v2/nothing/", {404, 405})])
def test_a_path_that_is_no_text_may_be_refused_as_such(path: str, statuses: set[int]) -> None:
    reading = read_raw(SendRaw("POST", path, (), b"{}"), Profile("x"))
    assert statuses_of(reading.rejections[0].classes) == statuses


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_server_may_have_pages_of_its_own(method: str) -> None:
    assert read_raw(SendRaw(method, "/metrics/", (), b""), Profile("x")).why
    assert read_raw(SendRaw(method, "/v2/nothing/", (), b""), Profile("x")).rejections
