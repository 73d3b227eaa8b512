"""Decide which requests must be refused, and why; parse the others. Independent of generators and schemas."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from specs.reductions import dtypes
from specs.reductions.locators import LOCATORS
from specs.reductions.profile import Profile
from specs.reductions.request import COMPRESSIONS, FILTERS, MISSING_KINDS, OPTIONS, Filter, Missing, Request
from specs.reductions.rules import Rule

BODY_FIELDS = (
    "dtype", "byte_order", "offset", "size", "shape", "axis", "order", "selection", "compression", "filters", "missing",
)  # fmt: skip
KNOWN_FIELDS = {
    "v1": frozenset({*LOCATORS["v1"], *BODY_FIELDS}),
    "v2": frozenset({*LOCATORS["v2"], *BODY_FIELDS, *OPTIONS}),
}
# The names that an error may have to hold; other names are made up by requests.
NAMES_OF_THE_API = frozenset(
    {*LOCATORS["v1"], *LOCATORS["v2"], *BODY_FIELDS, *OPTIONS, "id", "element_size", "NoSuchKey", "NoSuchBucket", "nan"}
)
MOST_DIMENSIONS = 32
FILTERS_ALL_TAKE = 16
NESTED_ALL_TAKE = 30
FAR = 2**63
BEYOND_ALL_FLOATS = 2**1024
# Values of these types are neither numbers that readers differ on nor do they hold any.
_PLAIN = {int, str, bool, type(None)}


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that a request breaks; `words` are names of which the error's text must hold one."""

    rule: Rule
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """A parsed request, the faults that forbid an answer, and the doubts that allow a refusal."""

    request: Request | None
    faults: tuple[Fault, ...]
    doubts: tuple[Fault, ...]


@dataclass(slots=True)
class _Notes:
    faults: list[Fault] = field(default_factory=list)
    doubts: list[Fault] = field(default_factory=list)

    def fault(self, rule: Rule, *words: str) -> None:
        self.faults.append(Fault(rule, words))

    def doubt(self, rule: Rule, *words: str) -> None:
        self.doubts.append(Fault(rule, words))


def read_request(operation: str, body: Mapping[str, Any], profile: Profile) -> ReadRequest:
    """Read the body of a request, locating fields included, by the profile's version of the API."""
    notes = _Notes()
    known = KNOWN_FIELDS[profile.api]
    for name in body:
        if name not in known:
            notes.fault(Rule.UNKNOWN_FIELD, name)
    given = {name: value for name, value in body.items() if value is not None and name in known}
    _locators(given, profile, notes)
    values = {name: reader(given, notes) for name, reader in _READERS.items()}
    for name in OPTIONS:
        if name in given and not isinstance(given[name], bool):
            notes.fault(Rule.NOT_A_BOOLEAN, name)
    _doubt_readability(body, notes)
    if notes.faults and not _only_axis(operation, notes):
        return ReadRequest(None, tuple(notes.faults), (*notes.doubts, *_further_faults(operation, values)))
    request = Request(
        operation=operation,
        **{**values, "byte_order": values["byte_order"] or profile.native_byte_order},
        disable_chunk_cache=bool(given.get(OPTIONS[0], False)),
        shape_as_bytes=bool(given.get(OPTIONS[1], False)),
        count_as_bytes=bool(given.get(OPTIONS[2], False)),
    )
    _contradictions(request, notes)
    if operation == "select":
        _forgive_axis(notes)
    return ReadRequest(None if notes.faults else request, tuple(notes.faults), tuple(notes.doubts))


def _further_faults(operation: str, values: Mapping[str, Any]) -> list[Fault]:
    """List contradictions with fields that are at fault already, since an error may name these as well."""
    further = _Notes()
    known = {**values, "dtype": values["dtype"] or "int32", "byte_order": values["byte_order"] or "little"}
    _contradictions(Request(operation=operation, **known), further)
    return further.faults + further.doubts


def _doubt_readability(body: Mapping[str, Any], notes: _Notes) -> None:
    """Doubt numbers and nesting beyond JSON readers' limits; such a reader's error names no field."""
    level: list[Any] = list(body.values())
    for _ in range(NESTED_ALL_TAKE):
        if set(map(type, level)) <= _PLAIN:
            return
        inner: list[Any] = []
        for one in level:
            if type(one) in _PLAIN:
                continue
            if isinstance(one, float) and not math.isfinite(one):
                notes.doubt(Rule.NUMBER_BEYOND_ALL_RANGE)
            elif isinstance(one, list):
                inner += one
            elif isinstance(one, dict):
                inner += one.values()
        level = inner
        if not level:
            return
    notes.doubt(Rule.NESTED_DEEPLY)


def _only_axis(operation: str, notes: _Notes) -> bool:
    return operation == "select" and all(fault.words[0] == "axis" for fault in notes.faults)


def _forgive_axis(notes: _Notes) -> None:
    notes.doubts += [fault for fault in notes.faults if fault.words[0] == "axis"]
    notes.faults = [fault for fault in notes.faults if fault.words[0] != "axis"]


def _locators(given: Mapping[str, Any], profile: Profile, notes: _Notes) -> None:
    for name in LOCATORS[profile.api]:
        if name not in given:
            notes.fault(Rule.REQUIRED_FIELD_MISSING, name)
        elif not isinstance(given[name], str):
            notes.fault(Rule.NOT_A_STRING, name)
    interface = given.get("interface_type")
    if isinstance(interface, str) and interface not in ("s3", "http", "https"):
        notes.fault(Rule.UNKNOWN_INTERFACE, "interface_type")


def _dtype(given: Mapping[str, Any], notes: _Notes) -> str | None:
    if "dtype" not in given:
        notes.fault(Rule.REQUIRED_FIELD_MISSING, "dtype")
    return _one_of("dtype", dtypes.NAMES, given, notes)


def _one_of(name: str, allowed: Sequence[str], given: Mapping[str, Any], notes: _Notes) -> str | None:
    value = given.get(name)
    if value is None or (isinstance(value, str) and value in allowed):
        return value
    notes.fault(Rule.NOT_ONE_OF_THE_ALLOWED, name)
    return None


def _integer(value: Any, least: int | None, notes: _Notes, *words: str) -> int | None:
    """Read an integer of at least that much; a float without fraction is a doubt, as JSON readers differ.

    A number beyond all floats, such as 1e400, has no fraction either.
    """
    if isinstance(value, float) and (math.isinf(value) or value.is_integer()):
        notes.doubt(Rule.FLOAT_FOR_AN_INTEGER, *words)
        value = int(value) if math.isfinite(value) else int(math.copysign(1, value)) * BEYOND_ALL_FLOATS
    if isinstance(value, bool) or not isinstance(value, int):
        notes.fault(Rule.NOT_AN_INTEGER, *words)
    elif least is not None and value < least:
        notes.fault(Rule.OUT_OF_RANGE, *words)
    else:
        if value >= FAR and least is not None:
            notes.doubt(Rule.BEYOND_64_BITS, *words)
        return value
    return None


def _integers(values: Sequence[Any], least: int, notes: _Notes, word: str) -> tuple[int, ...]:
    """Read integers of at least that much; those at fault become 0."""
    if set(map(type, values)) == {int} and min(values) >= least and max(values) < FAR:
        return tuple(values)
    return tuple(_integer(one, least, notes, word) or 0 for one in values)


def _offset(given: Mapping[str, Any], notes: _Notes) -> int:
    return _integer(given.get("offset", 0), 0, notes, "offset") or 0


def _size(given: Mapping[str, Any], notes: _Notes) -> int | None:
    return _integer(given["size"], 1, notes, "size") if "size" in given else None


def _shape(given: Mapping[str, Any], notes: _Notes) -> tuple[int, ...] | None:
    shape = given.get("shape")
    if shape is None:
        return None
    if not isinstance(shape, list) or not shape:
        notes.fault(Rule.NOT_A_NON_EMPTY_LIST, "shape")
        return None
    if len(shape) > MOST_DIMENSIONS:
        notes.doubt(Rule.MANY_DIMENSIONS, "shape")
    return _integers(shape, 1, notes, "shape")


def _axis(given: Mapping[str, Any], notes: _Notes) -> tuple[int, ...] | None:
    axis = given.get("axis")
    if axis is None:
        return None
    return _integers(axis if isinstance(axis, list) else [axis], 0, notes, "axis")


def _selection(given: Mapping[str, Any], notes: _Notes) -> tuple[tuple[int, int, int], ...] | None:
    selection = given.get("selection")
    if selection is None:
        return None
    if not isinstance(selection, list) or not selection:
        notes.fault(Rule.NOT_A_NON_EMPTY_LIST, "selection")
        return None
    slices = []
    for one in selection:
        if not isinstance(one, list) or len(one) != 3:
            notes.fault(Rule.NOT_A_SLICE, "selection")
            continue
        start, end, stride = (_integer(bound, None, notes, "selection") for bound in one)
        if stride == 0:
            notes.fault(Rule.STRIDE_0, "selection", "stride")
        if any(bound is not None and not -FAR <= bound < FAR for bound in (start, end, stride)):
            notes.doubt(Rule.BOUND_BEYOND_64_BITS, "selection")
        slices.append((start or 0, end or 0, stride or 1))
    return tuple(slices)


def _compression(given: Mapping[str, Any], notes: _Notes) -> str | None:
    compression = given.get("compression")
    if compression is None:
        return None
    if not isinstance(compression, dict) or compression.get("id") not in COMPRESSIONS:
        notes.fault(Rule.NOT_A_COMPRESSION, "compression", "id", *_names(compression))
        return None
    _only(("id",), compression, notes, "compression")
    return str(compression["id"])


def _only(known: Collection[str], given: Mapping[str, Any], notes: _Notes, place: str) -> None:
    """Note a fault if a field's object holds other names than the known ones."""
    if not given.keys() <= set(known):
        notes.fault(Rule.UNKNOWN_INNER_FIELD, place, *_names(given))


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, dict) else ()


def _filters(given: Mapping[str, Any], notes: _Notes) -> tuple[Filter, ...]:
    filters = given.get("filters")
    if filters is None:
        return ()
    if not isinstance(filters, list):
        notes.fault(Rule.NOT_A_LIST, "filters")
        return ()
    if not filters:
        notes.doubt(Rule.EMPTY_LIST, "filters")
    if len(filters) > FILTERS_ALL_TAKE:
        notes.doubt(Rule.MANY_FILTERS, "filters")
    return tuple(one for one in (_filter(item, notes) for item in filters) if one is not None)


def _filter(item: Any, notes: _Notes) -> Filter | None:
    if not isinstance(item, dict) or item.get("id") not in FILTERS or "element_size" not in item:
        notes.fault(Rule.NOT_A_FILTER, "filters", "id", "element_size", *_names(item))
        return None
    _only(("id", "element_size"), item, notes, "filters")
    size = _integer(item["element_size"], 1, notes, "element_size", "filters")
    return Filter(item["id"], size or 1)


def _missing(given: Mapping[str, Any], notes: _Notes) -> Missing | None:
    missing = given.get("missing")
    if missing is None:
        return None
    kinds = [kind for kind in missing if kind in MISSING_KINDS] if isinstance(missing, dict) else []
    if len(kinds) != 1:
        notes.fault(Rule.NOT_ONE_KIND_OF_MISSING, "missing", *_names(missing))
        return None
    _only(kinds, missing, notes, "missing")
    kind = kinds[0]
    value = missing[kind]
    values = value if kind in ("missing_values", "valid_range") else [value]
    if not isinstance(values, list) or (kind == "valid_range" and len(values) != 2):
        notes.fault(Rule.WRONG_FORM, "missing", kind)
        return None
    if any(issubclass(kind, bool) or not issubclass(kind, int | float) for kind in set(map(type, values))):
        notes.fault(Rule.NOT_A_NUMBER, "missing", kind)
        return None
    if not values:
        notes.doubt(Rule.EMPTY_LIST, "missing", kind)
    return Missing(kind, tuple(values))


_READERS: Mapping[str, Callable[[Mapping[str, Any], _Notes], Any]] = {
    "dtype": _dtype,
    "byte_order": lambda given, notes: _one_of("byte_order", ("big", "little"), given, notes),
    "offset": _offset,
    "size": _size,
    "shape": _shape,
    "axis": _axis,
    "order": lambda given, notes: _one_of("order", ("C", "F"), given, notes) or "C",
    "selection": _selection,
    "compression": _compression,
    "filters": _filters,
    "missing": _missing,
}


def _contradictions(request: Request, notes: _Notes) -> None:
    _selection_against_shape(request, notes)
    _axis_against_shape(request, notes)
    _size_against_shape(request, notes)
    _missing_against_dtype(request, notes)


def _selection_against_shape(request: Request, notes: _Notes) -> None:
    if request.selection is None:
        return
    if request.shape is None:
        notes.fault(Rule.SELECTION_WITHOUT_SHAPE, "selection", "shape")
    elif len(request.selection) != len(request.shape):
        notes.fault(Rule.SELECTION_LENGTH, "selection", "shape")


def _axis_against_shape(request: Request, notes: _Notes) -> None:
    if request.axis is None:
        return
    if request.shape is None:
        notes.fault(Rule.AXIS_WITHOUT_SHAPE, "axis", "shape")
    elif any(one >= len(request.shape) for one in request.axis):
        notes.fault(Rule.AXIS_OUT_OF_RANGE, "axis", "axes", "shape")
    if len(set(request.axis)) < len(request.axis):
        notes.fault(Rule.AXIS_REPEATED, "axis", "axes")
    elif list(request.axis) != sorted(request.axis):
        notes.fault(Rule.AXES_UNSORTED, "axis", "axes")


def _size_against_shape(request: Request, notes: _Notes) -> None:
    if request.size is None or request.compression is not None:
        return
    item_size = dtypes.ITEM_SIZES[request.dtype]
    if request.shape is None:
        if request.size % item_size:
            notes.fault(Rule.SIZE_NO_MULTIPLE, "size", "dtype")
    elif request.size != math.prod(request.shape) * item_size:
        notes.fault(Rule.SIZE_AGAINST_SHAPE, "size", "shape")


def _missing_against_dtype(request: Request, notes: _Notes) -> None:
    if request.missing is None:
        return
    words = ("missing", request.missing.kind, "dtype")
    # Integers of the dtype are what they are rounded to.
    exact = dtypes.is_of_integers(request.missing.values, request.dtype)
    rounded: list[Any] = [*request.missing.values] if exact else []
    for value in () if exact else request.missing.values:
        if isinstance(value, float) and request.dtype in dtypes.INTEGERS:
            notes.fault(Rule.MISSING_NOT_OF_DTYPE, *words)
            return
        infinite = isinstance(value, float) and not math.isfinite(value)
        near = None if infinite else dtypes.nearest(value, request.dtype)
        if near is None:
            notes.fault(Rule.MISSING_NOT_REPRESENTABLE, *words)
            return
        rounded.append(near)
        if _inexact(value, near.item(), request.dtype):
            notes.doubt(Rule.MISSING_INEXACT, *words)
    if request.missing.kind == "valid_range":
        low, high = request.missing.values
        if not _ascending(low, high):
            notes.fault(Rule.RANGE_NOT_ASCENDING, *words)
        elif rounded[0] == rounded[1]:
            notes.doubt(Rule.RANGE_OF_ONE_VALUE, *words)


def _ascending(low: int | float, high: int | float) -> bool:
    if type(low) is type(high):
        return low < high
    return dtypes.exact(low) < dtypes.exact(high)


def _inexact(value: int | float, near: int | float, dtype: str) -> bool:
    """Say whether rounding to the dtype changes a number; a float64 counts as its shortest decimal."""
    return near != value and (dtype == "float32" or dtypes.exact(near) != dtypes.exact(value))
