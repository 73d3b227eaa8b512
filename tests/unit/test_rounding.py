"""Float sums that are off in either dtype have one cause, whatever the numbers."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from fuzz.bench.planted import PACKAGE, Bug, judges
from fuzz.config import Settings
from fuzz.hunt.failures import Judge
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.scene import Scene, case_of
from fuzz.hunt.triage import Cause, cause_of
from fuzz.targets import open_store_for
from tests.unit.pretended import PROFILE

LEAST = {"float32": 1e-45, "float64": 5e-324}
SMALL_BESIDE_LARGE = [1e7, *[1.0] * 19]


def cause(numbers: list[float], dtype: str, judge: Judge) -> Cause:
    case = case_of(Scene("sum", dtype, np.array(numbers, dtype)), "reduction")
    judgement = judge(case)
    violation = next(one for one in judgement.failures if one.requirement == "sum-accuracy")
    return cause_of(Smallest(case, judgement, violation, Scene("sum", dtype, np.array(numbers, dtype))), judge)


@pytest.mark.parametrize(
    ("bug", "one", "other"),
    [
        ("SumThroughTheMean", ([0, LEAST["float32"], 0], "float32"), ([1, 97, 0], "float32")),
        ("SumThroughTheMean", ([0, LEAST["float64"], 0], "float64"), ([1, 97, 0], "float32")),
        ("LongFloatSumsDropSmallTerms", (SMALL_BESIDE_LARGE, "float64"), (SMALL_BESIDE_LARGE, "float32")),
    ],
)
def test_sums_of_both_dtypes_that_are_off_are_one_cause(
    bug: str, one: tuple[list[float], str], other: tuple[list[float], str]
) -> None:
    planted = [Bug(f"{PACKAGE}.floats:{bug}")]
    with closing(open_store_for(Settings())) as store, judges([planted], store, PROFILE) as (judge,):
        assert cause(*one, judge).fingerprint == cause(*other, judge).fingerprint
        assert cause(*one, judge).needs[0] == "sum"


def test_a_sum_that_is_off_in_one_dtype_is_about_that_dtype() -> None:
    planted = [Bug(f"{PACKAGE}.floats:Float64SumInFloat32")]
    with closing(open_store_for(Settings())) as store, judges([planted], store, PROFILE) as (judge,):
        found = cause([0.1, 0.2, 0.3], "float64", judge)
    assert "float64" in found.needs
    assert not found.told_by or "float64" in found.told_by
