"""The JSON fields of a request as an immutable value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Json = Any


class Fields(Mapping[str, Json]):
    """A JSON object; equal to another when the JSON texts are, so 1, 1.0 and true differ."""

    __slots__ = ("_items", "text")

    def __init__(self, items: Mapping[str, Json] | None = None) -> None:
        self._items = dict(items or {})
        self.text = json.dumps(self._items, ensure_ascii=True)

    def __getitem__(self, name: str) -> Json:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fields) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Fields({self.text})"

    def __reduce__(self) -> tuple[type[Fields], tuple[dict[str, Json]]]:
        return Fields, (self._items,)

    def but(self, **changes: Json) -> Fields:
        """The same fields with some set anew."""
        return Fields({**self._items, **changes})

    def without(self, *names: str) -> Fields:
        return Fields({name: value for name, value in self._items.items() if name not in names})
