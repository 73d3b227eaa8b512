"""Load profiles from files of the user; those that come with the suite are loaded by their names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from specs.profile import UnusableProfile, did_you_mean

Loaded = TypeVar("Loaded")


def loader(
    shipped: Callable[[], tuple[str, ...]], load: Callable[[str], Loaded], parsed: Callable[[str, str], Loaded]
) -> Callable[[str], Loaded]:
    """Return a function that loads a shipped profile by name, or one from a file; it raises UnusableProfile."""

    def load_any(name_or_path: str) -> Loaded:
        if name_or_path in shipped():
            return load(name_or_path)
        path = Path(name_or_path)
        if path.suffix != ".toml" and not path.is_file():
            raise UnusableProfile(f"profile {name_or_path!r} is unknown.{did_you_mean(name_or_path, shipped())}")
        try:
            return parsed(path.read_text("utf-8"), str(path))
        except OSError as error:
            raise UnusableProfile(f"profile {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UnusableProfile(f"profile {path} is not UTF-8 text: {error.reason}") from error

    return load_any
