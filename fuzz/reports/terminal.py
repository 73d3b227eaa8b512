"""Find out what a stream can show: colour, UTF-8, a line redrawn in place, and how wide it is."""

from __future__ import annotations

import os
import re
from typing import TextIO

PLAIN_WIDTH = 100
LEAST_WIDTH = 20
CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
ASCII = str.maketrans(
    {
        "✗": "x", "✓": "v", "·": "-", "…": "...", "→": "->", "≠": "!=", "≤": "<=", "≥": ">=", "≡": "==", "×": "x",
        "━": "=", "─": "-", "—": "-", "–": "-", "∞": "inf", "±": "+-", "‘": "'", "’": "'", "“": '"', "”": '"',
    }
)  # fmt: skip
STYLED = re.compile(r"\x1b\[[\d;]*m")


class Terminal:
    """Writes lines; and where the stream is a terminal, one live line below them."""

    def __init__(self, stream: TextIO, *, color: bool = True, live: bool | None = None) -> None:
        self._stream = stream
        self.live = stream.isatty() if live is None else live
        self._color = color and self.live
        encoding = getattr(stream, "encoding", None) or "ascii"
        self._unicode = encoding.lower().replace("-", "") in ("utf8", "utf16", "utf32")
        self._encoding = encoding
        self._live_line = ""

    @property
    def width(self) -> int:
        """Return how many columns there are now; a window may change its size."""
        if not self.live:
            return PLAIN_WIDTH
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 80
        return max(columns or 80, LEAST_WIDTH)

    def styled(self, text: str, *styles: str) -> str:
        if not (self._color and styles and text):
            return text
        return f"\x1b[{';'.join(CODES[one] for one in styles)}m{text}\x1b[0m"

    def line(self, text: str = "") -> None:
        """Write a line that stays, above the live one."""
        self._write(f"{self._erasure()}{self._legible(text)}\n{self._live_line}")

    def lines(self, texts: list[str]) -> None:
        """Write several lines at once."""
        if texts:
            self.line("\n".join(texts))

    def redraw(self, text: str) -> None:
        """Replace the live line; in one write, so that it does not flicker."""
        if self.live:
            self._live_line = _cut(self._legible(text), self.width - 1)
            self._write(f"\r{self._live_line}\x1b[K")

    def clear(self) -> None:
        """End the live line."""
        erasure, self._live_line = self._erasure(), ""
        if erasure:
            self._write(erasure)

    def _erasure(self) -> str:
        return "\r\x1b[K" if self._live_line else ""

    def _legible(self, text: str) -> str:
        if self._unicode:
            # Lone surrogates, which keys and headers can hold, have no UTF-8.
            return text.encode("utf-8", "backslashreplace").decode("utf-8")
        return text.translate(ASCII).encode(self._encoding, "backslashreplace").decode(self._encoding)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _cut(text: str, width: int) -> str:
    """Cut a text to a number of columns; colours take none."""
    if len(STYLED.sub("", text)) <= width:
        return text
    kept, columns = [], 0
    for part in re.split(r"(\x1b\[[\d;]*m)", text):
        if STYLED.fullmatch(part):
            kept.append(part)
        else:
            kept.append(part[: width - columns])
            columns += len(kept[-1])
    return "".join(kept)
