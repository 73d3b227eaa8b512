"""Read which property, scenario or measurement covers each test of public suites, and write it as a page."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

TITLE = "# Public suites for object stores, and what covers each of their tests\n"
NOTE = (
    "This page is written from `public_suites.toml`; `tests/reach/test_public_suites.py` holds both to what is drawn. "
    "`reached` is\nhow far what covers a test goes along its axis at least, `theirs` how far the test goes.\n"
)


@dataclass(frozen=True, slots=True)
class PublicTest:
    """A test of a public suite: what it does, what covers it, and how far both go along an axis.

    `by` are properties, scenarios and measurements, each with the word for its sort before its name. `steps` are
    requests that all of these together draw. `short` says why less is reached than the test does.
    """

    suite: str
    does: str
    by: tuple[str, ...]
    steps: tuple[str, ...] = ()
    axis: str = ""
    public: int = 0
    reached: int = 0
    short: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A test of a public suite that nothing covers, and why."""

    suite: str
    does: str
    why: str


@cache
def _table() -> Mapping[str, Any]:
    text = files("fuzz.subjects.objects").joinpath("public_suites.toml").read_text("utf-8")
    return tomllib.loads(text)


def suites() -> Mapping[str, str]:
    """Return what each suite is, by name."""
    found: Mapping[str, str] = _table()["suites"]
    return found


def covered() -> tuple[PublicTest, ...]:
    """List the tests that something covers."""
    rows = _table()["test"]
    return tuple(PublicTest(**{**one, "by": tuple(one["by"]), "steps": tuple(one.get("steps", ()))}) for one in rows)


def left_out() -> tuple[LeftOut, ...]:
    """List the tests that nothing covers."""
    return tuple(LeftOut(**one) for one in _table()["left_out"])


def page() -> str:
    """Return the table as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield TITLE
    yield NOTE
    for name, title in suites().items():
        yield f"## {title[0].upper()}{title[1:]}\n"
        yield "test | covered by | axis | theirs | reached"
        yield "---|---|---|---|---"
        yield from (_row(one) for one in covered() if one.suite == name)
        yield from (f"{one.does} | nothing: {one.why} | | |" for one in left_out() if one.suite == name)
        yield ""


def _row(one: PublicTest) -> str:
    by = ", ".join(f"{sort} `{name}`" for sort, _, name in (text.partition(" ") for text in one.by))
    numbers = (
        f"{one.axis} | {f'{one.public:,}' if one.public else 'not said'} | {one.reached:,}" if one.axis else " | | "
    )
    return f"{one.does} | {by} | {numbers}{f' ({one.short})' if one.short else ''}"
