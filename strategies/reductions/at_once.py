"""Draw requests sent at the same time: the same request, requests about similar objects, or different ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from specs.case import MOST_TOGETHER, Case
from specs.json_text import nests_too_deeply
from specs.reductions.dtypes import Array
from specs.reductions.profile import Profile
from specs.reductions.schemas import Schema
from specs.reductions.steps import Credential, Put, Send, SendRaw, Step
from specs.reductions.validity import NESTED_ALL_TAKE
from strategies.drawing import Draw, composite, sampled_from
from strategies.reductions.arrays import arrays, kinds
from strategies.reductions.contents import GAPS, Content, buckets, contents, placed
from strategies.reductions.encodings import encodings
from strategies.reductions.malformed import malformed
from strategies.reductions.requests import below, requests, sampled

LONGEST = 20_000
MOST_MALFORMED = 3
BROKEN_PREFIX = "broken-"
# Faults in state that threads share show soonest with many requests, and a finding is smallest with two.
_NUMBERS = sampled_from((2, 2, 3, 4, 6, 8, 8, 12, 16, 16))
_OBJECTS = sampled_from((1, 2, 2, 3))
_LIKENESSES = (2, 2, 3, 4, 8)
_MANNERS = sampled_from((*("likenesses",) * 4, *("several",) * 3, *("one",) * 2))
_AMONG = sampled_from(("", "", "", "", "malformed", "malformed", "strangers"))
_STRANGERS: tuple[Credential | None, ...] = ("wrong-secret", "unknown", "stranger", None)


@composite
def at_once(draw: Draw, profile: Profile, schema: Schema) -> Case:
    """Draw valid requests about a few objects, sometimes with invalid or unauthorised requests among them."""
    number = draw(_NUMBERS)
    some, sends = _asked(draw, profile, number)
    steps: list[Send | SendRaw] = list(sends)
    puts: list[Put] = [one.put() for one in some]
    among = draw(_AMONG)
    if among == "strangers":
        at = draw(below(len(steps)))
        steps[at] = replace(steps[at], credentials=draw(sampled(_STRANGERS)))
    if among == "malformed":
        put, broken = _malformed(draw, profile, schema)
        puts.append(put)
        steps = steps[: MOST_TOGETHER - len(broken)]
        for one in broken:
            steps.insert(draw(below(len(steps) + 1)), one)
    asked = {(one.bucket, one.key) for one in steps}
    kept: list[Step] = [one for one in puts if (one.bucket, one.key) in asked]
    return Case("at-the-same-time", (*kept, *steps), together=True)


def _asked(draw: Draw, profile: Profile, number: int) -> tuple[list[Content], list[Send]]:
    manner = draw(_MANNERS)
    if manner == "likenesses":
        return _about_likenesses(draw, profile, number)
    # Keys must differ even in different buckets, so each gets a prefix of its own.
    objects = 1 if manner == "one" else draw(_OBJECTS)
    some = [draw(contents(profile, prefix="bc"[at - 1] if at else "", longest=LONGEST)) for at in range(objects)]
    asks = requests(profile, tuple(some))
    if manner == "one":
        return some, [draw(asks)] * number
    return some, [draw(asks) for _ in range(number)]


def _about_likenesses(draw: Draw, profile: Profile, number: int) -> tuple[list[Content], list[Send]]:
    """Draw the same few requests about each of several objects of one form, with other numbers in each."""
    bucket = draw(sampled(buckets(profile)))
    values = draw(arrays(draw(kinds(profile.dtypes)), longest=LONGEST))
    encoding = draw(encodings(profile, values.dtype.itemsize, values.nbytes))
    gap, tail = draw(sampled(GAPS)), draw(sampled((0, 0, 5)))
    several = min(draw(sampled(_LIKENESSES)), number)
    forms = [values, *(_likeness(values, at) for at in range(1, several))]
    some = [placed(f"a{at}", bucket, [(gap, form, encoding)], tail) for at, form in enumerate(forms)]
    asks = [draw(requests(profile, tuple(some[:1]))) for _ in range(1 + draw(below(2)))]
    pairs = [(asks[at % len(asks)], some[(at // len(asks)) % several]) for at in range(number)]
    return some, [_about(send, content) for send, content in pairs]


def _likeness(values: Array, number: int) -> Array:
    """Return an array of the same length and dtype with other numbers."""
    return ((np.arange(values.size) * number) % 101 + 5 * number).astype(values.dtype)


def _about(send: Send, content: Content) -> Send:
    """Return the same request about another object of the same form; the size of a compressed object may differ."""
    fields = send.fields
    if fields.get("size") is not None and fields.get("compression") is not None:
        fields = fields.but(size=content.segments[0].size)
    return replace(send, key=content.key, fields=fields)


def _nests_deeply(step: Send | SendRaw) -> bool:
    """Say whether a request's body nests more deeply than all readers take."""
    body = step.body.decode("utf-8", "replace") if isinstance(step, SendRaw) else step.fields.text
    return nests_too_deeply(body, NESTED_ALL_TAKE)


def _malformed(draw: Draw, profile: Profile, schema: Schema) -> tuple[Put, list[Send | SendRaw]]:
    """Draw a few requests that break the schema, and the object they are about, under a key of its own."""
    case = draw(malformed(profile, schema))
    put, *steps = case.steps
    assert isinstance(put, Put)
    # Deeply nested requests are left out: they take long to write, and another property covers them.
    broken = [one for one in steps if isinstance(one, Send | SendRaw) and not _nests_deeply(one)][:MOST_MALFORMED]
    named = [replace(one, key=BROKEN_PREFIX + one.key) for one in broken]
    return replace(put, key=BROKEN_PREFIX + put.key), named
