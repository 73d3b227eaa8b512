"""Alter the key of a request in ways in which servers misread keys, so that they ask the store for another object."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import unquote

from specs.reductions.steps import Send

LONGEST_NAME = 255

# In these ways a server may misread a key.
MISREAD: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "the answer for a key decoded once more": unquote,
        "the answer for a key encoded once more": lambda key: key.replace("%", "%25"),
        "the answer for a key with spaces in place of plus signs": lambda key: key.replace("+", " "),
        "the answer for a key in lower case": str.lower,
        "the answer for a key with single slashes": lambda key: re.sub("/+", "/", key),
        "the answer for a key cut to the length of a file name": lambda key: key[:LONGEST_NAME],
    }
)


def of_misread_keys(step: Send) -> Iterator[tuple[str, Send]]:
    """Yield the request with its key as a server may misread it, with a description."""
    for words, misread in MISREAD.items():
        if (key := misread(step.key)) != step.key:
            yield words, replace(step, key=key)
