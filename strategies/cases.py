"""Cases to try, by property."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from specs.case import Case, Send, Step
from specs.profile import Profile
from strategies.contents import Content, contents
from strategies.encodings import prepare
from strategies.requests import requests, sampled

MOST_REQUESTS = 16
LONGEST = 20_000
_OBJECTS = st.sampled_from((1, 1, 1, 2, 2, 3))
_ENOUGH = st.integers(0, 39)
_MANNERS = st.sampled_from(("fresh",) * 16 + ("again", "operation"))


def reductions(
    profile: Profile,
    *,
    most_requests: int = MOST_REQUESTS,
    longest: int = LONGEST,
    operations: tuple[str, ...] | None = None,
) -> SearchStrategy[Case]:
    """A few objects, and many valid requests about them."""
    prepare(profile)
    return _reductions(profile, most_requests, longest, operations)


@st.composite
def _reductions(
    draw: st.DrawFn, profile: Profile, most_requests: int, longest: int, operations: tuple[str, ...] | None
) -> Case:
    some = [
        draw(contents(profile, prefix="bc"[number - 1] if number else "", longest=longest))
        for number in range(draw(_OBJECTS))
    ]
    sends: list[Send] = [draw(requests(profile, some[0], operations=operations))]
    while len(sends) < most_requests and draw(_ENOUGH):
        sends.append(draw(_following(profile, tuple(some), sends[-1], operations)))
    asked = {(send.key, send.bucket) for send in sends}
    puts: list[Step] = [one.put() for one in some if (one.key, one.bucket) in asked]
    return Case("reduction", (*puts, *sends))


@st.composite
def _following(
    draw: st.DrawFn,
    profile: Profile,
    some: tuple[Content, ...],
    last: Send,
    operations: tuple[str, ...] | None,
) -> Send:
    """Another request, or the one before: as it was, or with another operation."""
    manner = draw(_MANNERS)
    if manner == "again":
        return last
    if manner == "operation":
        return replace(last, operation=draw(sampled(operations or profile.operations)))
    return draw(requests(profile, draw(st.sampled_from(some)), operations=operations))
