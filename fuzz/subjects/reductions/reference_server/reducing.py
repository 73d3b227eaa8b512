"""Reduce the selected elements to the result."""

from math import prod

import numpy as np

from fuzz.subjects.reductions.reference_server.reduction import Array, Counts, Mask, Missing, Outcome, Reduction


class Reducing:
    """Leaves out missing elements, and counts, compares or adds the others."""

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        """Return the operation's result, with overflows and NaN as they come."""
        with np.errstate(all="ignore"):
            return self.reduce_present(array, reduction)

    def reduce_present(self, array: Array, reduction: Reduction) -> Outcome:
        """Return the result for the elements that are not missing."""
        missing = self.missing_elements(array, reduction.missing)
        if reduction.operation == "select":
            return Outcome(array, self.count_selected(missing))
        axes = self.axes_to_reduce(reduction, array.ndim)
        together, absent = self.bring_together(array, axes), self.bring_together(missing, axes)
        counts = self.count_elements(~absent)
        if reduction.operation == "count":
            return Outcome(counts, counts)
        kept = self.leave_out(together, absent, reduction.operation)
        return Outcome(self.operate(reduction.operation, kept), counts)

    def leave_out(self, array: Array, missing: Mask, operation: str) -> Array:
        """Return the elements with each missing one replaced by a value that changes no result."""
        return np.where(missing, self.start_value(operation, array.dtype), array)

    def missing_elements(self, array: Array, missing: Missing | None) -> Mask:
        """Mark the array's missing elements."""
        if missing is None or not missing.numbers:
            return np.zeros(array.shape, np.bool_)
        return self.is_missing(array, missing)

    def is_missing(self, array: Array, missing: Missing) -> Mask:
        """Mark the elements that the rule calls missing; a comparison with NaN never does."""
        if missing.rule == "valid_min":
            return self.is_below(array, missing.numbers[0])
        if missing.rule == "valid_max":
            return self.is_above(array, missing.numbers[0])
        if missing.rule == "valid_range":
            low, high = missing.numbers
            return self.is_below(array, low) | self.is_above(array, high)
        return self.is_any_of(array, missing.numbers)

    def is_below(self, array: Array, least: np.generic) -> Mask:
        """Mark the elements below the least that is valid."""
        return np.less(array, least)

    def is_above(self, array: Array, greatest: np.generic) -> Mask:
        """Mark the elements above the greatest that is valid."""
        return np.greater(array, greatest)

    def is_any_of(self, array: Array, numbers: tuple[np.generic, ...]) -> Mask:
        """Mark the elements that equal one of the numbers."""
        if len(numbers) == 1:
            return np.equal(array, numbers[0])
        return np.isin(array, np.array(numbers, array.dtype))

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        """Return the axes that the result does not have."""
        return tuple(range(rank)) if reduction.axis is None else reduction.axis

    def bring_together(self, array: Array, axes: tuple[int, ...]) -> Array:
        """Return the array with the axes to reduce joined into one last axis."""
        kept = tuple(axis for axis in range(array.ndim) if axis not in axes)
        lengths = tuple(array.shape[axis] for axis in kept)
        joined = prod(array.shape[axis] for axis in axes)
        return array.transpose(kept + axes).reshape((*lengths, joined))

    def count_selected(self, missing: Mask) -> Counts:
        """Count the selected elements that are not missing."""
        return np.array(missing.size - np.count_nonzero(missing), np.int64)

    def count_elements(self, present: Array) -> Counts:
        """Count the elements that go into each element of the result."""
        return np.asarray(np.count_nonzero(present, axis=-1), np.int64)

    def start_value(self, operation: str, dtype: np.dtype[np.generic]) -> np.generic:
        """Return the value that replaces missing elements, which changes no result."""
        if operation == "sum":
            return dtype.type(0)
        if dtype.kind == "f":
            return dtype.type(np.inf if operation == "min" else -np.inf)
        limits = np.iinfo(dtype)  # type: ignore[type-var]
        return dtype.type(limits.max if operation == "min" else limits.min)

    def operate(self, operation: str, array: Array) -> Array:
        """Perform the operation along the last axis."""
        if operation == "min":
            return self.reduce_min(array)
        if operation == "max":
            return self.reduce_max(array)
        return self.reduce_sum(array)

    def reduce_min(self, array: Array) -> Array:
        """Return the least element, or NaN if there is one."""
        return np.asarray(np.minimum.reduce(array, axis=-1, initial=self.start_value("min", array.dtype)))

    def reduce_max(self, array: Array) -> Array:
        """Return the greatest element, or NaN if there is one."""
        return np.asarray(np.maximum.reduce(array, axis=-1, initial=self.start_value("max", array.dtype)))

    def reduce_sum(self, array: Array) -> Array:
        """Return the sum in the array's own dtype: integers wrap, floats are added in pairs of pairs."""
        while array.shape[-1] > 1:
            half = array.shape[-1] // 2
            odd = array[..., 2 * half :]
            pairs = np.add(array[..., :half], array[..., half : 2 * half])
            array = np.concatenate((pairs, odd), axis=-1) if odd.shape[-1] else pairs
        if array.shape[-1] == 0:
            return np.zeros(array.shape[:-1], array.dtype)
        return array[..., 0]
