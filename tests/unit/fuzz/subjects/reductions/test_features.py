"""What is told of the values of much data."""

from __future__ import annotations

import numpy as np
import pytest

from fuzz.subjects.reductions.features import FIRST_ONES, features
from specs.fields import Fields
from specs.reductions.dtypes import Array
from specs.reductions.steps import Send

COUNT = 3 * FIRST_ONES
DISTINCT = np.arange(COUNT, dtype="<i4")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (DISTINCT, "distinct"),
        (np.append(DISTINCT, DISTINCT[-1]), "ordinary"),
        (DISTINCT % FIRST_ONES, "ordinary"),
        (DISTINCT % 7, "ordinary"),
        (DISTINCT * 0, "constant"),
    ],
)
def test_values_are_distinct_if_none_comes_twice_however_late(values: Array, kind: str) -> None:
    send = Send("sum", Fields({"dtype": "int32"}), "a")
    assert features(send, values.astype("<i4").tobytes())["values"] == kind
