"""Define violations: a requirement broken, with the expected and the actual outcome, and how they differ."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Literal

from specs.rules import Rule, in_order


class Way(StrEnum):
    """The way in which an outcome is wrong."""

    SILENT = "silent"  # no answer in time
    DROPPED = "dropped"  # no proper answer: closed, reset, refused connection, truncated, garbled, too long
    SERVER_ERROR = "server-error"  # a 5xx where values or a client error are due
    REFUSED = "refused"  # a valid request that got no values
    ACCEPTED = "accepted"  # values where a refusal is due
    STATUS = "status"  # a refusal with another status than those allowed
    FORM = "form"  # an answer or an error that is not of the API's form
    UNNAMED = "unnamed"  # an error that does not name the field at fault
    DISCLOSES = "discloses"  # an error that gives something away
    VALUES = "values"  # an answer's dtype, shape, length, counts or values
    DISAGREES = "disagrees"  # answers that do not agree with each other


class Aspect(StrEnum):
    """The part of an outcome that is wrong, if its way does not say enough."""

    NONE = ""
    # Aspects of an outcome that is no proper answer.
    CLOSED = "closed"
    RESET = "reset"
    CONNECTION_REFUSED = "refused"
    GARBLED = "garbled"
    TRUNCATED = "truncated"
    TOO_LONG = "too-long"
    GONE = "gone"
    # Aspects of a disclosure.
    SECRET = "secret"
    INSIDES = "insides"
    # Aspects of a wrong form.
    NO_CONTENT_TYPE = "no-content-type"
    CONTENT_TYPE = "content-type"
    NOT_JSON = "not-json"
    NO_MESSAGE = "no-message"
    CAUSED_BY = "caused-by"
    NOT_CBOR = "not-cbor"
    SURPLUS_BYTES = "surplus-bytes"
    NOT_A_MAP = "not-a-map"
    KEYS = "keys"
    HEADER_MISSING = "header-missing"
    BYTE_ORDER = "byte-order"
    BYTES = "bytes"
    SHAPE_AS_BYTES = "shape-as-bytes"
    COUNT_AS_BYTES = "count-as-bytes"
    SHAPE_OPTION_IGNORED = "shape-option-ignored"
    COUNT_OPTION_IGNORED = "count-option-ignored"
    SHAPE_TWIN_UNASKED = "shape-twin-unasked"
    COUNT_TWIN_UNASKED = "count-twin-unasked"
    # Aspects of wrong values, and of answers that disagree.
    DTYPE = "dtype"
    SHAPE = "shape"
    LENGTH = "length"
    COUNTS = "counts"
    VALUES = "values"
    NAN = "nan"
    ZERO_SIGN = "zero-sign"
    INEXACT = "inexact"
    PAIRWISE = "pairwise"
    STATUSES = "statuses"
    # The name missing in an error is neither a field of the API nor upstream's code.
    NAME_OF_AN_UNKNOWN_FIELD = "unknown-field"


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken requirement; `way`, `rules`, `status` and `aspect` tell failures apart, the texts are for people.

    `rules` are those that the request breaks. `aspect` is a value of Aspect; of an error that does not name what is
    at fault it is the API's field or upstream's code. `besides` are further aspects of the same answer that are wrong.
    """

    requirement: str
    title: str
    expected: str
    actual: str
    _: KW_ONLY
    way: Way = Way.VALUES
    rules: frozenset[Rule] = frozenset()
    status: int | None = None
    aspect: str = Aspect.NONE
    severity: Literal["failure", "warning"] = "failure"
    step: int = -1
    besides: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the stable ids of the failure: way, status, aspect, and the rules in their order."""
        status = "" if self.status is None else str(self.status)
        rules = (rule.value for rule in in_order(self.rules))
        return tuple(one for one in (self.way.value, status, str(self.aspect), *rules) if one)
