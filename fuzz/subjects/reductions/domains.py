"""List the feature values that reduction requests can have, and the pairs of values that no request combines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from specs.reductions import dtypes, request
from specs.reductions.profile import Profile
from specs.spellings import OF_FRACTIONS, OF_LETTERS, OF_URLS, SPELLINGS

ANY: tuple[str, ...] = ()
RANKS = ("none", "1", "2", "3", "4", "5", "6")
FLOAT_VALUES = ("nan", "infinite", "subnormal", "negative zero")


@dataclass(frozen=True, slots=True)
class Excluded:
    """Pairs of feature values that no request combines: `values` of `feature` with `others` of `other`.

    Empty `others` stand for every value of the other feature, an empty `other` for every feature.
    """

    feature: str
    values: tuple[str, ...]
    other: str
    others: tuple[str, ...]
    reason: str

    def covers(self, one: tuple[str, str], two: tuple[str, str]) -> bool:
        return (self.concerns(one) and self.forbids(two)) or (self.concerns(two) and self.forbids(one))

    def concerns(self, one: tuple[str, str]) -> bool:
        return one[0] == self.feature and one[1] in self.values

    def forbids(self, other: tuple[str, str]) -> bool:
        """Say whether no request combines this value with those that the rule concerns."""
        return self.other in (other[0], "") and (not self.others or other[1] in self.others)


def spellings(claims: Profile) -> tuple[str, ...]:
    """Return the unusual spellings that change some request of the profile."""
    fractions = bool(claims.missing_kinds) and bool(set(claims.dtypes) & set(dtypes.FLOATS))
    lacking = (*(OF_LETTERS if claims.api == "v2" else OF_URLS), *(() if fractions else OF_FRACTIONS))
    return tuple(one for one in SPELLINGS if one not in lacking)


def domains(claims: Profile) -> dict[str, tuple[str, ...]]:
    """Return the values of each feature that the profile's requests can have."""
    selects = claims.selections
    reverse = ("reversed", "reversed wide", "reversed beyond") if claims.negative_strides else ()
    forms = claims.axis_forms
    lists = ("one", "several", "all") if "list" in forms else ()
    codecs = tuple(
        one for name in claims.compressions for one in ((name, "gzip members") if name == "gzip" else (name,))
    )
    public = claims.anonymous or "http" in claims.interfaces
    found = {
        "operation": claims.operations,
        "dtype": claims.dtypes,
        "byte_order": ("absent", *claims.byte_orders),
        "order": ("absent", *claims.orders),
        "rank": RANKS,
        "axis": ("absent", *(one for one in AXES if one in lists or one in forms)),
        "selection bounds": ("absent", *(("inside", "negative", "clamped", "far") if selects else ())),
        "selection stride": ("absent", *(("one", "wide", "beyond", *reverse) if selects else ())),
        "selection selects": ("absent", *(("everything", "some", "nothing") if selects else ())),
        "missing": ("absent", *claims.missing_kinds),
        "occurs": ("absent", *(OCCURRENCES if claims.missing_kinds else ())),
        "compression": ("none", *codecs),
        "filters": ("none", *claims.filters, *(("two",) if claims.filters else ())),
        "element_size": ("none", *(("item size", "1", "other") if claims.filters else ())),
        "offset": ("absent", "zero", "aligned", "unaligned"),
        "after": ("nothing", "bytes", *(("zeros",) if "gzip" in claims.compressions else ())),
        "size": ("absent", "given"),
        "nulls": ("none", "some"),
        "interface": claims.interfaces,
        "bucket": ("private", "public") if public else ("private",),
        "credentials": ("owner", "none") if public else ("owner",),
        "spelling": ("plainly", *spellings(claims)),
        "elements": ("none", "1", "2 to 16", "17 to 256", "257 to 8192", "over 8192"),
        "values": (
            "none", *FLOAT_VALUES, "extremes", "beyond narrower", "constant", "distinct", "ordinary",
        ),
        "signs": ("none", "positive", "negative", "mixed"),
    }  # fmt: skip
    for name in request.OPTIONS:
        found[name.removeprefix("option_")] = ("absent", *(("true", "false") if name in claims.options else ()))
    return found


NO_SHAPE = "needs a shape"
NO_BYTES = "an object without bytes is read whole, as it is"
ONE_FIELD = "two sides of one field"
ONE_ELEMENT = "one element is not several"
PUBLIC_ONLY = "without credentials only public objects can be read"
INTEGERS = tuple(name for name in dtypes.NAMES if name in dtypes.INTEGERS)
BOUNDS = ("inside", "negative", "clamped", "far")
STRIDES = ("one", "wide", "beyond", "reversed", "reversed wide", "reversed beyond")
SELECTS = ("everything", "some", "nothing")
SELECTION = {"selection bounds": BOUNDS, "selection stride": STRIDES, "selection selects": SELECTS}
AXES = ("integer", "one", "several", "all", "empty")
KINDS = request.MISSING_KINDS
OCCURRENCES = ("none", "some", "all but one", "all")
EXCLUDED = (
    *(Excluded("rank", ("none",), name, values, NO_SHAPE) for name, values in SELECTION.items()),
    Excluded("rank", ("none",), "axis", AXES, NO_SHAPE),
    Excluded("rank", ("1",), "axis", ("one", "several"), "one axis of one is all of them"),
    Excluded("rank", ("2",), "axis", ("several",), "two axes of two are all of them"),
    *(Excluded(a, ("absent",), b, SELECTION[b], ONE_FIELD) for a in SELECTION for b in SELECTION if a != b),
    Excluded("selection stride", ("wide", "reversed wide"), "selection selects", ("everything",), "it leaves some out"),
    Excluded("missing", ("absent",), "occurs", OCCURRENCES, ONE_FIELD),
    Excluded("missing", KINDS, "occurs", ("absent",), ONE_FIELD),
    Excluded("filters", ("none",), "element_size", ("item size", "1", "other"), ONE_FIELD),
    Excluded("filters", ("two", *request.FILTERS), "element_size", ("none",), ONE_FIELD),
    Excluded("bucket", ("private",), "credentials", ("none",), PUBLIC_ONLY),
    Excluded("dtype", INTEGERS, "values", FLOAT_VALUES, "integers have no such value"),
    Excluded("dtype", ("uint32", "uint64"), "signs", ("negative",), "unsigned integers are not negative"),
    Excluded("values", ("nan", "negative zero"), "signs", ("positive", "negative"), "NaN and zero have no sign here"),
    Excluded("compression", ("none", "zlib", "blosc2"), "after", ("zeros",), "only gzip streams are padded"),
    Excluded("occurs", ("all",), "values", ("nan",), "NaN is never missing"),
    Excluded("occurs", ("some", "all but one"), "values", ("constant",), "equal elements are missing together"),
    Excluded("missing", ("missing_value",), "occurs", ("all",), "would need equal elements: too few of them to ask"),
    Excluded("elements", ("1",), "values", ("distinct", "ordinary"), ONE_ELEMENT),
    Excluded("elements", ("1",), "occurs", ("some", "all but one"), ONE_ELEMENT),
    Excluded("elements", ("1",), "selection selects", ("some",), ONE_ELEMENT),
    Excluded("elements", ("1",), "selection stride", ("wide", "reversed wide"), ONE_ELEMENT),
    Excluded("elements", ("none",), "", ANY, NO_BYTES),
    Excluded("values", ("none",), "", ANY, NO_BYTES),
    Excluded("signs", ("none",), "", ANY, NO_BYTES),
    Excluded("spelling", tuple(SPELLINGS), "", ANY, "unusual spellings are tried with few requests: each is enough"),
    Excluded("elements", ("over 8192",), "", ANY, "large objects are slow, hence rare; each value of theirs is enough"),
)  # fmt: skip


@cache
def _concerned(value: tuple[str, str]) -> tuple[tuple[int, Excluded], ...]:
    """List the rules that concern a value of a feature, each with its place among all."""
    return tuple((place, rule) for place, rule in enumerate(EXCLUDED) if rule.concerns(value))


def excluded(one: tuple[str, str], two: tuple[str, str]) -> str:
    """Return the reason why no request combines the pair, of several the first; empty where requests do."""
    found = [
        (place, rule.reason) for a, b in ((one, two), (two, one)) for place, rule in _concerned(a) if rule.forbids(b)
    ]
    return min(found)[1] if found else ""
