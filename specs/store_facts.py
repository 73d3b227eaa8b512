"""What the store beneath a server can be relied on for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What the store at hand can be relied on for."""

    verifies_signatures: bool = True
    anonymous_reads: bool = True
    basic_auth: bool = True
    misserves: bool = True
