"""Keys of caches that stand for an object itself, whatever it holds."""

from __future__ import annotations

from typing import Generic, TypeVar

It = TypeVar("It")


class Itself(Generic[It]):
    """An object as a cache's key: equal only to itself, and kept alive so that its identity is not used again."""

    __slots__ = ("it",)

    def __init__(self, it: It) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Itself) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)
