"""Requests whose answers must agree, whatever the oracle says of each."""

from __future__ import annotations

from specs.expectation import Expectation
from specs.outcome import Transcript
from specs.profile import Profile
from specs.violation import Violation


def violations(
    transcript: Transcript, due: tuple[Expectation | None, ...], profile: Profile
) -> list[Violation]:
    """Relations of the case's property that its answers break."""
    return []
