"""Broken servers that cannot handle long lists."""

from typing import Any

import numpy as np

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Filter
from fuzz.subjects.reductions.reference_server.refusal import Refusal

MOST_DIMENSIONS = 8
MOST_FILTERS = 4
MOST_MISSING_VALUES = 16


class RankAboveEightRefused(ReferenceServer):
    """Shapes of more than eight dimensions are refused."""

    def read_shape(self, value: object) -> tuple[int, ...]:
        if isinstance(value, list) and len(value) > MOST_DIMENSIONS:
            raise Refusal(400, f"shape: must have at most {MOST_DIMENSIONS} dimensions")
        return super().read_shape(value)


class AxesBeyondTheEighthForgotten(ReferenceServer):
    """Of a long list of axes the first eight are reduced."""

    def read_axis(self, value: object) -> tuple[int, ...]:
        return super().read_axis(value)[:MOST_DIMENSIONS]


class FiltersBeyondTheFourthSkipped(ReferenceServer):
    """Of many filters the first four are undone."""

    def read_filters(self, value: object) -> tuple[Filter, ...]:
        return super().read_filters(value)[:MOST_FILTERS]


class MissingValuesBeyondTheSixteenth(ReferenceServer):
    """Of many missing values the first sixteen are looked for."""

    def read_numbers(self, field: str, value: object, dtype: str) -> tuple[np.generic, ...]:
        return super().read_numbers(field, value, dtype)[:MOST_MISSING_VALUES]


class LongSelectionsCutShort(ReferenceServer):
    """Of a selection of many slices, those beyond the eighth select everything."""

    def read_selection(self, value: object) -> Any:
        slices = super().read_selection(value)
        return slices[:MOST_DIMENSIONS] + tuple((0, 2**62, 1) for _ in slices[MOST_DIMENSIONS:])
