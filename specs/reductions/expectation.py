"""Define expectations: the answers that are allowed to a step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from specs.reductions.dtypes import Array, Bools
from specs.reductions.refusals import RefusalClass
from specs.reductions.rules import Rule


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """An answer with values: the right values, and how far a server's may differ from them.

    `values` is flat, in the order of the result; an element may instead be that of `also`, or lie within `low` and
    `high`, or be an infinity or NaN where `loose` says so, or be anything where `free` does.
    """

    operation: str
    dtype: str
    shape: tuple[int, ...]
    counts: tuple[int, ...]
    values: Array
    also: Array | None = None
    low: Array | None = None
    high: Array | None = None
    pairwise_low: Array | None = None
    pairwise_high: Array | None = None
    loose: Bools | None = None
    free: Bools | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A refusal: the rules broken, the classes of refusals allowed and the words of which one must be in the text."""

    rules: frozenset[Rule]
    classes: frozenset[RefusalClass]
    words: tuple[str, ...] = ()


def breaking(rule: Rule, classes: RefusalClass | frozenset[RefusalClass], *words: str) -> Rejection:
    """Return the rejection for one broken rule."""
    return Rejection(frozenset({rule}), frozenset({classes}) if isinstance(classes, RefusalClass) else classes, words)


ANY_ERROR = frozenset({RefusalClass.ANY_OF_THE_CLIENT, RefusalClass.ANY_OF_THE_SERVER})
BAD_STORE = breaking(Rule.BAD_STORE, ANY_ERROR)


class Because(StrEnum):
    """The reason why it is left open how a request is to be answered."""

    THE_API = "the-api"
    THE_STORE = "the-store"


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """The answers allowed, the rejection allowed, or both; if neither is given, any proper answer is allowed.

    If nothing is specified, `doubted` are the rules that the request breaks by some readings of the API.
    """

    answers: tuple[Values, ...] = ()
    rejection: Rejection | None = None
    why: str = ""
    because: Because = Because.THE_API
    doubted: frozenset[Rule] = frozenset()

    @property
    def unspecified(self) -> bool:
        return not self.answers and self.rejection is None

    @property
    def refusable(self) -> frozenset[Rule]:
        """Return the rules for which a refusal is due, or allowed."""
        return self.doubted if self.rejection is None else self.rejection.rules

    @property
    def of_the_store(self) -> bool:
        """Say whether the store leaves the answer open, since a server may pass on its store's odd answers."""
        return self.unspecified and self.because is Because.THE_STORE

    @property
    def of_bad_store(self) -> bool:
        """Say whether an error is allowed because of how the store serves the object."""
        return self.rejection is not None and Rule.BAD_STORE in self.rejection.rules


def unspecified(why: str, because: Because = Because.THE_API, *doubted: Rule) -> Expectation:
    """Return an expectation that allows any proper answer; `why` is for people, `because` and the rules for code."""
    return Expectation(why=why, because=because, doubted=frozenset(doubted))


def either(rejections: Iterable[Rejection]) -> Rejection:
    """Join several rejections to one that each of their rules allows."""
    several = list(rejections)
    if len(several) == 1:
        return several[0]
    classes = frozenset[RefusalClass]().union(*(one.classes for one in several))
    words = () if any(not one.words for one in several) else tuple(w for one in several for w in one.words)
    return Rejection(frozenset[Rule]().union(*(one.rules for one in several)), classes, words)
