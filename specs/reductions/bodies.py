"""The body that a client sends for a request, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from specs.itself import Itself
from specs.reductions.locators import usual_locators
from specs.reductions.profile import Profile
from specs.reductions.steps import Send
from specs.reductions.validity import ReadRequest, read_request

# So many of the latest requests are read once, whoever asks about them.
MOST_KEPT: Final = 512


def full_body(step: Send, profile: Profile) -> Mapping[str, Any]:
    """Return the body with locating fields filled in by placeholders."""
    body = {**usual_locators(profile.api, step.interface), **step.fields}
    return {name: value for name, value in body.items() if name not in step.without} if step.without else body


def read_send(step: Send, profile: Profile) -> ReadRequest:
    """Read the body of a request, locating fields included."""
    return _read(Itself(step), Itself(profile))


@lru_cache(maxsize=MOST_KEPT)
def _read(step: Itself[Send], profile: Itself[Profile]) -> ReadRequest:
    return read_request(step.it.operation, full_body(step.it, profile.it), profile.it)
