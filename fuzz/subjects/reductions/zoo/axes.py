"""Axes mixed up."""

from collections.abc import Mapping

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Array, Outcome, Reduction


class AxesReducedOneAfterTheOther(ReferenceServer):
    """Several axes are reduced in turn, without counting that the later ones have moved."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        axes = super().axes_to_reduce(reduction, rank)
        moved = (min(axis + turn, rank - 1) for turn, axis in enumerate(axes))
        return axes if len(axes) == rank else tuple(dict.fromkeys(moved))


class AxisZeroIsFalsy(ReferenceServer):
    """An axis of 0 is taken for no axis."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        return tuple(range(rank)) if reduction.axis == (0,) else super().axes_to_reduce(reduction, rank)


class EmptyAxisListIsFalsy(ReferenceServer):
    """An empty list of axes is taken for no list."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        return reduction.axis or tuple(range(rank))


class OnlyFirstAxisOfList(ReferenceServer):
    """Of a list of axes the first alone is reduced."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        return super().axes_to_reduce(reduction, rank) if reduction.axis is None else reduction.axis[:1]


class ListOfAllAxesKeepsOne(ReferenceServer):
    """A list of all axes reduces all but the last."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        axes = reduction.axis
        return axes[:-1] if axes and rank > 1 and len(axes) == rank else super().axes_to_reduce(reduction, rank)


class ThirdAxisOfListForgotten(ReferenceServer):
    """Of a list of axes the first two are reduced."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        return super().axes_to_reduce(reduction, rank) if reduction.axis is None else reduction.axis[:2]


class SizeOneAxesSqueezed(ReferenceServer):
    """Axes of length one vanish from the result's shape."""

    def result_shape(self, outcome: Outcome) -> list[int]:
        return [length for length in super().result_shape(outcome) if length != 1]


class ReducedAxesKept(ReferenceServer):
    """A reduced last axis stays in the shape with length one."""

    def answer_map(self, reduction: Reduction, outcome: Outcome) -> Mapping[str, object]:
        answer = dict(super().answer_map(reduction, outcome))
        shape = answer["shape"]
        if reduction.axis == (len(reduction.shape or ()) - 1,) and reduction.operation != "select":
            answer["shape"] = [*shape, 1] if isinstance(shape, list) else shape
        return answer


class AxesCountedFromTheEndInFortranOrder(ReferenceServer):
    """In F order the axes are counted from the last, as the data is turned inside."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        axes = super().axes_to_reduce(reduction, rank)
        return tuple(sorted(rank - 1 - axis for axis in axes)) if reduction.order == "F" else axes


class MiddleAxisTurnsTheRest(ReferenceServer):
    """When an axis between others is reduced, the others come out exchanged."""

    def bring_together(self, array: Array, axes: tuple[int, ...]) -> Array:
        together = super().bring_together(array, axes)
        if array.ndim == 3 and axes == (1,) and together.shape[0] == together.shape[1]:
            return together.swapaxes(0, 1)
        return together


class HighAxisIsLast(ReferenceServer):
    """Axes from the fourth on are taken for the third."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        return (
            tuple(dict.fromkeys(min(axis, 2) for axis in reduction.axis))
            if reduction.axis
            else (super().axes_to_reduce(reduction, rank))
        )


class SeparateAxesTakenForARange(ReferenceServer):
    """A list of axes is taken for all axes from its first to its last."""

    def axes_to_reduce(self, reduction: Reduction, rank: int) -> tuple[int, ...]:
        axes = super().axes_to_reduce(reduction, rank)
        return tuple(range(axes[0], axes[-1] + 1)) if axes else axes


class SizeOneAxisNotReduced(ReferenceServer):
    """An axis of length one after the first is not reduced, as there is nothing to add up."""

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        outcome = super().reduce(array, reduction)
        axes = reduction.axis or ()
        if reduction.operation == "select" or len(axes) != 1 or not axes[0] or array.shape[axes[0]] != 1:
            return outcome
        return Outcome(np.expand_dims(outcome.values, axes[0]), np.expand_dims(outcome.counts, axes[0]))


class SelectHeedsAxis(ReferenceServer):
    """With select, an axis moves to the end of the elements."""

    def reduce(self, array: Array, reduction: Reduction) -> Outcome:
        if reduction.operation == "select" and reduction.axis and len(reduction.axis) == 1:
            array = np.moveaxis(array, reduction.axis[0], -1).reshape(array.shape)
        return super().reduce(array, reduction)
