"""Read values of settings, given as text or in TOML, with errors that say what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SIZE_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value


def path(value: Any) -> Path:
    return value if isinstance(value, Path) else Path(text(value)).expanduser()


def http_url(value: Any) -> str:
    wanted = f"{value!r} is not an http or https URL, such as http://127.0.0.1:8080"
    try:
        parts = urlsplit(text(value))
        _ = parts.port
    except ValueError as error:
        raise ValueError(wanted) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(wanted)
    if "@" in parts.netloc:
        raise ValueError("a URL with credentials in it; credentials come from the environment, or an AWS profile")
    return text(value).rstrip("/")


def server_url(value: Any) -> str:
    """Read the URL of a server; whether its scheme is one that the subject has, only the subject's transport knows."""
    scheme, _, rest = str(value).partition("://")
    if rest and re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme) and scheme not in ("http", "https"):
        return text(value)
    return http_url(value)


def store_name(value: Any) -> str:
    """Read `memory`, `moto` or a store's URL."""
    if value in ("memory", "moto"):
        return str(value)
    if not isinstance(value, str) or "://" not in value:
        raise ValueError(f"{value!r} is neither memory nor moto nor a URL, such as http://127.0.0.1:9000")
    return http_url(value)


def port_command(value: Any) -> str:
    """Read a command that has a placeholder for the port."""
    if "{port}" not in text(value):
        raise ValueError(f"{value!r} does not say where the port goes, as in: 'my-server --port {{port}}'")
    return text(value)


def number(least: int, most: int | None = None) -> Callable[[Any], int]:
    """Return a reader of whole numbers within bounds."""
    bounds = f"from {least} to {most}" if most is not None else f"from {least}"

    def read(value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"\d[\d_]*", value.strip()):
            value = int(value)
        if (
            not isinstance(value, int)
            or isinstance(value, bool)
            or value < least
            or (most is not None and value > most)
        ):
            raise ValueError(f"{value!r} is not a whole number {bounds}")
        return value

    return read


def number_or_auto(least: int, most: int) -> Callable[[Any], int | None]:
    """Return a reader of whole numbers within bounds, or of `auto`, which stands for None."""
    read = number(least, most)
    return lambda value: None if value == "auto" else read(value)


def duration_seconds(value: Any) -> float:
    """Read a number of seconds, or text such as 90, 90s, 10m, 8h, 1h30m."""
    seconds = 0.0
    if isinstance(value, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", value)
        understood = "".join(amount + unit for amount, unit in parts) == value
        # The unit of a bare number next to numbers with units would be a guess.
        if understood and (len(parts) == 1 or all(unit for _, unit in parts)):
            seconds = sum(float(amount) * UNITS[unit or "s"] for amount, unit in parts)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{value!r} is not a time such as 90, 90s, 10m or 8h")
    return seconds


def byte_sizes(value: str) -> tuple[int, ...]:
    """Read sizes in bytes, or in KiB, MiB or GiB: 1000, 64KiB, or several with commas between them."""
    found = []
    for one in names(value):
        read = re.fullmatch(r"(\d+)([KMG]iB|B)?", one)
        if read is None:
            raise ValueError(f"{one!r} is not a size such as 1000, 64KiB or 20MiB")
        found.append(int(read[1]) * SIZE_UNITS[read[2] or "B"])
    return tuple(found)


def names(value: Any) -> tuple[str, ...]:
    """Read a list, or text with commas or spaces between the names."""
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(one, str) for one in parts):
        raise ValueError(f"{value!r} is not a list of names")
    found = [name for part in parts for name in re.split(r"[,\s]+", part) if name]
    if not found:
        raise ValueError("a list without a name")
    return tuple(dict.fromkeys(found))


def switch(value: Any) -> bool:
    """Read on or off: a truth value, or a word for one."""
    known = {True: True, False: False, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if not isinstance(value, bool | str) or value not in known:
        raise ValueError(f"{value!r} is neither true nor false")
    return known[value]
