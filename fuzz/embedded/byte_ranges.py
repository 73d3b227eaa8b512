"""The Range header of a read, as S3 and plain HTTP servers understand it."""

import re
from dataclasses import dataclass

# More digits than 64 bits hold make a range malformed, as they do on S3.
RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,20})-([0-9]{0,20})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to `stop` of an object of `size` bytes."""

    start: int
    stop: int
    size: int

    @property
    def content_range(self) -> str:
        """Return the range as the answer's Content-Range gives it."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


class RangeNotSatisfiable(Exception):
    """The range asked for holds no byte of the object."""


def parse_range(value: str | None, size: int) -> ByteRange | None:
    """Return the bytes asked for; None means all: malformed and multiple ranges are ignored, as on S3."""
    match = RANGE.fullmatch(value) if value else None
    if match is None:
        return None
    first, last = match.groups()
    if first:
        start = int(first)
        stop = int(last) + 1 if last else max(size, start + 1)
        if stop <= start:
            return None
    elif last:
        start, stop = max(0, size - int(last)), size
    else:
        return None
    if start >= size:
        raise RangeNotSatisfiable(f"{value} of {size} bytes")
    return ByteRange(start, min(stop, size), size)
