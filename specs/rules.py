"""Define the rules that a request can break, as values with stable ids.

No code depends on the text of a rule: texts are for people and may be reworded.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Rule(StrEnum):
    """One rule; its value is a stable id, written into findings and lists of known issues.

    A subject's rules are the members of an enumeration of its own that derives from this one. Their order is the order
    in which several rules are told.
    """

    @property
    def text(self) -> str:
        """Return the rule in words."""
        return self.value.replace("-", " ")


def in_order(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Sort rules into the order in which they are shown."""
    return tuple(sorted(frozenset(rules), key=lambda rule: type(rule)._member_names_.index(rule.name)))


def told(rules: Iterable[Rule]) -> str:
    """Return the rules in words."""
    return " or ".join(rule.text for rule in in_order(rules))
