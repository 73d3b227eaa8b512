"""Load the requirements of object stores."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

from specs.requirements import Requirement, catalogue


@cache
def load() -> Mapping[str, Requirement]:
    """Return every requirement by its id."""
    return catalogue((resources.files("specs.objects") / "requirements.toml").read_text("utf-8"))
