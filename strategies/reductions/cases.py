"""List the cases of each property, narrowed to what a profile claims and the request's schema knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from specs.case import Case
from specs.fields import Fields
from specs.reductions.dtypes import ITEM_SIZES
from specs.reductions.profile import Profile
from specs.reductions.schemas import Schema
from specs.reductions.steps import Send, Spelling, Step
from strategies.claims import NotClaimed
from strategies.drawing import Choice, Draw, Shrunk, composite, sampled_from
from strategies.reductions import abuses as _abuses
from strategies.reductions import at_once as _at_once
from strategies.reductions import bad_stores as _bad_stores
from strategies.reductions import contradictions as _contradictions
from strategies.reductions import credentials as _credentials
from strategies.reductions import histories as _histories
from strategies.reductions import long_lists as _long_lists
from strategies.reductions import malformed as _malformed
from strategies.reductions import spellings as _spellings
from strategies.reductions.contents import contents
from strategies.reductions.domains import narrowed, request_schema
from strategies.reductions.encodings import prepare
from strategies.reductions.families import FAMILIES, families, lacking
from strategies.reductions.raw_requests import RAW, raw_requests
from strategies.reductions.requests import requests, sampled
from strategies.variety import fresh, unvaried

MOST_REQUESTS = 9
LONGEST = 300_001
LONGEST_AT_NIGHT = 4_200_000
_OBJECTS = sampled_from((1, 1, 2, 2, 3))
# By `enough`, Hypothesis can leave out the requests after the one that fails, by `last` those before it.
_KEPT = sampled_from(("last",) + ("all",) * 39)
_MANNERS = sampled_from(
    ("enough",)
    + ("fresh",) * 33
    + ("again", "again", "operation", "operation", "dtype", "dtype", "less", "less", "more", "more")
)
LEFT_OUT = ("missing", "selection", "axis", "order", "byte_order")


def reductions(
    profile: Profile,
    *,
    schema: Schema | None = None,
    most_requests: int = MOST_REQUESTS,
    longest: int = LONGEST,
    operations: tuple[str, ...] | None = None,
    extremes: bool = True,
) -> Choice[Case]:
    """Draw a few objects, and many valid requests about them."""
    return fresh(_reductions(_claims(profile, schema), most_requests, longest, operations, extremes))


def large_reductions(profile: Profile) -> Choice[Case]:
    """Draw reductions of arrays of up to tens of megabytes too; slow."""
    return reductions(profile, longest=LONGEST_AT_NIGHT)


def histories(profile: Profile) -> Choice[Case]:
    """Draw objects stored, asked about, overwritten, deleted, and asked about again."""
    return fresh(_histories.histories(_claims(profile)))


def changing(profile: Profile) -> Choice[Case]:
    """Draw an object that changes while requests about it are under way."""
    return fresh(_histories.changing(_claims(profile)))


def at_the_same_time(profile: Profile) -> Choice[Case]:
    """Draw up to sixteen requests that are sent together."""
    return fresh(_at_once.at_once(_claims(profile), request_schema(profile)))


def contradictions(profile: Profile, *, kinds: tuple[str, ...] | None = None) -> Choice[Case]:
    """Draw requests that contradict themselves or their data."""
    return fresh(_contradictions.contradictions(_claims(profile), kinds=kinds))


def abuses(profile: Profile) -> Choice[Case]:
    """Draw requests that ask for too much."""
    return fresh(_abuses.abuses(_claims(profile)))


def raw(profile: Profile, *, kinds: tuple[str, ...] = tuple(RAW)) -> Choice[Case]:
    """Draw requests below JSON."""
    return fresh(raw_requests(_claims(profile), kinds=kinds))


def malformed(profile: Profile) -> Choice[Case]:
    """Draw valid requests broken by the request's schema."""
    return fresh(_malformed.malformed(_claims(profile), request_schema(profile)))


def whole_schema(profile: Profile) -> Shrunk[Case]:
    """Draw requests from the schema alone; only Hypothesis can."""
    claims, schema = _claims(profile), request_schema(profile)
    return Shrunk(lambda: unvaried(_malformed.whole_schema(claims, schema)))


def spellings(profile: Profile, *, kinds: tuple[Spelling, ...] = ()) -> Choice[Case]:
    """Draw valid requests that HTTP, JSON and URLs let clients write in unusual ways."""
    return fresh(_spellings.spellings(_claims(profile), kinds=kinds))


def long_lists(profile: Profile, *, kinds: tuple[str, ...] = ()) -> Choice[Case]:
    """Draw valid requests with lists of many entries."""
    return fresh(_long_lists.long_lists(_claims(profile), kinds=kinds))


def credentials(profile: Profile) -> Choice[Case]:
    """Draw the same requests with several credentials; only for stores that check signatures."""
    return fresh(_credentials.credentials(_claims(profile)))


def bad_stores(profile: Profile) -> Choice[Case]:
    """Draw requests about objects that the store serves badly; only for stores that can do so."""
    return fresh(_bad_stores.bad_stores(_claims(profile)))


def related(relation: str) -> Callable[[Profile], Choice[Case]]:
    """Return the strategy of the requests of one relation."""
    if relation not in FAMILIES:
        raise LookupError(f"relation {relation!r} is unknown; known: {', '.join(FAMILIES)}")

    def cases_of(profile: Profile) -> Choice[Case]:
        claims = _claims(profile)
        if lacks := lacking(relation, claims):
            raise NotClaimed(f"{relation} needs {lacks}, which profile {profile.name!r} does not claim")
        return fresh(families(claims, relation))

    return cases_of


selection_split = related("selection-split")
window_split = related("window-split")
count_over_axis = related("count-over-axis")
all_axes = related("all-axes")
fortran_transposed = related("fortran-transposed")
byte_order_swapped = related("byte-order-swapped")
encoded_plain = related("encoded-plain")
padding = related("padding")
as_bytes = related("as-bytes")
s3_http = related("s3-http")
asked_twice = related("asked-twice")
select_then_reduce = related("select-then-reduce")


def _claims(profile: Profile, schema: Schema | None = None) -> Profile:
    claims = narrowed(profile, schema)
    prepare(claims)
    return claims


@composite
def _reductions(
    draw: Draw,
    profile: Profile,
    most_requests: int,
    longest: int,
    operations: tuple[str, ...] | None,
    extremes: bool,
) -> Case:
    some = [
        draw(contents(profile, prefix="bc"[number - 1] if number else "", longest=longest, extremes=extremes))
        for number in range(draw(_OBJECTS))
    ]
    asks = requests(profile, tuple(some), operations=operations)
    sends: list[Send] = [draw(asks)]
    while len(sends) < most_requests and (manner := draw(_MANNERS)) != "enough":
        if manner == "fresh":
            sends.append(draw(asks))
        else:
            sends.append(_again(draw, manner, sends[-1], operations or profile.operations, profile.dtypes))
        if manner == "more":
            sends[-2:] = sends[:-3:-1]
    if draw(_KEPT) == "last":
        del sends[:-1]
    asked = {(send.key, send.bucket) for send in sends}
    puts: list[Step] = [one.put() for one in some if (one.key, one.bucket) in asked]
    return Case("reduction", (*puts, *sends))


def _again(draw: Draw, manner: str, last: Send, operations: tuple[str, ...], dtypes: tuple[str, ...]) -> Send:
    """Return the last request as it was, with another operation or dtype, or without one of its fields."""
    if manner == "operation":
        return replace(last, operation=draw(sampled(operations)))
    if manner == "dtype":
        return _as_dtype(last, draw(sampled(_as_wide(str(last.fields["dtype"]), dtypes))))
    given = tuple(name for name in LEFT_OUT if name in last.fields)
    if manner == "again" or not given:
        return last
    return replace(last, fields=last.fields.without(draw(sampled(given))))


def _as_wide(dtype: str, dtypes: tuple[str, ...]) -> tuple[str, ...]:
    """List the dtypes of the same item size, to which the same bytes may belong."""
    return tuple(one for one in dtypes if ITEM_SIZES[one] == ITEM_SIZES[dtype]) or (dtype,)


def _as_dtype(send: Send, dtype: str) -> Send:
    """Read the same bytes as another dtype, without `missing`, whose numbers may not fit that dtype."""
    return replace(send, fields=Fields({**send.fields.without("missing"), "dtype": dtype}))
