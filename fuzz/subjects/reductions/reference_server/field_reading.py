"""Read the fields of a JSON object into a reduction, each by itself."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from fuzz.subjects.reductions.reference_server.exact_numbers import nearest
from fuzz.subjects.reductions.reference_server.place_reading import PlaceReading
from fuzz.subjects.reductions.reference_server.reduction import DTYPES, ByteOrder, Filter, Missing, Order, Reduction
from fuzz.subjects.reductions.reference_server.refusal import SHOWN_CHARACTERS, Refusal, bad_field, cut, shown

REQUIRED = {1: ("source", "bucket", "object", "dtype"), 2: ("interface_type", "url", "dtype")}
OPTIONAL = (
    "byte_order",
    "offset",
    "size",
    "shape",
    "axis",
    "order",
    "selection",
    "compression",
    "filters",
    "missing",
)
OPTIONS = ("option_disable_chunk_cache", "option_shape_as_bytes", "option_count_as_bytes")
BYTE_ORDERS: Mapping[str, ByteOrder] = {"little": "little", "big": "big"}
ORDERS: Mapping[str, Order] = {"C": "C", "F": "F"}
COMPRESSIONS = ("gzip", "zlib", "blosc2")
FILTERS = ("shuffle", "shuffle_simd")
MISSING_RULES = ("missing_value", "missing_values", "valid_min", "valid_max", "valid_range")
INT64_MAX = 2**63 - 1


class FieldReading(PlaceReading):
    """Checks types, names and ranges of single fields; rules about several fields are checked later."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Reduction:
        """Return the body's fields, with what was left out filled in."""
        required = self.required_fields(version)
        given = self.read_fields("", body, required, (*OPTIONAL, *self.option_fields(version)))
        dtype = self.read_choice("dtype", given["dtype"], DTYPES)
        return Reduction(
            version=version,
            operation=operation,
            place=self.read_place(version, given),
            dtype=dtype,
            byte_order=self.read_byte_order(given),
            offset=self.read_integer("offset", given.get("offset", 0), 0),
            size=self.read_integer("size", given["size"], 1) if "size" in given else None,
            shape=self.read_shape(given["shape"]) if "shape" in given else None,
            axis=self.read_axis(given["axis"]) if "axis" in given else None,
            order=self.read_order(given),
            selection=self.read_selection(given["selection"]) if "selection" in given else None,
            compression=self.read_compression(given["compression"]) if "compression" in given else None,
            filters=self.read_filters(given["filters"]) if "filters" in given else (),
            missing=self.read_missing(given["missing"], dtype) if "missing" in given else None,
            disable_chunk_cache=self.read_option(given, "option_disable_chunk_cache"),
            shape_as_bytes=self.read_option(given, "option_shape_as_bytes"),
            count_as_bytes=self.read_option(given, "option_count_as_bytes"),
        )

    def required_fields(self, version: int) -> tuple[str, ...]:
        """Return the names of the fields that no request may leave out."""
        return REQUIRED[version]

    def option_fields(self, version: int) -> tuple[str, ...]:
        """Return the options that a version of the API has."""
        return OPTIONS if version >= 2 else ()

    def read_fields(
        self, place: str, value: object, required: Collection[str], optional: Collection[str]
    ) -> dict[str, Any]:
        """Return the fields of an object, without those that are left out by a null."""
        if not isinstance(value, dict):
            raise bad_field(place, "an object", value)
        self.refuse_unknown_fields(place, value, (*required, *optional))
        given = {name: item for name, item in value.items() if item is not None or name in required}
        for name in required:
            if name not in given:
                raise Refusal(400, f"{within(place, name)}: is missing")
        return given

    def refuse_unknown_fields(self, place: str, value: Mapping[str, Any], known: Collection[str]) -> None:
        """Refuse unknown fields, as one may be a misspelt field that matters."""
        for name in value:
            if name not in known:
                field = within(place, cut(name, SHOWN_CHARACTERS))
                raise Refusal(400, f"{field}: is an unknown field; known are {', '.join(known)}")

    def read_choice(self, field: str, value: object, choices: Collection[str]) -> str:
        """Read a text that is one of a few words."""
        if not isinstance(value, str) or value not in choices:
            raise bad_field(field, "one of " + ", ".join(choices), value)
        return value

    def read_integer(self, field: str, value: object, least: int) -> int:
        """Read an integer from `least` to the largest of 64 bits."""
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= INT64_MAX:
            raise bad_field(field, f"an integer of {least} to 2^63 - 1", value)
        return value

    def read_option(self, given: Mapping[str, Any], field: str) -> bool:
        """Read a boolean that is false unless given."""
        value = given.get(field, False)
        if not isinstance(value, bool):
            raise bad_field(field, "true or false", value)
        return value

    def read_byte_order(self, given: Mapping[str, Any]) -> ByteOrder:
        """Return the byte order of the stored data."""
        if "byte_order" not in given:
            return self.default_byte_order()
        return BYTE_ORDERS[self.read_choice("byte_order", given["byte_order"], BYTE_ORDERS)]

    def default_byte_order(self) -> ByteOrder:
        """Return the server's own byte order."""
        return "little" if np.little_endian else "big"

    def read_order(self, given: Mapping[str, Any]) -> Order:
        """Return the layout of the data in memory."""
        return ORDERS[self.read_choice("order", given.get("order", self.default_order()), ORDERS)]

    def default_order(self) -> Order:
        """Return C order, in which the last axis varies fastest."""
        return "C"

    def read_shape(self, value: object) -> tuple[int, ...]:
        """Read a length for each of one or more dimensions."""
        if not isinstance(value, list) or not value:
            raise bad_field("shape", "a non-empty list of integers", value)
        if len(value) > self.limits.rank:
            raise bad_field("shape", f"a list of at most {self.limits.rank} dimensions", value)
        return tuple(self.read_integer(f"shape[{place}]", item, 1) for place, item in enumerate(value))

    def read_axis(self, value: object) -> tuple[int, ...]:
        """Read one axis, or distinct axes in ascending order."""
        if not isinstance(value, list):
            return (self.read_integer("axis", value, 0),)
        if len(value) > self.limits.rank:
            raise bad_field("axis", f"a list of at most {self.limits.rank} axes", value)
        axes = tuple(self.read_integer(f"axis[{place}]", item, 0) for place, item in enumerate(value))
        self.check_axes_ascend(axes)
        return axes

    def check_axes_ascend(self, axes: tuple[int, ...]) -> None:
        """Check that each axis is greater than the one before."""
        for place in range(1, len(axes)):
            if axes[place] <= axes[place - 1]:
                raise bad_field(f"axis[{place}]", f"greater than {axes[place - 1]}", axes[place])

    def read_selection(self, value: object) -> tuple[tuple[int, int, int], ...]:
        """Start, end and stride for each dimension."""
        if not isinstance(value, list) or len(value) > self.limits.rank:
            raise bad_field("selection", "a list of [start, end, stride], one per dimension", value)
        return tuple(self.read_slice(f"selection[{place}]", item) for place, item in enumerate(value))

    def read_slice(self, field: str, value: object) -> tuple[int, int, int]:
        """Start, end and stride; any integers but a stride of 0."""
        if not isinstance(value, list) or len(value) != 3:
            raise bad_field(field, "a list of three integers: start, end and stride", value)
        for item in value:
            if not isinstance(item, int) or isinstance(item, bool):
                raise bad_field(field, "a list of integers", item)
        start, end, stride = value
        if stride == 0:
            raise bad_field(field, "a slice with a stride other than 0", stride)
        return start, end, stride

    def read_compression(self, value: object) -> str:
        """Read how the data was compressed."""
        given = self.read_fields("compression", value, ("id",), ())
        return self.read_choice("compression.id", given["id"], self.compressions())

    def compressions(self) -> tuple[str, ...]:
        """Return the compressions that are served."""
        return COMPRESSIONS

    def read_filters(self, value: object) -> tuple[Filter, ...]:
        """Return the filters in the order in which they were applied."""
        if not isinstance(value, list) or len(value) > self.limits.filters:
            raise bad_field("filters", f"a list of at most {self.limits.filters} filters", value)
        return tuple(self.read_filter(f"filters[{place}]", item) for place, item in enumerate(value))

    def read_filter(self, field: str, value: object) -> Filter:
        """Read one filter and its parameter."""
        given = self.read_fields(field, value, ("id", "element_size"), ())
        name = self.read_choice(f"{field}.id", given["id"], FILTERS)
        return Filter(name, self.read_integer(f"{field}.element_size", given["element_size"], 1))

    def read_missing(self, value: object, dtype: str) -> Missing | None:
        """Return the one rule that says which elements are missing."""
        if not isinstance(value, dict):
            raise bad_field("missing", "an object", value)
        self.refuse_unknown_fields("missing", value, MISSING_RULES)
        if len(value) != 1:
            raise Refusal(400, f"missing: must have exactly one of {', '.join(MISSING_RULES)}")
        ((rule, numbers),) = value.items()
        field = f"missing.{rule}"
        if rule == "missing_values":
            return Missing(rule, self.read_numbers(field, numbers, dtype))
        if rule == "valid_range":
            return self.read_valid_range(field, numbers, dtype)
        return Missing(rule, (self.read_number(field, numbers, dtype),))

    def read_valid_range(self, field: str, value: object, dtype: str) -> Missing:
        """Read both ends of the valid range; the order is that of the numbers before they are rounded."""
        if not isinstance(value, list) or len(value) != 2:
            raise bad_field(field, "a list of two numbers", value)
        numbers = self.read_numbers(field, value, dtype)
        self.check_range_ascends(field, value[0], value[1])
        return Missing("valid_range", numbers)

    def check_range_ascends(self, field: str, low: int | Decimal, high: int | Decimal) -> None:
        """Refuse a range whose lower end is not below its upper end."""
        if not low < high:
            raise Refusal(400, f"{field}: its ends must ascend, and {shown(low)} is not below {shown(high)}")

    def read_numbers(self, field: str, value: object, dtype: str) -> tuple[np.generic, ...]:
        """Read a list of values of the dtype."""
        if not isinstance(value, list) or len(value) > self.limits.missing_values:
            raise bad_field(field, f"a list of at most {self.limits.missing_values} numbers", value)
        return tuple(self.read_number(f"{field}[{i}]", item, dtype) for i, item in enumerate(value))

    def read_number(self, field: str, value: object, dtype: str) -> np.generic:
        """Read a value of the dtype."""
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            raise bad_field(field, "a number", value)
        number = self.round_number(value, dtype)
        if number is None:
            raise bad_field(field, f"representable in {dtype}", value)
        return number

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        """Return the nearest value of the dtype, if it has one."""
        return nearest(number, dtype)


def within(place: str, name: str) -> str:
    """Return the full name of a field of a field."""
    return f"{place}.{name}" if place else name
