"""Keeps a store in a directory: contents in files, effects in a journal, so that both survive the process.

An effect is in the journal before anybody sees it or is answered, and its contents are whole files by then. The
system keeps what a process wrote before it was killed; a machine that loses its power may lose the last writes.
"""

from __future__ import annotations

import itertools
import json
import os
import struct
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import cattrs

from fuzz.embedded.store import effects as all_effects
from fuzz.embedded.store.content import Content, FilePiece
from fuzz.embedded.store.effects import Effect, apply, effects_of
from fuzz.embedded.store.intake import Sink
from fuzz.embedded.store.state import State

JOURNAL, NEXT_JOURNAL, CONTENTS = "journal", "journal.next", "contents"
FRAME = struct.Struct(">II")
EFFECTS_A_RECORD = 1000


class InFile:
    """Puts the bytes that come into a file of their own."""

    def __init__(self, path: Path, known: weakref.WeakSet[FilePiece]) -> None:
        self._path = path
        self._known = known
        self._size = 0
        self._file: IO[bytes] | None = None
        self._piece: FilePiece | None = None

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        if self._file is None:
            self._file = self._path.open("xb", buffering=0)
            # From now on the file goes when nobody wants it, also where the body never comes to its end.
            self._piece = FilePiece(self._path, 0)
            self._known.add(self._piece)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._size += len(data)

    def content(self) -> Content:
        """Return all bytes that came."""
        if self._file is None or self._piece is None:
            return Content()
        self._file.close()
        self._piece.size = self._size
        return Content(self._size, (self._piece,))


class Directory:
    """The journal and the contents of one store; one process at a time has them."""

    def __init__(self, path: Path) -> None:
        """Read what is there, if anything, into `state`."""
        self._path = path
        self._contents = path / CONTENTS
        self._contents.mkdir(parents=True, exist_ok=True)
        self._pieces: dict[str, FilePiece] = {}
        self._known: weakref.WeakSet[FilePiece] = weakref.WeakSet()
        self._converter = self._make_converter()
        self.state = State()
        for effect in self._effects():
            apply(self.state, effect)
        self._journal = self._rewritten()
        wanted = {piece.name for piece in _pieces_of(self.state)}
        self._pieces.clear()
        for file in self._contents.iterdir():
            if file.name not in wanted:
                file.unlink()
        self._numbers = itertools.count(1 + max((int(name, 16) for name in wanted), default=0))

    def close(self) -> None:
        """Stop writing; all that was recorded stays for the next who opens the directory."""
        self._journal.close()
        for piece in self._known:
            piece.keep()

    def sink(self) -> Sink:
        """Return a new place for bytes."""
        return InFile(self._contents / f"{next(self._numbers):x}", self._known)

    def record(self, effects: tuple[Effect, ...]) -> None:
        """Write effects down, so that all of them survive or none."""
        _write(self._journal, self._framed(effects))

    def _framed(self, effects: tuple[Effect, ...]) -> bytes:
        told = [[type(one).__name__, self._converter.unstructure(one)] for one in effects]
        data = json.dumps(told, separators=(",", ":")).encode()
        return FRAME.pack(len(data), zlib.crc32(data)) + data

    def _effects(self) -> Iterator[Effect]:
        """Yield the effects in the journal; those that the end of the process cut short had not been answered."""
        try:
            data = (self._path / JOURNAL).read_bytes()
        except FileNotFoundError:
            return
        position = 0
        while position + FRAME.size <= len(data):
            length, check = FRAME.unpack_from(data, position)
            record = data[position + FRAME.size : position + FRAME.size + length]
            if len(record) < length or zlib.crc32(record) != check:
                return
            for name, fields in json.loads(record):
                yield self._converter.structure(fields, getattr(all_effects, name))
            position += FRAME.size + length

    def _rewritten(self) -> IO[bytes]:
        """Write a journal of what is there now, in place of one of how it came about."""
        path = self._path / NEXT_JOURNAL
        with path.open("wb") as file:
            found = effects_of(self.state)
            while some := tuple(itertools.islice(found, EFFECTS_A_RECORD)):
                file.write(self._framed(some))
        path.replace(self._path / JOURNAL)
        return (self._path / JOURNAL).open("ab", buffering=0)

    def _make_converter(self) -> cattrs.Converter:
        converter = cattrs.Converter()
        converter.register_unstructure_hook(Content, self._told_content)
        converter.register_structure_hook(Content, lambda told, _: self._content(told))
        return converter

    def _told_content(self, content: Content) -> list[Any]:
        pieces = [piece for piece in content.pieces if isinstance(piece, FilePiece)]
        if len(pieces) < len(content.pieces):
            raise ValueError("content in memory cannot be kept in a directory")
        return [[piece.name, piece.size] for piece in pieces]

    def _content(self, told: list[Any]) -> Content:
        pieces = tuple(self._piece(name, size) for name, size in told)
        return Content(sum(piece.size for piece in pieces), pieces)

    def _piece(self, name: str, size: int) -> FilePiece:
        """Return the piece of that name, one for all that share it."""
        if name not in self._pieces:
            self._pieces[name] = FilePiece(self._contents / name, size)
            self._known.add(self._pieces[name])
        return self._pieces[name]


def _write(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file.fileno(), view) :]


def _pieces_of(state: State) -> Iterator[FilePiece]:
    for bucket in state.buckets.values():
        contents = [version.content for versions in bucket.versions.values() for version in versions]
        contents += [part.content for upload in bucket.uploads.values() for part in upload.parts.values()]
        for content in contents:
            yield from (piece for piece in content.pieces if isinstance(piece, FilePiece))
