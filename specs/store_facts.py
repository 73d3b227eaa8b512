"""Define the facts about a store on which the model relies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """The features and checks that the store at hand is known to have."""

    verifies_signatures: bool = True
    anonymous_reads: bool = True
    basic_auth: bool = True
    misserves: bool = True
