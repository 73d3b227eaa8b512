"""Missing data misjudged."""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Counts, Mask, Missing, Outcome, Reduction

FEW = 4


class ValidMinExclusive(ReferenceServer):
    """The least valid value is missing."""

    def is_below(self, array: Array, least: np.generic) -> Mask:
        return np.less_equal(array, least)


class ValidMaxExclusive(ReferenceServer):
    """The greatest valid value is missing, where it is given by itself."""

    def is_missing(self, array: Array, missing: Missing) -> Mask:
        if missing.rule == "valid_max":
            return np.greater_equal(array, missing.numbers[0])
        return super().is_missing(array, missing)


class ValidRangeHalfOpen(ReferenceServer):
    """A valid range does not hold its upper end."""

    def is_missing(self, array: Array, missing: Missing) -> Mask:
        if missing.rule == "valid_range":
            return super().is_missing(array, missing) | np.equal(array, missing.numbers[1])
        return super().is_missing(array, missing)


class ValidRangeNeedsBoth(ReferenceServer):
    """An element is outside a range if it is below and above it: never."""

    def is_missing(self, array: Array, missing: Missing) -> Mask:
        if missing.rule == "valid_range":
            low, high = missing.numbers
            return self.is_below(array, low) & self.is_above(array, high)
        return super().is_missing(array, missing)


class OnlyFirstOfMissingValues(ReferenceServer):
    """Of several missing values the first alone is looked for."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        return super().is_any_of(array, numbers[:1])


class OnlyFewMissingValues(ReferenceServer):
    """Of several missing values no more than four are looked for."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        return super().is_any_of(array, numbers[:FEW])


class MissingValuesTakenForARange(ReferenceServer):
    """Elements between the least and the greatest of several missing values are missing as well."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        several = np.array(numbers, array.dtype)
        return np.asarray(np.greater_equal(array, several.min()) & np.less_equal(array, several.max()))


class MissingComparedAsFloat64(ReferenceServer):
    """Elements are compared with a missing value as float64, which large integers do not fit."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        return np.isin(array.astype(np.float64), np.array(numbers, array.dtype).astype(np.float64))


class ValidMaxComparedAsFloat64(ReferenceServer):
    """Elements are compared with the greatest valid value as float64."""

    def is_above(self, array: Array, greatest: np.generic) -> Mask:
        return np.greater(array.astype(np.float64), np.float64(greatest))


class MissingComparedAsFloat32(ReferenceServer):
    """Float64 elements are compared with a missing value as float32."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        if array.dtype != np.float64:
            return super().is_any_of(array, numbers)
        return np.isin(array.astype(np.float32), np.array(numbers, np.float64).astype(np.float32))


class MissingComparedWithTolerance(ReferenceServer):
    """An element that is almost a missing value is missing."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        if array.dtype.kind != "f":
            return super().is_any_of(array, numbers)
        close = np.zeros(array.shape, np.bool_)
        for number in numbers:
            close |= np.isclose(array, number, rtol=1e-6, atol=0)
        return close


class MissingIgnoredAlongAxes(ReferenceServer):
    """With an axis nothing is missing."""

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        return super().reduce_present(array, replace(reduction, missing=None) if reduction.axis else reduction)


class MissingNotCountedButUsed(ReferenceServer):
    """Missing elements are left out of the count, and not of the sum."""

    def leave_out(self, array: Array, missing: Mask, operation: str) -> Array:
        return array if operation == "sum" else super().leave_out(array, missing, operation)


class MissingLeftOutButCounted(ReferenceServer):
    """Missing elements are left out of the maximum, and not of its count."""

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce_present(array, reduction)
        if reduction.operation != "max":
            return outcome
        return replace(outcome, counts=super().reduce_present(array, replace(reduction, missing=None)).counts)


class NanIsInvalid(ReferenceServer):
    """NaN is missing where a least value is given, as it is not at or above it."""

    def is_below(self, array: Array, least: np.generic) -> Mask:
        return ~np.greater_equal(array, least)


class NanIsMissing(ReferenceServer):
    """NaN is missing as soon as anything is."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        return np.asarray(super().is_any_of(array, numbers) | (array != array))


class MissingZeroHasASign(ReferenceServer):
    """A missing value of 0 does not stand for -0.0: bits are compared."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        bits = f"u{array.dtype.itemsize}"
        return np.isin(array.view(bits), np.array(numbers, array.dtype).view(bits))


class MissingComparedAsStored(ReferenceServer):
    """Missing values of big-endian data are looked for before the bytes are swapped."""

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        missing = reduction.missing
        if missing is not None and reduction.byte_order == "big" and missing.numbers:
            swapped = np.array(missing.numbers, reduction.dtype).byteswap()
            reduction = replace(reduction, missing=replace(missing, numbers=tuple(swapped)))
        return super().reduce_present(array, reduction)


class SelectCountsMissing(ReferenceServer):
    """The count of a select includes what is missing."""

    def count_selected(self, missing: Mask) -> Counts:
        return np.array(missing.size, np.int64)


class SelectDropsMissing(ReferenceServer):
    """A select leaves zero where an element is missing."""

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce_present(array, reduction)
        if reduction.operation != "select":
            return outcome
        missing = self.missing_elements(array, reduction.missing)
        return replace(outcome, values=np.where(missing, array.dtype.type(0), array))


class MissingNumberReadThroughFloat(ReferenceServer):
    """Missing values of integers are read as float64."""

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        exact = super().round_number(number, dtype)
        if exact is None or exact.dtype.kind == "f":
            return exact
        return super().round_number(int(float(number)), dtype) or exact


class MissingNumberNotRounded(ReferenceServer):
    """A missing value of float32 data stays a float64, which no element equals."""

    def round_number(self, number: int | Decimal, dtype: str) -> np.generic | None:
        rounded = super().round_number(number, dtype)
        return rounded if rounded is None or dtype != "float32" else np.float64(number)

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        if array.dtype != np.float32:
            return super().is_any_of(array, numbers)
        return np.isin(array.astype(np.float64), np.array(numbers, np.float64))


class ExtremesStartWithAMissingElement(ReferenceServer):
    """A minimum or maximum starts with the first element, even where it is missing."""

    def leave_out(self, array: Array, missing: Mask, operation: str) -> Array:
        kept = super().leave_out(array, missing, operation)
        if operation != "sum" and kept.shape[-1]:
            kept[..., 0] = array[..., 0]
        return kept


class MissingBecomesZero(ReferenceServer):
    """A missing element counts as zero in a minimum."""

    def leave_out(self, array: Array, missing: Mask, operation: str) -> Array:
        return (
            np.where(missing, array.dtype.type(0), array)
            if operation == "min"
            else (super().leave_out(array, missing, operation))
        )


class ValidMinComparedSigned(ReferenceServer):
    """Unsigned elements are compared with the least valid value as signed ones."""

    def is_below(self, array: Array, least: np.generic) -> Mask:
        if array.dtype.kind != "u":
            return super().is_below(array, least)
        signed = f"i{array.dtype.itemsize}"
        return np.asarray(np.less(array.view(signed), np.asarray(least, array.dtype).view(signed)))


class LastElementNeverMissing(ReferenceServer):
    """The last of several elements is never found missing in select, min and max."""

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        found = super().is_any_of(array, numbers)
        if found.size > 1:
            found[(-1,) * found.ndim] = False
        return found
