"""Judge the conditions of a request against the object that it is about."""

from __future__ import annotations

from specs.objects.answers import Alternative
from specs.objects.conditions import OF_COPIES, READS, forbidden_by_rfc, of_read, of_write
from specs.objects.model.asked import Asked
from specs.objects.rules import Rule
from specs.objects.state import Stored


def write_faults(at: Asked, one: Stored | None, capability: str) -> tuple[list[Alternative], bool, bool]:
    """Judge a write's conditions on its destination.

    Return the refusals, whether a refusal is left open, and whether the write is forbidden wherever it is left open.
    """
    conditions = {name: at.headers[name] for name in READS if name in at.headers}
    if not conditions:
        return [], False, False
    if not at.profile.can(capability):
        return [], True, False
    match of_write(conditions, one):
        case "failed":
            return [at.refuse("write-conditions", Rule.PRECONDITION)], False, False
        case "missing":
            missing = at.refuse("write-conditions", Rule.NO_SUCH_KEY, loose=True)
            failed = at.refuse("write-conditions", Rule.PRECONDITION, grade="allowed")
            return [missing, failed], False, False
        case "open":
            return [], True, forbidden_by_rfc(conditions, one)
    return [], False, False


def read_faults(at: Asked, one: Stored, *, of_copy: bool = False) -> tuple[list[Alternative], bool]:
    """Judge a read's conditions: return the refusals, and whether the answer is left open."""
    prefix = OF_COPIES if of_copy else ""
    conditions = {name: at.headers[prefix + name] for name in READS if prefix + name in at.headers}
    if not conditions:
        return [], False
    if not at.profile.can("conditional-copy" if of_copy else "conditional-read"):
        return [], True
    if not at.profile.rules("precedence") and len(conditions) > 1:
        return [], True
    match of_read(conditions, one, at.now):
        case "failed":
            return [at.refuse("read-conditions", Rule.PRECONDITION)], False
        case "not-modified" if of_copy:
            failed = at.refuse("read-conditions", Rule.PRECONDITION)
            return [failed, at.refuse("read-conditions", Rule.NOT_MODIFIED, grade="allowed")], False
        case "not-modified":
            return [at.refuse("read-conditions", Rule.NOT_MODIFIED)], False
        case "open":
            return [], True
    return [], False
