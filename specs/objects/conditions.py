"""Judge the conditions of requests: If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from specs.objects.state import Stored
from specs.objects.words import instant

READS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
OF_COPIES = "x-amz-copy-source-"
ConditionResult = Literal["go", "failed", "not-modified", "open"]
# Dates nearer than this to Last-Modified are left open.
NEAR_SECONDS = 2.0


def plain_etag(text: str) -> bool:
    """Say whether an ETag is a single quoted one, which all stores compare as a string."""
    return len(text) > 2 and text[0] == text[-1] == '"' and not set(text[1:-1]) & set('",') and text != '"*"'


def of_read(conditions: Mapping[str, str], one: Stored, now: float) -> ConditionResult:
    """Judge the conditions of a read of an object in RFC 9110's order; `conditions` are those of READS."""
    match, none_match = conditions.get("if-match"), conditions.get("if-none-match")
    modified, unmodified = conditions.get("if-modified-since"), conditions.get("if-unmodified-since")
    if any(text is not None and (not plain_etag(text) or one.etag is None) for text in (match, none_match)):
        return "open"
    if match is not None:
        if match != one.etag:
            return "failed"
    elif unmodified is not None:
        since = _since(unmodified, one, now)
        if since is None:
            return "open"
        if since < 0:
            return "failed"
    if none_match is not None:
        return "not-modified" if none_match == one.etag else "go"
    if modified is not None:
        since = _since(modified, one, now)
        if since is None:
            return "open"
        return "not-modified" if since >= 0 else "go"
    return "go"


def _since(text: str, one: Stored, now: float) -> float | None:
    """Return by how many seconds a date is after an object's last modification; None where that is left open."""
    date = instant(text)
    if date is not None and one.modified == (date, date):
        # The date is the one that the store has told.
        return 0.0
    if date is None or one.modified is None or date > now - 1:
        return None
    earliest, latest = one.modified
    if date < earliest - NEAR_SECONDS:
        return date - earliest
    return date - latest if date > latest + NEAR_SECONDS else None


def of_write(conditions: Mapping[str, str], one: Stored | None) -> ConditionResult | Literal["missing"]:
    """Judge the conditions of a write of a destination that holds an object, or none."""
    match, none_match = conditions.get("if-match"), conditions.get("if-none-match")
    if any(name in conditions for name in ("if-modified-since", "if-unmodified-since")):
        return "open"
    if match is not None and none_match is not None:
        return "open"
    if none_match is not None:
        return "open" if none_match.strip() != "*" else "failed" if one is not None else "go"
    if match is None:
        return "go"
    if not plain_etag(match):
        return "open"
    if one is None:
        return "missing"
    return "open" if one.etag is None else "go" if one.etag == match else "failed"


def forbidden_by_rfc(conditions: Mapping[str, str], one: Stored | None) -> bool:
    """Say whether RFC 9110 forbids a write whose conditions the API leaves open."""
    match, none_match = conditions.get("if-match"), conditions.get("if-none-match")
    etag = None if one is None else one.etag
    if match is not None and (one is None or (match.strip() != "*" and etag is not None and etag not in match)):
        return plain_etag(match) or match.strip() == "*"
    if none_match is not None and one is not None:
        return none_match.strip() == "*" or (plain_etag(none_match) and none_match == etag)
    return False
