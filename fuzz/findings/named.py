"""Finds the folder of the finding that a user names: by a path, an id, or the beginning of one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fuzz.errors import UsageError
from fuzz.findings.corpus import CASE
from fuzz.suggestions import closest


def home_of(name: str | Path, folder: Path) -> Path:
    """Return the folder of the finding that a name means; raises UsageError if no finding has it, or several may."""
    home = sought(name, folder)
    if home is not None:
        return home
    among, word = _place(name, folder)
    ids = _ids(among)
    hint = closest(word, ids) if ids else f" There are none in {among}."
    raise UsageError(f"there is no finding {str(name)!r}.{hint} asfuzz findings lists them.")


def sought(name: str | Path, folder: Path) -> Path | None:
    """Return the folder of the finding that a name means, or None.

    Raises UsageError if several ids begin with the name.
    """
    home = exactly(name, folder)
    if home is not None:
        return home
    among, word = _place(name, folder)
    meant = begun_by(word, _ids(among))
    return None if meant is None else among / meant


def exactly(name: str | Path, folder: Path) -> Path | None:
    """Return the folder of the finding that a path, or an id in the folder, names in full."""
    named = Path(name)
    if named.name == CASE:
        return named.parent
    return next((one for one in (named, folder / named) if (one / CASE).exists()), None)


def begun_by(beginning: str, names: Iterable[str]) -> str | None:
    """Return the one name with that beginning; raises UsageError if there are several."""
    found = [one for one in names if beginning and one.startswith(beginning)]
    if len(found) > 1:
        raise UsageError(f"{beginning!r} begins several ids: {', '.join(found)}")
    return found[0] if found else None


def _place(name: str | Path, folder: Path) -> tuple[Path, str]:
    """Split a name into the folder of findings and the beginning of an id in it."""
    named = Path(name)
    return (folder if named.parent == Path() else named.parent), named.name


def _ids(folder: Path) -> list[str]:
    return sorted(one.parent.name for one in folder.glob(f"[!.]*/{CASE}"))
