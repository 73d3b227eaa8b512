"""Write files that are whole at any moment, also if the process is killed."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex

UNFINISHED = ".unfinished-"


def replace_file(path: Path, data: bytes) -> None:
    """Write a file that is at any moment as it was or as it will be."""
    unfinished = path.with_name(f"{UNFINISHED}{os.getpid()}-{token_hex(4)}")
    try:
        write_through(unfinished, data)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_through(path: Path, data: bytes) -> None:
    """Write a file, and have it reach the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
