"""Read lists whose keys are said to be encoded as lists whose keys are not, as of stores that only say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

from fuzz.subjects.objects.traits.keys import OF_LISTINGS, renamed
from specs.objects.model.batches import XML_LACKS
from specs.outcome import Outcome, Reply

BARE = "the answer for lists that say that keys are encoded, and have them as they are"
TOLD = b"<EncodingType>url</EncodingType>"
# What writers of XML, and readers of it, put in the place of what XML lacks.
IN_ITS_PLACE = ("?", "\ufffd")


def of_bare_lists(history: Sequence[tuple[Any, Outcome]]) -> Iterator[tuple[str, list[tuple[Any, Outcome]]]]:
    """Yield the history with lists that are not asked for encoded keys, nor say that they have them.

    XML lacks some characters. Keys that have these are in such a list with another one in their place.
    """
    if not any(getattr(step, "url", False) for step, _ in history):
        return
    bare = [(_not_asked(step), _not_told(outcome)) for step, outcome in history]
    told = [bare]
    for one in IN_ITS_PLACE:
        plain = [(renamed(partial(_in_xml, one), OF_LISTINGS, step), outcome) for step, outcome in bare]
        told += [plain] if plain not in told else []
    yield from ((BARE, altered) for altered in (told[1:] or told))


def _not_asked(step: Any) -> Any:
    return replace(step, url=False) if "url" in {one.name for one in fields(step)} else step


def _not_told(outcome: Outcome) -> Outcome:
    return replace(outcome, body=outcome.body.replace(TOLD, b"")) if isinstance(outcome, Reply) else outcome


def _in_xml(other: str, text: str) -> str:
    return "".join(other if letter in XML_LACKS else letter for letter in text)
