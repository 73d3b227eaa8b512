"""Draw valid requests, each spelled in one of the ways that HTTP, JSON and URLs leave open."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, get_args

from specs.case import Case
from specs.reductions.dtypes import FLOATS
from specs.reductions.profile import Profile
from specs.reductions.steps import Send, Spelling, Step
from specs.spellings import OF_FRACTIONS, OF_LETTERS, OF_URLS
from strategies.drawing import Draw, booleans, composite, lists
from strategies.reductions.complete import VARIANTS, complete
from strategies.reductions.contents import Content, contents
from strategies.reductions.requests import requests, sampled

MOST_SPELLED = 10
LONGEST = 64
LETTERS = "é日🌍"
PREFIXES = "bcdefghijk"
SPELLED: tuple[Spelling, ...] = tuple(one for one in get_args(Spelling) if one != "plainly")


def manners(profile: Profile) -> tuple[Spelling, ...]:
    """List the manners that change some request of a profile."""
    other = OF_LETTERS if profile.api == "v2" else OF_URLS
    fractions = () if fractional(profile) else OF_FRACTIONS
    return tuple(one for one in SPELLED if one not in (*other, *fractions))


@lru_cache(16)
def fractional(profile: Profile) -> tuple[int, ...]:
    """List the complete requests that have a number with a fraction among their missing values."""
    return tuple(number for number in range(VARIANTS) if has_fractions(complete(profile, number)[1]))


def has_fractions(send: Send) -> bool:
    """Say whether a request's missing values are of a float dtype and one of them is written as a float."""
    missing: Any = send.fields.get("missing")
    if send.fields.get("dtype") not in FLOATS or not missing:
        return False
    (value,) = missing.values()
    return any(isinstance(one, float) for one in (value if isinstance(value, list) else [value]))


def suits(send: Send, manner: Spelling) -> bool:
    """Say whether a manner changes anything about a request."""
    if manner in OF_FRACTIONS:
        return has_fractions(send)
    if manner in OF_LETTERS:
        return not send.key.isascii()
    return manner != "basic-case" or send.credentials is not None


@composite
def spellings(draw: Draw, profile: Profile, *, kinds: tuple[Spelling, ...] = (), most: int = MOST_SPELLED) -> Case:
    """Draw objects and a request about each, spelled in one unusual manner; the notes name the manners."""
    steps: list[Step] = []
    offered = kinds or manners(profile)
    names = draw(lists(sampled(offered), min_size=1, max_size=min(most, len(offered)), unique=True))
    for manner, prefix in zip(names, PREFIXES):
        content, send = _asked(draw, profile, manner, prefix)
        steps += [content.put(), replace(send, spelled=manner)]
    return Case("spelling", tuple(steps), tuple(names))


def _asked(draw: Draw, profile: Profile, manner: Spelling, prefix: str) -> tuple[Content, Send]:
    """Draw a request that the manner suits: any one, or one with every field."""
    if draw(booleans()):
        content = draw(contents(profile, prefix=prefix, longest=LONGEST))
        send = draw(requests(profile, (content,)))
        if suits(send, manner):
            return content, send
    if manner in OF_LETTERS:
        prefix = f"{prefix}{LETTERS}"
    numbers = fractional(profile) if manner in OF_FRACTIONS else tuple(range(VARIANTS))
    content, send = complete(profile, draw(sampled(numbers)))
    return replace(content, key=f"{prefix}a"), replace(send, key=f"{prefix}a")
