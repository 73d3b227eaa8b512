"""Define choices: what can be drawn by Hypothesis, which shrinks it, or by chance alone, which costs a fiftieth.

A choice has the names and the meaning of Hypothesis' strategies. A function that draws choices becomes one by
`composite`. Hypothesis is imported only when it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from functools import cache, lru_cache, wraps
from random import Random
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")
Offered = TypeVar("Offered", covariant=True)
DrawnTo = TypeVar("DrawnTo")
Kept = TypeVar("Kept", bound=Hashable)
Given = ParamSpec("Given")
# Hypothesis draws collections about as long as this, or half as long as they may be.
USUAL_LENGTH = 5
MOST_TRIES = 1000


class Unfit(Exception):
    """Ends a draw that cannot become what is wanted; the value is drawn again."""


class Draw(Protocol):
    """A function that makes a choice."""

    def __call__(self, choice: Choice[Drawn], /) -> Drawn: ...


class Chance:
    """Makes choices by chance; the same seed makes the same choices."""

    __slots__ = ("random",)

    def __init__(self, seed: int) -> None:
        self.random = Random(seed).random

    def __call__(self, choice: Choice[Drawn], /) -> Drawn:
        return choice.by_chance(self)


class Shrunk(Generic[Offered]):
    """A choice that only Hypothesis can draw; its strategy is made, and Hypothesis imported, when it is asked for."""

    __slots__ = ("_made", "_shrinking")

    def __init__(self, shrinking: Callable[[], SearchStrategy[Offered]]) -> None:
        self._shrinking = shrinking
        self._made: SearchStrategy[Offered] | None = None

    @property
    def strategy(self) -> SearchStrategy[Offered]:
        """Return the strategy by which Hypothesis draws."""
        if self._made is None:
            self._made = self._shrinking()
        return self._made


class Choice(Shrunk[Offered]):
    """A choice that can be drawn by chance or by Hypothesis, which draw the same values."""

    __slots__ = ("by_chance",)

    def __init__(
        self, by_chance: Callable[[Chance], Offered], shrinking: Callable[[], SearchStrategy[Offered]]
    ) -> None:
        Shrunk.__init__(self, shrinking)
        self.by_chance = by_chance

    def map(self, change: Callable[[Offered], DrawnTo]) -> Choice[DrawnTo]:
        """Return the choice of what a function makes of this one."""
        return Choice(lambda chance: change(self.by_chance(chance)), lambda: self.strategy.map(change))

    def filter(self, fits: Callable[[Offered], bool]) -> Choice[Offered]:
        """Return the choice among what fits; most should."""

        def by_chance(chance: Chance) -> Offered:
            for _ in range(MOST_TRIES):
                if fits(found := self.by_chance(chance)):
                    return found
            raise Unfit

        return Choice(by_chance, lambda: self.strategy.filter(fits))


def strategy_of(some: Shrunk[Drawn] | SearchStrategy[Drawn]) -> SearchStrategy[Drawn]:
    """Return the strategy by which Hypothesis draws a choice, or the strategy itself."""
    return some.strategy if isinstance(some, Shrunk) else some


def sampled_from(values: Sequence[Drawn]) -> Choice[Drawn]:
    """Choose one of some values; all are as likely, and Hypothesis prefers the first ones."""
    some, count = tuple(values), len(values)

    def strategy() -> SearchStrategy[Drawn]:
        from hypothesis import strategies as st

        return st.sampled_from(some)

    return Choice(lambda chance: some[int(chance.random() * count)], strategy)


@lru_cache(4096)
def integers(low: int, high: int) -> Choice[int]:
    """Choose an integer from `low` to `high`; Hypothesis prefers those next to 0."""
    count = high - low + 1

    def strategy() -> SearchStrategy[int]:
        from hypothesis import strategies as st

        return st.integers(low, high)

    return Choice(lambda chance: low + int(chance.random() * count), strategy)


@cache
def booleans() -> Choice[bool]:
    """Choose false or true; Hypothesis prefers false."""
    return sampled_from((False, True))


def just(value: Drawn) -> Choice[Drawn]:
    """Choose this value."""
    return sampled_from((value,))


def one_of(*some: Choice[Drawn]) -> Choice[Drawn]:
    """Choose one of the choices, and make it; Hypothesis prefers the first ones."""

    def strategy() -> SearchStrategy[Drawn]:
        from hypothesis import strategies as st

        return st.one_of([one.strategy for one in some])

    return Choice(lambda chance: some[int(chance.random() * len(some))].by_chance(chance), strategy)


def lists(one: Choice[Kept], *, min_size: int = 0, max_size: int, unique: bool = False) -> Choice[list[Kept]]:
    """Choose a list; short ones are likelier than long ones."""

    def by_chance(chance: Chance) -> list[Kept]:
        count = _length(chance, min_size, max_size)
        if unique:
            return list(_different(chance, one, count))
        return [one.by_chance(chance) for _ in range(count)]

    def strategy() -> SearchStrategy[list[Kept]]:
        from hypothesis import strategies as st

        return st.lists(one.strategy, min_size=min_size, max_size=max_size, unique=unique)

    return Choice(by_chance, strategy)


def sets(one: Choice[Kept], *, min_size: int = 0, max_size: int) -> Choice[set[Kept]]:
    """Choose a set; small ones are likelier than large ones."""

    def strategy() -> SearchStrategy[set[Kept]]:
        from hypothesis import strategies as st

        return st.sets(one.strategy, min_size=min_size, max_size=max_size)

    return Choice(lambda chance: set(_different(chance, one, _length(chance, min_size, max_size))), strategy)


def text(characters: str, *, min_size: int = 0, max_size: int) -> Choice[str]:
    """Choose a text of some characters; short ones are likelier than long ones."""

    def by_chance(chance: Chance) -> str:
        count = _length(chance, min_size, max_size)
        return "".join(characters[int(chance.random() * len(characters))] for _ in range(count))

    def strategy() -> SearchStrategy[str]:
        from hypothesis import strategies as st

        return st.text(characters, min_size=min_size, max_size=max_size)

    return Choice(by_chance, strategy)


def binary(*, min_size: int = 0, max_size: int) -> Choice[bytes]:
    """Choose bytes; few are likelier than many."""

    def by_chance(chance: Chance) -> bytes:
        return bytes(int(chance.random() * 256) for _ in range(_length(chance, min_size, max_size)))

    def strategy() -> SearchStrategy[bytes]:
        from hypothesis import strategies as st

        return st.binary(min_size=min_size, max_size=max_size)

    return Choice(by_chance, strategy)


def composite(
    function: Callable[Concatenate[Draw, Given], Drawn],
) -> Callable[Given, Choice[Drawn]]:
    """Make a choice of a function that draws; its first argument is the function that makes a choice."""

    @cache
    def shrinking() -> Callable[..., SearchStrategy[Drawn]]:
        from hypothesis import reject
        from hypothesis import strategies as st

        @wraps(function)
        def drawing(draw: st.DrawFn, *given: Any, **named: Any) -> Drawn:
            try:
                return function(lambda choice: draw(choice.strategy), *given, **named)
            except Unfit:
                reject()

        return st.composite(drawing)

    @wraps(function)
    def choice(*given: Given.args, **named: Given.kwargs) -> Choice[Drawn]:
        return Choice(lambda chance: function(chance, *given, **named), lambda: shrinking()(*given, **named))

    return choice


def assume(fits: object) -> None:
    """Draw again where this does not hold."""
    if not fits:
        raise Unfit


def by_chance(choice: Choice[Drawn], seed: int) -> Iterator[Drawn]:
    """Draw by chance, without end; what turns out unfit is left out."""
    chance = Chance(seed)
    while True:
        for _ in range(MOST_TRIES):
            try:
                drawn = chance(choice)
            except Unfit:
                continue
            yield drawn
            break
        else:
            raise Unfit(f"nothing that fits in {MOST_TRIES} tries")


def _length(chance: Chance, least: int, most: int) -> int:
    """Choose a length as Hypothesis does: one more again and again, so that about half of the most is usual."""
    usual = min(max(least * 2, least + USUAL_LENGTH), (least + most) / 2)
    stop = 1 / (1 + usual - least)
    length = least
    while length < most and chance.random() >= stop:
        length += 1
    return length


def _different(chance: Chance, one: Choice[Kept], count: int) -> Collection[Kept]:
    """Draw so many different ones, or fewer where there are hardly as many."""
    found: dict[Kept, None] = {}
    for _ in range(10 * count):
        if len(found) < count:
            found[one.by_chance(chance)] = None
    return found
