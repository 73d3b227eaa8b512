"""Findings without secrets: a server that gives one away must not have it end up in a folder that is committed."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from specs.outcome import NoReply, Outcome, Reply

if TYPE_CHECKING:
    from fuzz.running.store.protocol import Credentials

MASK = "(a secret)"


def scrubbed(finding: Finding, credentials: Iterable[Credentials]) -> Finding:
    """Mask every form of a secret in a finding: in what the server said, and in what we say of it."""
    words = _words(credentials)
    violation = finding.violation
    return replace(
        finding,
        violation=replace(
            violation,
            title=_masked(violation.title, words),
            expected=_masked(violation.expected, words),
            actual=_masked(violation.actual, words),
        ),
        outcomes=tuple(_outcome(one, words) for one in finding.outcomes),
        origin=_origin(finding.origin, words),
        last_words=_masked(finding.last_words, words),
    )


def without_secrets(text: str, credentials: Iterable[Credentials]) -> str:
    """Return the text with every form of a secret masked."""
    return _masked(text, _words(credentials))


def _words(credentials: Iterable[Credentials]) -> list[str]:
    """List every form of every secret, the longest first."""
    return sorted({word for one in credentials for word in _forms(one)}, key=len, reverse=True)


def _forms(credentials: Credentials) -> Iterable[str]:
    """Yield the forms of a secret: as it is, in URLs, in JSON, and in Basic authentication."""
    secret = credentials.secret
    if secret:
        pair = f"{credentials.access_key}:{secret}".encode()
        yield from (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], b64encode(pair).decode())


def _origin(origin: Origin | None, words: list[str]) -> Origin | None:
    if origin is None:
        return None
    said = _masked(origin.server_version, words)
    return replace(origin, launch=_masked(origin.launch, words), server_version=said)


def _outcome(outcome: Outcome, words: list[str]) -> Outcome:
    match outcome:
        case Reply():
            headers = tuple((name, _masked(value, words)) for name, value in outcome.headers)
            return replace(outcome, headers=headers, body=_masked_bytes(outcome.body, words))
        case NoReply():
            return replace(outcome, detail=_masked(outcome.detail, words))
    return None


def _masked(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, MASK)
    return text


def _masked_bytes(data: bytes, words: list[str]) -> bytes:
    for word in words:
        data = data.replace(word.encode(), MASK.encode())
    return data
