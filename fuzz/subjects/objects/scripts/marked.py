"""Write requests with marks in the places of what is known only while a script runs: buckets, ids, ETags and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import unquote

from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.signing import Plain, target
from specs.case import Case
from specs.objects.words import BUCKET_IN_KEY, NOTHING, Memory, learned
from specs.outcome import Outcome

# A place is marked by what no case draws.
_MARK: Final = "\0[{}]\0"
_MARKED: Final = re.compile(r"\0\[([^\0\]]*)\]\0")
_ESCAPED: Final = re.compile(r"%00%5B(.*?)%5D%00")
_IN_JSON: Final = re.compile(r"\\u0000\[(.*?)\]\\u0000")
_NOW: Final = re.compile(r"\{now(?: ([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a script fills: `word` says what with, `name` is the bucket, the step's number or the seconds.

    In a target and in the source of a copy, what is filled in is escaped.
    """

    word: str
    name: str
    escaped: bool = False


Piece = str | Place


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a script: texts are in pieces, with places between them."""

    number: int
    step: Any
    method: str
    target: tuple[Piece, ...]
    headers: tuple[tuple[str, tuple[Piece, ...]], ...]
    body: tuple[Piece, ...]
    plain: Plain


def requests(case: Case, outcomes: Sequence[Outcome]) -> tuple[Request, ...]:
    """Return a case's requests; the outcomes say which of them tell ids and ETags that later ones use."""
    memory, found = NOTHING, []
    for number, (step, outcome) in enumerate(zip(case.steps, (*outcomes, *[None] * len(case.steps))), 1):
        found.append(_request(number, step, memory))
        said = learned(NOTHING, step, outcome).told
        memory = Memory({**memory.told, **{one: _MARK.format(f"{one.split(' ')[0]} {number}") for one in said}})
    return tuple(found)


def _request(number: int, step: Any, memory: Memory) -> Request:
    names = {name: _MARK.format(f"bucket {name}") for name in buckets((step,))}
    plain = plain_request(_with_dates_marked(step), Names("store", names, memory, 0.0))
    body = plain.body if isinstance(plain.body, bytes) else b""
    text = body.decode("utf-8", "surrogateescape")
    # A content is sent as it is, whatever is in it.
    given = getattr(step, "content", None) is not None
    return Request(
        number,
        step,
        plain.method,
        pieces(target(plain)),
        tuple((name, pieces(value)) for name, value in plain.headers),
        ((text,) if text else ()) if given else pieces(text),
        plain,
    )


def buckets(several: Sequence[Any]) -> tuple[str, ...]:
    """List the logical names of the buckets that steps name, but for those that are real names."""
    named = [getattr(step, one, "") for step in several for one in ("bucket", "source_bucket")]
    named += [name for step in several for name in BUCKET_IN_KEY.findall(getattr(step, "key", ""))]
    return tuple(sorted({name for name in named if name and not name.startswith("=")}))


def _with_dates_marked(step: Any) -> Any:
    def marked(text: str) -> str:
        return _NOW.sub(lambda found: _MARK.format(f"now {found[1] or 0}"), text)

    pairs = {
        one.name: tuple((name, marked(value)) for name, value in getattr(step, one.name))
        for one in fields(step)
        if one.name in ("headers", "query")
    }
    return replace(step, **pairs)


def pieces(text: str) -> tuple[Piece, ...]:
    """Return a text in pieces."""
    text = _ESCAPED.sub(lambda found: _MARK.format(f"escaped {unquote(found[1])}"), text)
    text = _IN_JSON.sub(lambda found: _MARK.format(found[1]), text)
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Piece]:
    for at, piece in enumerate(_MARKED.split(text)):
        if at % 2:
            *escaped, word, name = piece.split(" ")
            yield Place(word, name, bool(escaped))
        elif piece:
            yield piece


def places(several: Sequence[Request]) -> frozenset[Place]:
    """Return the places of requests that earlier answers fill."""
    texts = (text for one in several for text in (one.target, one.body, *(value for _, value in one.headers)))
    return frozenset(
        piece for text in texts for piece in text if isinstance(piece, Place) and piece.word not in ("bucket", "now")
    )
