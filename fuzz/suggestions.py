"""A parser of command lines that tells which word was probably meant."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterator, Sequence
from typing import NoReturn

_UNKNOWN_COMMAND = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """Adds to errors about unknown flags and commands the name that is closest."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and exit by 2."""
        if unknown := _UNKNOWN_COMMAND.search(message):
            names = re.findall(r"[\w-]+", unknown[2])
            message = message[: unknown.start()] + f"there is no {unknown[1]!r}.{closest(unknown[1], names)}"
        super().error(message)

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Say of words that no argument is for that they are unknown, and what may be meant by the flags."""
        flags = sorted({flag for one in parsers(self) for flag in one.flags()})
        unknown = [word.split("=")[0] for word in words if word.startswith("-")]
        hints = "".join(closest(word, flags) for word in unknown)
        self.error(
            f"unrecognized arguments: {' '.join(words)}.{hints}"
            if hints
            else f"unrecognized arguments: {' '.join(words)}"
        )

    def flags(self) -> list[str]:
        """The names of all flags."""
        return [flag for action in self._actions for flag in action.option_strings if flag.startswith("--")]

    def children(self) -> dict[str, Parser]:
        """The parsers of the commands below, by name."""
        found: dict[str, Parser] = {}
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found |= {name: one for name, one in action.choices.items() if isinstance(one, Parser)}
        return found


def parsers(parser: Parser) -> Iterator[Parser]:
    """A parser and all below it."""
    yield parser
    for child in parser.children().values():
        yield from parsers(child)


def closest(word: str, names: Sequence[str]) -> str:
    """A sentence with the name that is closest to a word; empty if none is close."""
    close = difflib.get_close_matches(word, names, 1)
    return f" Did you mean {close[0]!r}?" if close else ""
