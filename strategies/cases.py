"""Cases to try, by property."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from specs.case import Case, Send, Step
from specs.profile import Profile
from strategies.contents import contents
from strategies.encodings import prepare
from strategies.requests import requests, sampled

MOST_REQUESTS = 16
LONGEST = 20_000
_OBJECTS = st.sampled_from((1, 1, 1, 2, 2, 3))
_MANNERS = st.sampled_from(("enough",) + ("fresh",) * 33 + ("again", "again", "operation", "operation"))


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
    fresh = requests(profile, tuple(some), operations=operations)
    sends: list[Send] = [draw(fresh)]
    while len(sends) < most_requests and (manner := draw(_MANNERS)) != "enough":
        sends.append(
            draw(fresh) if manner == "fresh" else _again(draw, manner, sends[-1], operations or profile.operations)
        )
    asked = {(send.key, send.bucket) for send in sends}
    puts: list[Step] = [one.put() for one in some if (one.key, one.bucket) in asked]
    return Case("reduction", (*puts, *sends))


def _again(draw: st.DrawFn, manner: str, last: Send, operations: tuple[str, ...]) -> Send:
    """The request before: as it was, or with another operation."""
    return last if manner == "again" else replace(last, operation=draw(sampled(operations)))
