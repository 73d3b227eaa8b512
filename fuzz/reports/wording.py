"""Numbers and times as people read them."""

from __future__ import annotations

import time


def counted(number: int, noun: str, several: str = "") -> str:
    """Return a number and its noun, in the plural where that is due; `several` is a plural that is not made by an s."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def clock_time(seconds: float) -> str:
    """Return a time as a clock shows it: 0:07, 12:34, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def milliseconds(value: float) -> str:
    """Return a latency in three digits."""
    return f"{value:.3g} ms" if value < 1000 else f"{value / 1000:.3g} s"


def day(seconds: float) -> str:
    """Return a moment, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds)) if seconds else ""
