"""The JSON fields of a request as an immutable value."""

from __future__ import annotations

import json
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

Json = Any


class Fields(Mapping[str, Json]):
    """A JSON object, which is equal to another if their JSON texts are, so that 1, 1.0 and true differ."""

    __slots__ = ("_items", "_text")

    def __init__(self, items: Mapping[str, Json] | None = None) -> None:
        self._items = dict(items or {})
        self._text: str | None = None

    @property
    def text(self) -> str:
        """Return the JSON text, written when it is first asked for: many fields only lead to other ones."""
        if self._text is None:
            self._text = _text_of(self._items)
        return self._text

    def __getitem__(self, name: str) -> Json:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    # Mapping's own versions of the next five look each name up again, one call for each.
    def __contains__(self, name: object) -> bool:
        return name in self._items

    def get(self, name: str, default: Any = None) -> Any:
        return self._items.get(name, default)

    def keys(self) -> KeysView[str]:
        return self._items.keys()

    def values(self) -> ValuesView[Json]:
        return self._items.values()

    def items(self) -> ItemsView[str, Json]:
        return self._items.items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Fields({self.text})"

    def __reduce__(self) -> tuple[Callable[[str], Fields], tuple[str]]:
        # The text is pickled, since deeply nested values would overflow the stack.
        return _read, (self.text,)

    def but(self, **changes: Json) -> Fields:
        """Return the same fields with some of them changed."""
        return Fields({**self._items, **changes})

    def without(self, *names: str) -> Fields:
        return Fields({name: value for name, value in self._items.items() if name not in names})


def _read(text: str) -> Fields:
    return Fields(json.loads(text))


def _text_of(value: Json) -> str:
    """Return the JSON text of a value, without recursion if the value nests too deeply for the stack."""
    try:
        return json.dumps(value, ensure_ascii=True)
    except RecursionError:
        return "".join(_pieces(value))


class _Written(str):
    """A piece of JSON text, to be told from a value yet to be written."""


def _pieces(value: Json) -> Iterator[str]:
    """List the pieces of the JSON text without recursion."""
    left: list[Json] = [value]
    while left:
        match left.pop():
            case _Written() as piece:
                yield piece
            case dict() as some:
                left.append(_Written("}"))
                pairs = [(one, _key(name), _Written(", ")) for name, one in reversed(some.items())]
                left += [part for pair in pairs for part in pair][:-1]
                left.append(_Written("{"))
            case list() | tuple() as several:
                left.append(_Written("]"))
                left += [part for one in reversed(several) for part in (one, _Written(", "))][:-1]
                left.append(_Written("["))
            case one:
                yield json.dumps(one, ensure_ascii=True)


def _key(name: str) -> _Written:
    return _Written(f"{json.dumps(name, ensure_ascii=True)}: ")
