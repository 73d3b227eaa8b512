"""List the rules that a reduction request, its data, its store or its sender can break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from specs import rules


class Rule(rules.Rule):
    """One rule about reductions."""

    # Rules about the envelope.
    UNKNOWN_PATH = "unknown-path"
    HTTP_FRAMING = "http-framing"
    WRONG_METHOD = "wrong-method"
    ODD_METHOD = "odd-method"
    NOT_JSON = "not-json"
    TOO_LARGE = "too-large"
    CONTENT_TYPE = "content-type"
    FOREIGN_AUTHORIZATION = "foreign-authorization"
    # Rules about single fields.
    UNKNOWN_FIELD = "unknown-field"
    REQUIRED_FIELD_MISSING = "required-field-missing"
    NOT_A_STRING = "not-a-string"
    UNKNOWN_INTERFACE = "unknown-interface"
    NOT_ONE_OF_THE_ALLOWED = "not-one-of-the-allowed"
    NOT_A_BOOLEAN = "not-a-boolean"
    NOT_AN_INTEGER = "not-an-integer"
    OUT_OF_RANGE = "out-of-range"
    NOT_A_LIST = "not-a-list"
    NOT_A_NON_EMPTY_LIST = "not-a-non-empty-list"
    NOT_A_SLICE = "not-start-end-stride"
    STRIDE_0 = "stride-0"
    NOT_A_COMPRESSION = "not-a-compression"
    UNKNOWN_INNER_FIELD = "unknown-inner-field"
    NOT_A_FILTER = "not-a-filter"
    NOT_ONE_KIND_OF_MISSING = "not-exactly-one-kind-of-missing-data"
    WRONG_FORM = "wrong-form"
    NOT_A_NUMBER = "not-a-number"
    # Rules about several fields together.
    SELECTION_WITHOUT_SHAPE = "selection-without-shape"
    SELECTION_LENGTH = "selection-and-shape-differ-in-length"
    AXIS_WITHOUT_SHAPE = "axis-without-shape"
    AXIS_OUT_OF_RANGE = "axis-out-of-range"
    AXIS_REPEATED = "axis-repeated"
    AXES_UNSORTED = "axes-unsorted"
    SIZE_NO_MULTIPLE = "size-is-no-multiple-of-the-item-size"
    SIZE_AGAINST_SHAPE = "size-against-shape"
    MISSING_NOT_OF_DTYPE = "missing-value-not-of-the-dtype"
    MISSING_NOT_REPRESENTABLE = "missing-value-not-representable"
    RANGE_NOT_ASCENDING = "valid-range-not-ascending"
    # Rules about the object's place and the sender.
    UNKNOWN_OPERATION = "unknown-operation"
    NOT_A_URL = "not-a-url"
    NOTHING_THERE = "nothing-there"
    CREDENTIALS = "credentials"
    NO_BUCKETS_NAME = "no-buckets-name"
    NO_SUCH_BUCKET = "no-such-bucket"
    NO_SUCH_OBJECT = "no-such-object"
    NOT_FOUND = "not-found"
    # Rules about the data.
    UNDECODABLE_DATA = "undecodable-data"
    DATA_DOES_NOT_FIT = "data-does-not-fit-the-shape"
    SHORT_READ = "short-read"
    RANGE_BEYOND_THE_OBJECT = "range-beyond-the-object"
    INFLATES_TOO_FAR = "inflates-too-far"
    # Rules that only allow a refusal.
    NUMBER_BEYOND_ALL_RANGE = "a-number-beyond-all-range"
    NESTED_DEEPLY = "nested-deeply"
    FLOAT_FOR_AN_INTEGER = "a-float-where-an-integer-belongs"
    BEYOND_64_BITS = "beyond-64-bits"
    BOUND_BEYOND_64_BITS = "bound-beyond-64-bits"
    MANY_DIMENSIONS = "many-dimensions"
    MANY_FILTERS = "many-filters"
    EMPTY_LIST = "empty-list"
    MISSING_INEXACT = "missing-value-inexact"
    RANGE_OF_ONE_VALUE = "valid-range-of-one-value"
    NOT_CLAIMED = "not-claimed"
    SURPLUS_DATA = "surplus-data"
    BYTES_AFTER_THE_STREAM = "bytes-after-the-stream"
    ELEMENT_SIZE_DOES_NOT_DIVIDE = "element-size-does-not-divide-the-data"
    EMPTY_OBJECT = "empty-object"
    NOTHING_LEFT = "nothing-left"
    NAN = "nan"
    BAD_STORE = "bad-store"

    @property
    def text(self) -> str:
        """Return the rule in words."""
        return _WORDED.get(self, super().text)


# Rules whose text is not their id with spaces for hyphens.
_WORDED: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.HTTP_FRAMING: "HTTP framing",
        Rule.NOT_JSON: "not JSON",
        Rule.NOT_A_NON_EMPTY_LIST: "not a non-empty list",
        Rule.NOT_A_SLICE: "not [start, end, stride]",
        Rule.RANGE_NOT_ASCENDING: "valid_range not ascending",
        Rule.NOT_A_URL: "not a URL",
        Rule.NO_BUCKETS_NAME: "no bucket's name",
        Rule.RANGE_OF_ONE_VALUE: "valid_range of one value",
        Rule.NOT_CLAIMED: "not claimed by the profile",
        Rule.ELEMENT_SIZE_DOES_NOT_DIVIDE: "element_size does not divide the data",
        Rule.NAN: "a NaN",
        Rule.BAD_STORE: "a store that serves badly",
    }
)

# A request that breaks one of these alone may be refused as well as answered.
ALLOWING = frozenset(
    {
        Rule.NUMBER_BEYOND_ALL_RANGE, Rule.NESTED_DEEPLY, Rule.FLOAT_FOR_AN_INTEGER, Rule.BEYOND_64_BITS,
        Rule.BOUND_BEYOND_64_BITS, Rule.MANY_DIMENSIONS, Rule.MANY_FILTERS, Rule.EMPTY_LIST, Rule.MISSING_INEXACT,
        Rule.RANGE_OF_ONE_VALUE, Rule.NOT_CLAIMED, Rule.SURPLUS_DATA, Rule.BYTES_AFTER_THE_STREAM,
        Rule.ELEMENT_SIZE_DOES_NOT_DIVIDE, Rule.EMPTY_OBJECT, Rule.NOTHING_LEFT, Rule.NAN, Rule.BAD_STORE,
        Rule.TOO_LARGE, Rule.CONTENT_TYPE,
    }
)  # fmt: skip

INVALID = "refuses-invalid"
FOREIGN = "foreign-authorization"
# If a request breaks rules of several requirements, the first of these counts. A sender who must not read an object
# gets no values, whatever else is wrong; and a request that is invalid by itself is invalid whatever its data.
ORDER = ("credentials", INVALID, "refuses-unfit-data", "refuses-missing-objects", FOREIGN)
_REQUIREMENTS: Mapping[Rule, str] = MappingProxyType(
    {
        Rule.CREDENTIALS: "credentials",
        Rule.FOREIGN_AUTHORIZATION: FOREIGN,
        Rule.UNDECODABLE_DATA: "refuses-unfit-data",
        Rule.DATA_DOES_NOT_FIT: "refuses-unfit-data",
        Rule.SHORT_READ: "refuses-unfit-data",
        Rule.RANGE_BEYOND_THE_OBJECT: "refuses-unfit-data",
        Rule.NO_SUCH_BUCKET: "refuses-missing-objects",
        Rule.NO_SUCH_OBJECT: "refuses-missing-objects",
        Rule.NOT_FOUND: "refuses-missing-objects",
    }
)


def requirement_of(rule: Rule) -> str:
    """Return the requirement broken by a server that answers a request with values though it breaks the rule."""
    return _REQUIREMENTS.get(rule, INVALID)


def requirement_of_all(rules: Iterable[Rule]) -> str:
    """Return the requirement broken by a server that answers a request with values though it breaks the rules.

    Rules that only allow a refusal do not count beside rules that call for one; of several requirements the first in
    ORDER is broken.
    """
    broken = frozenset(rules)
    decisive = broken - ALLOWING or broken
    return min((requirement_of(rule) for rule in decisive), key=ORDER.index, default=INVALID)
