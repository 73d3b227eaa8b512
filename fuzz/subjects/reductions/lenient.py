"""Read a request as a lenient server does, which takes what a field says for what it should say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from specs.fields import Fields
from specs.reductions.dtypes import NAMES
from specs.reductions.request import COMPRESSIONS, FILTERS, OPTIONS
from specs.reductions.steps import Send

WORDS = {word.lower(): word for word in (*NAMES, *COMPRESSIONS, *FILTERS, "C", "F", "little", "big")}


def _in_the_right_case(word: Any) -> Any:
    return WORDS.get(word.lower(), word) if isinstance(word, str) else word


def _booleans_as_integers(told: Any) -> Any:
    return int(told) if isinstance(told, bool) else told


def _cut_to_integers(told: Any) -> Any:
    return int(told) if isinstance(told, float) and math.isfinite(told) else told


def _text_as_numbers(told: Any) -> Any:
    try:
        return float(told) if "." in told else int(told)
    except (TypeError, ValueError):
        return told


# What a lenient server may make of a value that a field should not have.
LENIENT: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "the answer for words in the case that the API gives them": _in_the_right_case,
        "the answer for booleans taken for integers": _booleans_as_integers,
        "the answer for fractions cut to integers": _cut_to_integers,
        "the answer for text taken for numbers": _text_as_numbers,
    }
)


def _leniently(read: Callable[[Any], Any], told: Any) -> Any:
    """Return what a field says, each value in it read leniently."""
    if isinstance(told, dict):
        return {name: _leniently(read, value) for name, value in told.items()}
    return [_leniently(read, value) for value in told] if isinstance(told, list) else read(told)


def read_leniently(step: Send) -> Iterator[tuple[str, Send]]:
    """Yield the request as a lenient server may read it, where it says what no request should, with a description."""
    for words, read in LENIENT.items():
        fields = {name: value if name in OPTIONS else _leniently(read, value) for name, value in step.fields.items()}
        if repr(fields) != repr(dict(step.fields)):
            yield words, replace(step, fields=Fields(fields))
