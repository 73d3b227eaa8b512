"""The registry: every property that a server is held to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis.strategies import SearchStrategy

from specs.case import Case
from specs.reductions.access import StoreFacts
from specs.reductions.profile import Profile
from strategies.reductions import cases

ROBUST = ("answers", "no-server-error", "discloses-nothing", "error-form")
REFUSING = (*ROBUST, "error-status", "error-names-field", "refuses-invalid")
ANSWERING = (
    *ROBUST, "accepts-valid", "answer-form", "as-bytes", "answer-dtype", "answer-shape", "answer-length", "counts",
    "count-values", "min-values", "max-values", "sum-values", "sum-accuracy", "pairwise-sum", "select-values",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """What is tried, which requirements it checks, its share of a run's time, and what it takes of the store."""

    name: str
    sentence: str
    cases: Callable[[Profile], SearchStrategy[Case]]
    requirements: tuple[str, ...]
    share: float = 1.0
    takes_bad_service: bool = False


ANY_STORE = StoreFacts()
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

PROPERTIES: tuple[Property, ...] = (
    Property(
        "reduction",
        "A reduction gives NumPy's answer, and says truly what it gives.",
        cases.reductions,
        ANSWERING,
        share=9.0,
    ),
    Property(
        "large-reduction",
        "Large arrays are reduced as well as small ones.",
        cases.large_reductions,
        ANSWERING,
        share=2.0,
    ),
    Property(
        "history",
        "An answer is about what the object holds now, whatever was asked and stored before.",
        cases.histories,
        (*ANSWERING, "refuses-missing-objects"),
        share=1.5,
    ),
    Property(
        "at-the-same-time",
        "Requests at the same time are each answered as they would be alone.",
        cases.at_the_same_time,
        (*ANSWERING, *REFUSING, "serves-several"),
        share=1.2,
    ),
    Property(
        "credentials",
        "An answer is given only to those who may read the object.",
        cases.credentials,
        (*ANSWERING, "credentials", "error-status"),
        share=1.0,
    ),
    Property(
        "bad-store",
        "Whatever the store sends for an object, the server gives the right values or an error.",
        cases.bad_stores,
        (*ANSWERING, "distrusts-store"),
        share=0.7,
        takes_bad_service=True,
    ),
    Property(
        "malformed",
        "A request that breaks the schema is refused, and the refusal names the field.",
        cases.malformed,
        REFUSING,
        share=4.0,
    ),
    Property(
        "contradiction",
        "A request that contradicts itself or its data is refused.",
        cases.contradictions,
        (*REFUSING, "refuses-unfit-data", "refuses-missing-objects"),
        share=2.5,
    ),
    Property(
        "whole-schema",
        "Requests as the schema alone has them are answered rightly or refused properly.",
        cases.whole_schema,
        (*ANSWERING, *REFUSING),
        share=0.5,
    ),
    Property(
        "raw",
        "Whatever bytes come as a request, the server answers properly.",
        cases.raw,
        (*REFUSING, "foreign-authorization"),
        share=1.5,
    ),
    Property(
        "abuse",
        "A request that asks for too much is refused or answered in bounded time.",
        cases.abuses,
        (*ANSWERING, *REFUSING, "survives"),
        share=0.7,
    ),
    *(
        Property(name, sentence, cases.related(name), (*ANSWERING, f"relation-{name}"), share=0.2)
        for name, sentence in RELATING
    ),
)


def unclaimed(one: Property, profile: Profile, store: StoreFacts = ANY_STORE) -> str:
    """Why a property says nothing about a server of that profile with that store; empty where it does."""
    if one.takes_bad_service and not store.misserves:
        return "the store serves every object well; the one in memory can do otherwise"
    try:
        one.cases(profile)
    except cases.NotClaimed as error:
        return str(error)
    return ""
