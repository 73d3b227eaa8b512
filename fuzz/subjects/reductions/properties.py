"""List the properties that a reduction server must have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from fuzz.subject import Property
from specs.reductions.profile import Profile

if TYPE_CHECKING:
    from fuzz.subject import Cases

ROBUST = ("answers", "no-server-error", "discloses-nothing", "error-form")
REFUSING = (*ROBUST, "error-status", "error-names-field", "refuses-invalid")
ANSWERING = (
    *ROBUST, "accepts-valid", "answer-form", "as-bytes", "answer-dtype", "answer-shape", "answer-length", "counts",
    "count-values", "min-values", "max-values", "sum-values", "sum-accuracy", "pairwise-sum", "select-values",
)  # fmt: skip


TELLING = ("credentials", "distrusts-store")
RELATING = (
    ("selection-split", "The parts of a selection combine to the whole."),
    ("window-split", "Windows of offset and size combine to the whole."),
    ("count-over-axis", "Counts over an axis sum to the count."),
    ("all-axes", "All axes listed mean the same as none."),
    ("fortran-transposed", "Fortran order of a shape is C order of its transpose."),
    ("byte-order-swapped", "Data stored in either byte order gives the same answer."),
    ("encoded-plain", "Compressed and filtered data gives the answer of the plain data."),
    ("padding", "Bytes around the data change nothing."),
    ("as-bytes", "Lists and their byte twins say the same."),
    ("s3-http", "An object read over S3 and over HTTP gives the same answer."),
    ("asked-twice", "A request asked twice is answered twice the same."),
    ("select-then-reduce", "What select gives, reduced by NumPy, is what the server's reduction gives."),
)


def _drawn(name: str) -> Callable[[Profile], Cases]:
    """Return the strategy of that name, imported only when a case is drawn, as replaying saved cases needs none."""

    def cases(profile: Profile) -> Cases:
        from strategies.reductions import cases as strategies

        found: Cases = getattr(strategies, name)(profile)
        return found

    return cases


def _related(relation: str) -> Callable[[Profile], Cases]:
    def cases(profile: Profile) -> Cases:
        from strategies.reductions.cases import related

        return related(relation)(profile)

    return cases


_PROPERTIES: tuple[Property, ...] = (
    Property(
        "reduction",
        "A reduction gives NumPy's answer, and says truly what it gives.",
        _drawn("reductions"),
        ANSWERING,
        share=9.0,
    ),
    Property(
        "large-reduction",
        "Large arrays are reduced as well as small ones.",
        _drawn("large_reductions"),
        ANSWERING,
        share=2.0,
    ),
    Property(
        "history",
        "An answer is about what the object holds now, whatever was asked and stored before.",
        _drawn("histories"),
        (*ANSWERING, "refuses-missing-objects"),
        share=1.5,
    ),
    Property(
        "changing",
        "A request about an object that changes meanwhile is answered about one of its versions as a whole.",
        _drawn("changing"),
        (*ANSWERING, "refuses-missing-objects"),
        share=0.7,
    ),
    Property(
        "at-the-same-time",
        "Requests at the same time are each answered as they would be alone.",
        _drawn("at_the_same_time"),
        (*ANSWERING, *REFUSING, "serves-several"),
        share=1.2,
    ),
    Property(
        "credentials",
        "An answer is given only to those who may read the object.",
        _drawn("credentials"),
        (*ANSWERING, "credentials", "error-status"),
        share=1.0,
    ),
    Property(
        "bad-store",
        "Whatever the store sends for an object, the server gives the right values or an error.",
        _drawn("bad_stores"),
        (*ANSWERING, "distrusts-store"),
        share=0.7,
        takes_bad_service=True,
    ),
    Property(
        "malformed",
        "A request that breaks the schema is refused, and the refusal names the field.",
        _drawn("malformed"),
        REFUSING,
        share=4.0,
    ),
    Property(
        "contradiction",
        "A request that contradicts itself or its data is refused.",
        _drawn("contradictions"),
        (*REFUSING, "refuses-unfit-data", "refuses-missing-objects"),
        share=2.5,
    ),
    Property(
        "whole-schema",
        "Requests as the schema alone has them are answered rightly or refused properly.",
        _drawn("whole_schema"),
        (*ANSWERING, *REFUSING),
        share=0.5,
    ),
    Property(
        "spelling",
        "However HTTP, JSON and URLs let a request be written, it is answered as the plain one is.",
        _drawn("spellings"),
        ANSWERING,
        share=2.0,
    ),
    Property(
        "long-list",
        "A list of many entries means what a short one does.",
        _drawn("long_lists"),
        ANSWERING,
        share=0.5,
    ),
    Property(
        "raw",
        "Whatever bytes come as a request, the server answers properly.",
        _drawn("raw"),
        (*REFUSING, "foreign-authorization"),
        share=1.5,
    ),
    Property(
        "abuse",
        "A request that asks for too much is refused or answered in bounded time.",
        _drawn("abuses"),
        (*ANSWERING, *REFUSING, "survives"),
        share=0.7,
    ),
    *(
        Property(name, sentence, _related(name), (*ANSWERING, f"relation-{name}"), share=0.2)
        for name, sentence in RELATING
    ),
)


def essentials(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the main requirements of a property: its relation and refusals, or else accepting valid requests."""
    telling = [name for name in requirements if name.startswith(("relation-", "refuses-")) or name in TELLING]
    return tuple(dict.fromkeys(telling)) or ("accepts-valid",)


PROPERTIES = tuple(
    replace(one, tells=essentials(one.requirements), answers_hang_on_fields="refuses-invalid" not in one.requirements)
    for one in _PROPERTIES
)
