"""Keep what the zoo's trials told: the requirement by which each animal was seen, and the property that saw it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fuzz.bench.animals.scoreboard import ScoreboardRow

FILE: Final = "seen.json"


@dataclass(frozen=True, slots=True)
class SeenAnimal:
    """The requirement and the property by which a trial first saw an animal."""

    requirement: str
    property: str


def load() -> Mapping[str, SeenAnimal]:
    """Return what trials have seen, by animal, from the file that was written last."""
    text = (resources.files("fuzz.bench.animals") / FILE).read_text("utf-8")
    return {name: SeenAnimal(*told) for name, told in json.loads(text).items()}


def noted(rows: Iterable[ScoreboardRow], before: Mapping[str, SeenAnimal]) -> dict[str, SeenAnimal]:
    """Return what earlier trials have seen, updated by the rows of a scoreboard."""
    anew = {row.id: SeenAnimal(row.seen.partition(":")[0], row.by) for row in rows if row.detected}
    return {**before, **anew}


def write(seen: Mapping[str, SeenAnimal], path: Path | None = None) -> None:
    """Write the notes, one animal a line."""
    lines = [
        f" {json.dumps(name)}: {json.dumps([one.requirement, one.property])}" for name, one in sorted(seen.items())
    ]
    target = path or Path(__file__).with_name(FILE)
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
