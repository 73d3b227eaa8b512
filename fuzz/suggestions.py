"""Parse command lines, and suggest the word that was probably meant."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

_UNKNOWN_COMMAND = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """Takes flags by their whole names only, and adds the closest name to errors about unknown flags and commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, and exit with code 2."""
        if unknown := _UNKNOWN_COMMAND.search(message):
            names = re.findall(r"[\w-]+", unknown[2])
            message = message[: unknown.start()] + f"there is no {unknown[1]!r}.{closest(unknown[1], names)}"
        super().error(message)

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Report unknown words as an error, with suggestions for those that look like flags."""
        flags = sorted(self.flags())
        unknown = [word.split("=")[0] for word in words if word.startswith("-")]
        hints = "".join(closest(word, flags) for word in unknown)
        self.error(
            f"unrecognized arguments: {' '.join(words)}.{hints}"
            if hints
            else f"unrecognized arguments: {' '.join(words)}"
        )

    def flags(self) -> list[str]:
        """Return the names of all flags."""
        return [flag for action in self._actions for flag in action.option_strings if flag.startswith("--")]

    def chosen(self, arguments: argparse.Namespace) -> Parser:
        """Return the parser of the subcommand that was chosen, however deep; this one if none was."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                child = action.choices.get(getattr(arguments, action.dest, None) or "")
                return child.chosen(arguments) if isinstance(child, Parser) else self
        return self

    def children(self) -> dict[str, Parser]:
        """Return the parsers of the subcommands by name."""
        found: dict[str, Parser] = {}
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                found |= {name: one for name, one in action.choices.items() if isinstance(one, Parser)}
        return found


def parsers(parser: Parser) -> Iterator[Parser]:
    """List a parser and all parsers below it."""
    yield parser
    for child in parser.children().values():
        yield from parsers(child)


def closest(word: str, names: Sequence[str]) -> str:
    """Return a sentence with the only name that begins with a word, or the closest one; empty if none is close."""
    longer = [name for name in names if name.startswith(word)]
    close = longer if len(longer) == 1 else difflib.get_close_matches(word, names, 1)
    return f" Did you mean {close[0]!r}?" if close else ""


def nearest(word: str, names: Iterable[str], otherwise: str) -> str:
    """Return a question for the name that is closest to a word; if none is close, the other words."""
    close = difflib.get_close_matches(word, list(names), 1)
    return f"did you mean {close[0]!r}?" if close else otherwise
