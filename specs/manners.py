"""List the manners in which a store may serve an object other than well, and the plainer manner of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Manner = Literal[
    "well", "whole", "range-untold", "total-untold", "chunked", "in-pieces", "another-range", "too-little", "too-much",
    "nothing", "not-modified", "no-content", "failing", "slow-down", "hung-up", "not-http", "cut-short", "chunks-cut",
    "forbidden-page", "missing-page", "moved", "found",
]  # fmt: skip
Kind = Literal["lawful", "lie", "error"]
WELL: Manner = "well"
ANOTHER_RANGE: Manner = "another-range"


@dataclass(frozen=True, slots=True)
class Service:
    """The behaviour of a store that serves in this manner; the same bug mostly shows with the `plainer` manner too.

    A lawful manner is unusual, but HTTP allows it; a lie can be noticed by a careful client; an error serves no object.
    """

    kind: Kind
    does: str
    plainer: Manner = WELL


# Plainer manners come first.
MANNERS: Mapping[Manner, Service] = MappingProxyType(
    {
        "whole": Service("lawful", "sends the whole object for a range"),
        "range-untold": Service("lawful", "sends a part without saying which"),
        "total-untold": Service("lawful", "does not say how long the object is"),
        "chunked": Service("lawful", "sends chunks instead of a length"),
        "in-pieces": Service("lawful", "sends its answer in pieces"),
        "another-range": Service("lie", "sends another range than was asked for"),
        "too-little": Service("lie", "sends less than was asked for", plainer="another-range"),
        "too-much": Service("lie", "sends more than was asked for", plainer="another-range"),
        "nothing": Service("error", "sends no bytes for a range", plainer="too-little"),
        "not-modified": Service("error", "answers 304 without being asked", plainer="nothing"),
        "no-content": Service("error", "answers a range by 204", plainer="not-modified"),
        "failing": Service("error", "fails with 500"),
        "slow-down": Service("error", "asks to slow down by 503", plainer="failing"),
        "hung-up": Service("error", "hangs up", plainer="failing"),
        "not-http": Service("error", "does not speak HTTP", plainer="hung-up"),
        "cut-short": Service("lie", "ends its answer early", plainer="hung-up"),
        "chunks-cut": Service("lie", "breaks off between chunks", plainer="cut-short"),
        "forbidden-page": Service("error", "sends a page with 403", plainer="failing"),
        "missing-page": Service("error", "sends a page with 404", plainer="forbidden-page"),
        "moved": Service("lawful", "redirects by 307", plainer="forbidden-page"),
        "found": Service("lawful", "redirects by 302", plainer="moved"),
    }
)


def plainer(manner: Manner) -> tuple[Manner, ...]:
    """List the manners with which the same bug may show too, the plainest first; well is none of them."""
    nearest = WELL if manner == WELL else MANNERS[manner].plainer
    return () if nearest == WELL else (*plainer(nearest), nearest)


def a_store(manner: Manner) -> str:
    """Describe the store that serves in a manner."""
    return f"a store that {MANNERS[manner].does}"
