"""Define the error of a strategy for a feature that a profile does not claim."""

from __future__ import annotations


class NotClaimed(LookupError):
    """The profile does not claim the feature that a strategy is about; the message names it."""
