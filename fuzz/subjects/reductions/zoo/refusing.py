"""Broken servers that accept invalid requests or refuse valid ones."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeGuard

import numpy as np

from fuzz.embedded.http_messages import HttpRequest
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Filter, Missing, Reduction
from fuzz.subjects.reductions.reference_server.refusal import Refusal


class StrideOfZeroIsOne(ReferenceServer):
    """A stride of zero is taken for one."""

    def read_slice(self, field: str, value: object) -> tuple[int, int, int]:
        if isinstance(value, list) and len(value) == 3 and value[2] == 0 and value[2] is not False:
            value = [*value[:2], 1]
        return super().read_slice(field, value)


class SliceWithoutStride(ReferenceServer):
    """A slice without a stride has a stride of one."""

    def read_slice(self, field: str, value: object) -> tuple[int, int, int]:
        return super().read_slice(field, [*value, 1] if isinstance(value, list) and len(value) == 2 else value)


class SelectionWithoutShapeIgnored(ReferenceServer):
    """A selection without a shape does nothing."""

    def check_selection(self, reduction: Reduction) -> None:
        if reduction.shape is not None:
            super().check_selection(reduction)

    def select(self, array: Any, reduction: Reduction) -> Any:
        return array if reduction.shape is None else super().select(array, reduction)


class ShorterSelectionAccepted(ReferenceServer):
    """Dimensions without a slice are selected whole."""

    def check_selection(self, reduction: Reduction) -> None:
        if reduction.shape is None or len(reduction.selection or ()) > len(reduction.shape):
            super().check_selection(reduction)


class AxisOutOfRangeWraps(ReferenceServer):
    """An axis that the shape does not have is counted on from the first."""

    def check_axis(self, reduction: Reduction) -> None:
        if reduction.shape is None:
            super().check_axis(reduction)

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        return tuple(sorted({axis % rank for axis in super().axes_to_reduce(reduction, rank)}))


class RepeatedAxesAccepted(ReferenceServer):
    """An axis that is given twice is reduced once."""

    def read_axis(self, value: object) -> tuple[int, ...]:
        return super().read_axis(list(dict.fromkeys(value)) if is_integers(value) else value)


class UnsortedAxesAccepted(ReferenceServer):
    """Axes are accepted in any order."""

    def check_axes_ascend(self, axes: tuple[int, ...]) -> None:
        super().check_axes_ascend(tuple(sorted(axes)))


class NegativeAxisCountsFromTheEnd(ReferenceServer):
    """An axis of -1 is the last, as it is in NumPy."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        return super().read_integer(field, value, -1 if field.startswith("axis") else least)


class UnknownFieldsIgnored(ReferenceServer):
    """Unknown fields are ignored."""

    def refuse_unknown_fields(self, place: str, value: Mapping[str, Any], known: Any) -> None:
        if place:
            super().refuse_unknown_fields(place, value, known)


class UnknownInnerFieldsIgnored(ReferenceServer):
    """Unknown fields of compression, filters and missing are ignored."""

    def refuse_unknown_fields(self, place: str, value: Mapping[str, Any], known: Any) -> None:
        if not place:
            super().refuse_unknown_fields(place, value, known)

    def read_missing(self, value: object, dtype: str) -> Missing | None:
        if not isinstance(value, dict):
            return super().read_missing(value, dtype)
        known = ("missing_value", "missing_values", "valid_min", "valid_max", "valid_range")
        return super().read_missing({name: item for name, item in value.items() if name in known}, dtype)


class FirstOfSeveralMissingRules(ReferenceServer):
    """Of several rules for missing data the first counts."""

    def read_missing(self, value: object, dtype: str) -> Missing | None:
        if isinstance(value, dict) and len(value) > 1:
            value = dict([next(iter(value.items()))])
        return super().read_missing(value, dtype)


class EmptyMissingMeansNothing(ReferenceServer):
    """An empty object for missing data means that nothing is."""

    def read_missing(self, value: object, dtype: str) -> Missing | None:
        return None if value == {} else super().read_missing(value, dtype)


class SizeNotHeldAgainstShape(ReferenceServer):
    """A size that differs from what the shape calls for is put right."""

    def check_size(self, reduction: Reduction) -> None:
        if reduction.shape is None or reduction.compression is not None:
            super().check_size(reduction)

    def check_data_length(self, _reduction: Reduction, _data: bytes) -> None:
        return

    def to_array(self, reduction: Reduction, data: bytes) -> Any:
        if reduction.shape is None:
            data = data[: len(data) - len(data) % reduction.item_size]
            return super().to_array(reduction, data)
        needed = int(np.prod(reduction.shape, dtype=object)) * reduction.item_size
        return super().to_array(reduction, data[:needed].ljust(needed, b"\0"))


class DescendingRangeAccepted(ReferenceServer):
    """The ends of a valid range may come in any order."""

    def check_range_ascends(self, _field: str, _low: Any, _high: Any) -> None:
        return


class FractionsAreCut(ReferenceServer):
    """An integer may have a fraction, which is cut."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        number = isinstance(value, Decimal) and value.is_finite() and abs(value) < 2**63
        return super().read_integer(field, int(value) if number and isinstance(value, Decimal) else value, least)


class BooleansAreIntegers(ReferenceServer):
    """True is taken for one."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        return super().read_integer(field, int(value) if isinstance(value, bool) else value, least)


class NumbersInQuotes(ReferenceServer):
    """A number may be in quotes."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        quoted = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 100
        return super().read_integer(field, int(str(value)) if quoted else value, least)


class IntegersAreBooleans(ReferenceServer):
    """An option may be 0 or 1."""

    def read_option(self, given: Mapping[str, Any], field: str) -> bool:
        return given[field] == 1 if given.get(field) in (0, 1) else super().read_option(given, field)


class FractionsForIntegers(ReferenceServer):
    """A missing value with a fraction is cut to an integer."""

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        return super().round_number(int(number) if "int" in dtype and -(2**65) < number < 2**65 else number, dtype)


class MissingNumbersWrap(ReferenceServer):
    """A missing value out of the dtype's range is taken modulo its size."""

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        rounded = super().round_number(number, dtype)
        if rounded is not None or not isinstance(number, int) or "int" not in dtype:
            return rounded
        return np.uint64(number % 2**64).astype(dtype)  # type: ignore[no-any-return]


class MissingNumbersTooLargeAreInfinite(ReferenceServer):
    """A missing value beyond the floats is infinity."""

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        rounded = super().round_number(number, dtype)
        return np.dtype(dtype).type(np.inf) if rounded is None and "float" in dtype else rounded


class LargeMissingNumbersRefused(ReferenceServer):
    """Integers beyond int64 are no missing values."""

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        return None if "int" in dtype and number > 2**63 - 1 else super().round_number(number, dtype)


class NegativeOffsetIsZero(ReferenceServer):
    """A negative offset is taken for none."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        negative = field == "offset" and isinstance(value, int) and value < 0
        return 0 if negative else super().read_integer(field, value, least)


class SizeOfZeroMeansAll(ReferenceServer):
    """A size of zero is taken for none."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Reduction:
        if body.get("size") == 0 and isinstance(body["size"], int):
            body = {**body, "size": None}
        return super().read_reduction(version, operation, body)


class LengthOfZeroIsOne(ReferenceServer):
    """A dimension of length zero is taken for one of length one."""

    def read_shape(self, value: object) -> tuple[int, ...]:
        if isinstance(value, list):
            value = [1 if type(length) is int and length == 0 else length for length in value]
        return super().read_shape(value)


class EmptyShapeAccepted(ReferenceServer):
    """An empty shape is taken for none."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Reduction:
        return super().read_reduction(version, operation, {**body, "shape": None} if body.get("shape") == [] else body)


class WordsInAnyCase(ReferenceServer):
    """Dtypes and orders may be in any case."""

    def read_choice(self, field: str, value: object, choices: Any) -> str:
        by_case = {choice.lower(): choice for choice in choices}
        return super().read_choice(
            field, by_case.get(value.lower(), value) if isinstance(value, str) else value, choices
        )


class UnknownCompressionIsNone(ReferenceServer):
    """An unknown compression is taken for none."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Reduction:
        given = body.get("compression")
        if isinstance(given, dict) and isinstance(given.get("id"), str) and given["id"] not in self.compressions():
            body = {**body, "compression": None}
        return super().read_reduction(version, operation, body)


class UnknownFiltersSkipped(ReferenceServer):
    """Unknown filters are skipped."""

    def read_filter(self, field: str, value: object) -> Filter:
        try:
            return super().read_filter(field, value)
        except Refusal as refusal:
            if ".id: must be one of" not in refusal.message:
                raise
            return Filter("shuffle", 1)


class ElementSizeOfZero(ReferenceServer):
    """An element size of zero makes the server fail."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        return super().read_integer(field, value, 0 if field.endswith("element_size") else least)


class HugeShapesWrap(ReferenceServer):
    """The size that a shape calls for is computed in 64 bits, and refused only if it is negative."""

    def check_decoded_length(self, reduction: Reduction) -> None:
        if reduction.shape is not None and np.prod(np.array(reduction.shape, np.int64)) < 0:
            raise Refusal(400, "shape: is too large")

    def to_array(self, reduction: Reduction, data: bytes) -> Any:
        array = np.frombuffer(data, self.stored_dtype(reduction)).astype(reduction.dtype)
        return array.reshape(self.data_shape(reduction, array), order=self.data_layout(reduction))


class NestingOverflowsTheStack(ReferenceServer):
    """Deeply nested JSON makes the server fail."""

    def read_json(self, text: str) -> object:
        try:
            return super().read_json(text)
        except Refusal as refusal:
            if "nested" not in refusal.message:
                raise
            raise RecursionError("maximum recursion depth exceeded") from refusal


class TrailingTextAccepted(ReferenceServer):
    """Text that follows the JSON value in the body is ignored."""

    def read_json(self, text: str) -> object:
        end = text.rfind("}") + 1
        try:
            return super().read_json(text)
        except Refusal as refusal:
            if "Extra data" not in refusal.message:
                raise
            return super().read_json(text[: text.find("}", 0, end) + 1])


class LongNumbersCrash(ReferenceServer):
    """Numbers of more than a thousand digits make the server fail."""

    def check_digits(self, text: str) -> None:
        if len(text) > 1000:
            raise ValueError("Exceeds the limit for integer string conversion")


class AnyMethodWillDo(ReferenceServer):
    """A request by PUT is accepted like one by POST."""

    def route(self, request: HttpRequest) -> tuple[int, str]:
        return super().route(replace(request, method="POST") if request.method == "PUT" else request)


class OperationsByTheirBeginning(ReferenceServer):
    """A name that begins like an operation is taken for that operation."""

    def route(self, request: HttpRequest) -> tuple[int, str]:
        version, slash, rest = request.target.lstrip("/").partition("/")
        operation = next((one for one in self.operations() if rest.startswith(one)), None)
        known = operation is not None and rest[len(operation) :].strip("/").isalpha()
        return super().route(replace(request, target=f"/{version}{slash}{operation}/") if known else request)


class UnknownOperationIsAServerError(ReferenceServer):
    """An unknown operation is answered by 500."""

    def route(self, request: HttpRequest) -> tuple[int, str]:
        try:
            return super().route(request)
        except Refusal as refusal:
            raise (Refusal(500, refusal.message) if "operation " in refusal.message else refusal) from refusal


class NullIsNotLeftOut(ReferenceServer):
    """Null for an optional field is a value of the wrong type."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Reduction:
        for name in ("axis", "selection", "missing"):
            if name in body and body[name] is None:
                raise Refusal(400, f"{name}: must not be null")
        return super().read_reduction(version, operation, body)


class RankAboveFourRefused(ReferenceServer):
    """Shapes of more than four dimensions are refused."""

    def read_shape(self, value: object) -> tuple[int, ...]:
        if isinstance(value, list) and len(value) > 4:
            raise Refusal(400, "shape: has too many dimensions")
        return super().read_shape(value)


class SlashAtTheEndUnknown(ReferenceServer):
    """The path of an operation needs its slash."""

    def route(self, request: HttpRequest) -> tuple[int, str]:
        if not request.target.partition("?")[0].endswith("/"):
            raise Refusal(404, "path: is unknown")
        return super().route(request)


def is_integers(value: object) -> TypeGuard[list[int]]:
    """Say whether a JSON value is a list of integers."""
    return isinstance(value, list) and all(type(item) is int for item in value)
