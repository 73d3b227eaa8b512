"""What a strategy says where a profile does not claim what it is about."""

from __future__ import annotations


class NotClaimed(LookupError):
    """A profile does not claim what a strategy is about; the message says what."""
