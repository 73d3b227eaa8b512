"""A request is read once, and what was read is never taken for another's."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from specs.fields import Fields
from specs.reductions import bodies, profile, validity
from specs.reductions.steps import Send

V1, V2 = (replace(profile.load("reference"), api=api) for api in ("v1", "v2"))
FIELDS = st.dictionaries(st.sampled_from(["dtype", "axis", "shape", "bucket"]), st.sampled_from(["int32", 1, 1.0, [2]]))
SENDS = st.builds(
    lambda operation, fields, interface, without: Send(operation, Fields(fields), "a", "b", interface, without=without),
    st.sampled_from(["sum", "select"]),
    FIELDS,
    st.sampled_from(["s3", "http"]),
    st.sampled_from([(), ("source",), ("bucket", "object")]),
)


@given(st.lists(SENDS, min_size=1, max_size=4))
def test_what_was_read_once_is_what_is_read_anew(several: list[Send]) -> None:
    for send in (*several, *reversed(several)):
        alike = replace(send, operation="max"), replace(send, interface="http"), replace(send, without=())
        for one in (send, *alike):
            for api in (V1, V2):
                anew = validity.read_request(one.operation, bodies.full_body(one, api), api)
                assert bodies.read_send(one, api) == anew


def test_a_request_is_read_once_and_others_that_are_equal_are_read_anew() -> None:
    first, *others = (Send("sum", Fields({"dtype": "int32"}), "a") for _ in range(2))
    read = bodies.read_send(first, V2)
    assert bodies.read_send(first, V2) is read
    assert all(bodies.read_send(one, V2) == read and bodies.read_send(one, V2) is not read for one in others)
    assert bodies.read_send(first, V1) is not read
