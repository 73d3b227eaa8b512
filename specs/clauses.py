"""Define clauses: sentences of an API's page that say what a server must do, with the requirements that hold them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of the API's page in our own short words.

    `held_by` names the requirements that hold it, `animals` broken servers that do not do what it says. A `reason`
    stands where there are none of the one or of the other.
    """

    id: str
    where: str
    says: str
    held_by: tuple[str, ...] = ()
    animals: tuple[str, ...] = ()
    reason: str = ""
