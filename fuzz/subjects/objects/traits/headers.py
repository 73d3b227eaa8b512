"""List the traits of the headers and queries of a history's requests.

Of headers that are of one sort any may do. Each is exchanged for the plainest of its sort, which shows whether the
failure needs that very header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fuzz.subjects.objects.traits.changing import changed
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from specs.objects.checksums import HEADERS as CHECKSUMS
from specs.objects.conditions import OF_COPIES, READS
from specs.objects.state import METADATA, STANDARD_HEADERS
from specs.objects.steps import CopyObject

Pair = tuple[str, str]
ETAG_OF_NOTHING = '"d41d8cd98f00b204e9800998ecf8427e"'
# A copy has other attributes than its source, so the second of these is plain for a copy.
# Content-Type is not plain: an object has one though none is sent.
PLAIN_HEADERS: tuple[Pair, ...] = (("Cache-Control", "max-age=7"), ("Cache-Control", "no-store"))
PLAIN_METADATA: tuple[Pair, ...] = (("x-amz-meta-color", "blue"), ("x-amz-meta-shape", "round"))
PLAIN_OVERRIDE: Pair = ("response-content-language", "fr")
PLAIN_CHECKSUM = "x-amz-checksum-crc32"
OF_METADATA = "metadata"
OF_OBJECT = "headers of the object"
OVERRIDES = "headers asked for in the query"


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of headers: the words for all of them, which names belong to it, and the plainest ones.

    `plain` makes a header of a step the plainest one of its sort; it gets the names that the history has.
    """

    words: str
    belongs: Callable[[str], bool]
    plain: Callable[[Any, Pair, frozenset[str]], Pair]


def _plain_header(step: Any, _pair: Pair, _names: frozenset[str]) -> Pair:
    return PLAIN_HEADERS[isinstance(step, CopyObject)]


def _plain_metadata(_step: Any, pair: Pair, names: frozenset[str]) -> Pair:
    if pair[0].lower() in dict(PLAIN_METADATA):
        return pair
    return next((plain for plain in PLAIN_METADATA if plain[0] not in names), pair)


def _plain_checksum(_step: Any, pair: Pair, _names: frozenset[str]) -> Pair:
    """Return a checksum of the plainest kind that is right or wrong as the given digest is."""
    kind = pair[0].lower().rpartition("-")[2]
    return PLAIN_CHECKSUM, re.sub(rf"\b{kind}\b", "crc32", pair[1])


# Headers of an object come first, as metadata takes their place.
SORTS: tuple[Sort, ...] = (
    Sort(OF_OBJECT, lambda name: name in STANDARD_HEADERS, _plain_header),
    Sort(OF_METADATA, lambda name: name.startswith(METADATA), _plain_metadata),
    Sort("a digest in a header", lambda name: name in (*CHECKSUMS, "content-md5"), _plain_checksum),
    Sort("a condition", lambda name: name in READS, lambda *_: ("If-Match", ETAG_OF_NOTHING)),
    Sort(
        "a condition on the source",
        lambda name: name.startswith(f"{OF_COPIES}if-"),
        lambda *_: ("x-amz-copy-source-If-Match", ETAG_OF_NOTHING),
    ),
)
WORDS = (*(one.words for one in SORTS), OVERRIDES)


def header_traits(trial: Trial) -> Iterator[Trait]:
    """List a trait for each sort of headers, each header and each name of a query that the trial's steps have."""
    names = frozenset(name.lower() for step in trial.case.steps for name, _ in step.headers)
    for sort in SORTS:
        yield Trait(sort.words, changed(partial(_without_sort, sort, names)))
        for name in sorted(filter(sort.belongs, names)):
            yield Trait(f"header {name}", changed(partial(_with_plain, name, sort, names)))
    for name in sorted(names):
        if not any(sort.belongs(name) for sort in SORTS):
            yield Trait(f"header {name}", changed(partial(_without_header, name)))
    yield Trait(OVERRIDES, changed(partial(_without_query, _overrides)))
    for name in dict.fromkeys(name for step in trial.case.steps for name, _ in step.query):
        if _overrides(name):
            yield Trait(f"query {name}", changed(partial(_with_plain_override, name)))
        else:
            yield Trait(f"query {name}", changed(partial(_without_query, name.__eq__)))


def _without_sort(sort: Sort, names: frozenset[str], step: Any) -> Any:
    """Return a step without the headers of a sort; metadata takes the place of an object's other headers.

    It is metadata that no other object of the history has.
    """
    kept = tuple(pair for pair in step.headers if not sort.belongs(pair[0].lower()))
    if kept == step.headers:
        return step
    has_metadata = any(name.lower().startswith(METADATA) for name, _ in kept)
    if has_metadata or sort.words != OF_OBJECT:
        return replace(step, headers=kept)
    first, second = PLAIN_METADATA[:: -1 if isinstance(step, CopyObject) else 1]
    return replace(step, headers=(*kept, second if first[0] in names else first))


def _with_plain(name: str, sort: Sort, names: frozenset[str], step: Any) -> Any:
    """Return a step without the named header, or with the plainest of its sort if it has no other one of that sort."""
    own = {pair[0].lower() for pair in step.headers if sort.belongs(pair[0].lower())}
    if name not in own:
        return step
    if len(own) > 1:
        return _without_header(name, step)
    plain = (sort.plain(step, pair, names) if pair[0].lower() == name else pair for pair in step.headers)
    return replace(step, headers=tuple(dict.fromkeys(plain)))


def _without_header(name: str, step: Any) -> Any:
    return replace(step, headers=tuple(pair for pair in step.headers if pair[0].lower() != name))


def _overrides(name: str) -> bool:
    """Say whether a name of a query asks for another header of the answer."""
    return name.startswith("response-")


def _with_plain_override(name: str, step: Any) -> Any:
    """Return a step without the named override, or with the plainest one if it has no other."""
    own = {pair[0] for pair in step.query if _overrides(pair[0])}
    if name not in own:
        return step
    rest = tuple(pair for pair in step.query if pair[0] != name)
    return replace(step, query=rest if len(own) > 1 else (*rest, PLAIN_OVERRIDE))


def _without_query(belongs: Callable[[str], bool], step: Any) -> Any:
    return replace(step, query=tuple(pair for pair in step.query if not belongs(pair[0])))
