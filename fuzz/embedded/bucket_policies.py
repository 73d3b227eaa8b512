"""Reads bucket policies, and says what they allow to whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fuzz.embedded.s3_errors import S3Error

EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})
RESOURCE = "arn:aws:s3:::"
STATEMENT_NAMES = frozenset({"Sid", "Effect", "Principal", "Action", "Resource"})
MOST_BYTES = 20 * 1024


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy about everybody; wildcards are left as they are."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def is_about(self, action: str, resource: str) -> bool:
        """Say whether the statement says something about an action on a resource."""
        return any(matches(one.lower(), action.lower()) for one in self.actions) and any(
            matches(one, resource) for one in self.resources
        )


@lru_cache(maxsize=256)
def statements(policy: str) -> tuple[Statement, ...]:
    """Return the statements of a policy that was taken."""
    return tuple(_statements(json.loads(policy)))


def check_policy(policy: str, bucket: str) -> None:
    """Refuse a policy that is malformed, or speaks of another bucket; raises S3Error."""
    try:
        found = list(_statements(json.loads(policy[: MOST_BYTES + 1])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise S3Error("MalformedPolicy") from None
    if not found or any(not _is_of_bucket(one, bucket) for one in found):
        raise S3Error("MalformedPolicy")


def _statements(document: Any) -> Iterator[Statement]:
    found = document["Statement"]
    for one in [found] if isinstance(found, dict) else found:
        if not set(one) <= STATEMENT_NAMES or one["Effect"] not in ("Allow", "Deny"):
            raise ValueError("a statement of another kind")
        if one["Principal"] not in EVERYBODY:
            raise ValueError("another principal than everybody")
        actions, resources = _texts(one["Action"]), _texts(one["Resource"])
        if not all(action == "*" or action.lower().startswith("s3:") for action in actions):
            raise ValueError("an action that is not of S3")
        yield Statement(one["Effect"] == "Allow", actions, resources)


def _texts(value: Any) -> tuple[str, ...]:
    found = (value,) if isinstance(value, str) else tuple(value)
    if not found or not all(isinstance(one, str) for one in found):
        raise ValueError("neither a text nor a list of texts")
    return found


def _is_of_bucket(statement: Statement, bucket: str) -> bool:
    whole = f"{RESOURCE}{bucket}"
    return all(
        one == "*" or one == whole or one.startswith(f"{whole}/") or ("*" in one and matches(one, f"{whole}/x"))
        for one in statement.resources
    )


@lru_cache(maxsize=1024)
def _pattern(wildcards: str) -> re.Pattern[str]:
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in wildcards)
    return re.compile("".join(parts), re.DOTALL)


def matches(wildcards: str, text: str) -> bool:
    """Say whether a text is one that a pattern with `*` and `?` stands for."""
    return _pattern(wildcards).fullmatch(text) is not None


def allows(said: Sequence[Statement], action: str, resource: str) -> bool:
    """Say whether everybody may perform an action: some statement allows it, and none denies it."""
    about = [one.allows for one in said if one.is_about(action, resource)]
    return bool(about) and all(about)
