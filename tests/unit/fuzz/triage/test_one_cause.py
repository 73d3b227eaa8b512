"""One bug that shows in requests of several kinds gives one finding, whichever of them fails first."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fuzz.subjects.reductions.zoo.accumulating import MaxSkipsTheLast
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.reductions.dtypes import Array
from specs.reductions.steps import Put, Send
from tests.unit.broken import session_with
from tests.unit.pretended import Immortal

ELEVEN = np.arange(1, 12)


def maximum(elements: Array, **fields: Any) -> Case:
    send = Send("max", Fields({"dtype": str(elements.dtype), **fields}), "a")
    return Case("x", (Put("a", elements.tobytes()), send))


SEVERAL = (
    maximum(ELEVEN.astype("int64")),
    maximum(np.where(ELEVEN == 11, np.nan, ELEVEN)),
    maximum(np.arange(1, 28, dtype="int32"), shape=[3, 9], axis=1),
)


@pytest.mark.parametrize("order", list(permutations(range(len(SEVERAL)))))
def test_a_maximum_without_the_last_element_is_one_finding_with_numbers_and_nan_and_along_an_axis(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    with session_with(MaxSkipsTheLast) as session:
        ledger = Ledger(tmp_path, "w", session.reading)
        triage = Triage(session, ledger, Immortal())
        for case in (SEVERAL[one] for one in order):
            triage.look_into(case, session.judge(case))
    assert [one.seen for one in ledger.findings()] == [len(SEVERAL)]
