"""Events as JSON lines: all that reports need, for reports made later and elsewhere."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import IO, Any

from fuzz.events import Event, Progress

FILE_NAME = "events.jsonl"
PROGRESS_SECONDS = 5.0
MOST_INLINE_BYTES = 256


class EventsFile:
    """Appends each event as it comes; of progress, a sample. The file is opened by the first."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        self._file: IO[bytes] | None = None
        self._last_progress = float("-inf")

    @property
    def name(self) -> str:
        return str(self._path)

    def __call__(self, event: Event) -> None:
        now = self._clock()
        if isinstance(event, Progress):
            if now - self._last_progress < PROGRESS_SECONDS:
                return
            self._last_progress = now
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered and appended in one write each, so that a run killed leaves whole lines.
            self._file = self._path.open("ab", buffering=0)
        line = json.dumps({"event": type(event).__name__, "at": round(now, 3), **plain_fields(event)})
        self._file.write(line.encode() + b"\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def plain_fields(value: Any) -> dict[str, Any]:
    """A dataclass's fields as JSON has them."""
    return {one.name: plain(getattr(value, one.name)) for one in fields(value)}


def plain(value: Any) -> Any:
    """A value as JSON has it; long bytes by their length and hash, since a finding's folder holds them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"is": type(value).__name__, **plain_fields(value)}
    match value:
        case bytes() if len(value) <= MOST_INLINE_BYTES:
            return {"hex": value.hex()}
        case bytes():
            return {"length": len(value), "sha256": hashlib.sha256(value).hexdigest()}
        case Mapping():
            return {str(name): plain(one) for name, one in value.items()}
        case list() | tuple() | frozenset():
            return [plain(one) for one in value]
        case Path():
            return str(value)
    return value
