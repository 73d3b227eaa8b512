"""Alter the keys in the paths of requests in ways in which stores misread them, so that they mean another object."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, unquote_plus

from specs.objects import steps

LONGEST_NAME = 255
CONTROLS = re.compile("[\x00-\x1f\x7f]")


def _resolved(key: str) -> str:
    """Return a key with its segments `.` and `..` resolved as those of a path."""
    if not {".", ".."} & set(key.split("/")):
        return key
    return posixpath.normpath(f"/{key}").lstrip("/") + ("/" if key.endswith("/") else "")


# What a request is that has no key.
OF_BUCKETS: Mapping[type, Callable[..., Any]] = MappingProxyType(
    {
        steps.PutObject: steps.CreateBucket,
        steps.GetObject: partial(steps.ListObjects, v2=False, url=False),
        steps.HeadObject: steps.HeadBucket,
        steps.DeleteObject: steps.DeleteBucket,
    }
)
# In these ways a store may misread keys. Where nothing is left of a key, a request is about the bucket.
MISREAD: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "the answer for keys decoded once more": unquote,
        "the answer for keys decoded as a form's fields": unquote_plus,
        "the answer for keys with spaces in place of plus signs": lambda key: key.replace("+", " "),
        "the answer for keys with slashes in place of backslashes": lambda key: key.replace("\\", "/"),
        "the answer for keys with single slashes": lambda key: re.sub("/+", "/", key),
        "the answer for keys without slashes at their start": lambda key: key.lstrip("/"),
        "the answer for keys without slashes at their end": lambda key: key.rstrip("/"),
        "the answer for keys with their dots resolved": _resolved,
        "the answer for keys in lower case": str.lower,
        "the answer for keys with their accents composed": lambda key: unicodedata.normalize("NFC", key),
        "the answer for keys without spaces at their ends": lambda key: key.strip(" "),
        "the answer for keys without their control characters": lambda key: CONTROLS.sub("", key),
        "the answer for keys up to a question mark": lambda key: key.partition("?")[0],
        "the answer for keys up to a hash sign": lambda key: key.partition("#")[0],
        "the answer for keys cut to the length of a file name": lambda key: key[:LONGEST_NAME],
    }
)


def of_misread_keys(several: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the steps with the keys in their paths as a store may misread them, with a description.

    Keys in headers and in documents stay what they are.
    """
    for words, misread in MISREAD.items():
        altered = [_misread(step, misread) for step in several]
        if altered != list(several):
            yield words, altered


def _misread(step: Any, misread: Callable[[str], str]) -> Any:
    key = getattr(step, "key", "")
    other = misread(key) if key else key
    if other:
        return replace(step, key=other) if other != key else step
    about_buckets = OF_BUCKETS.get(type(step)) if key else None
    return step if about_buckets is None else about_buckets(bucket=step.bucket, sent=step.sent, lane=step.lane)
