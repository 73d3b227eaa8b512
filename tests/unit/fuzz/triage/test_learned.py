"""What a failure of a known finding took to be reduced is learned, so that the next one like it costs little."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.errors import PlainTextOfBadMethods
from fuzz.subjects.reductions.zoo.fetching import ShortReadsAnswered
from fuzz.triage.ledger import Ledger
from fuzz.triage.triage import Triage
from specs.case import Case
from specs.fields import Fields
from specs.manners import Manner
from specs.reductions.steps import Put, Send, SendRaw
from tests.unit.broken import session_with
from tests.unit.pretended import Immortal

# The failure as it came, alone and on a settled server, and then with nothing but its needs and without each.
MOST_REQUESTS = 7
AS_JSON = (("Content-Type", "application/json"),)


def badly_served(manner: Manner, count: int) -> Case:
    data = np.arange(1, count + 1, dtype="int32").tobytes()
    return Case(
        "bad-store", (Put("a", data, served=manner), Send("sum", Fields({"dtype": "int32", "size": len(data)}), "a"))
    )


def raw(method: str, body: bytes) -> Case:
    return Case("raw", (Put("a", bytes(8)), SendRaw(method, "/v2/sum/", AS_JSON, body, "a")))


@pytest.mark.parametrize(
    ("animal", "cases"),
    [
        # The plainer way to serve badly takes the place of the other in the finding.
        (ShortReadsAnswered, [badly_served("nothing", count) for count in (5, 7, 9)]),
        # The second and the third break a rule more, which no answer tells of.
        (PlainTextOfBadMethods, [raw("PUT", b"{}"), raw("PUT", b"{"), raw("DELETE", b"\xff")]),
    ],
)
def test_a_failure_like_one_that_was_reduced_costs_little(
    tmp_path: Path, animal: type[ReferenceServer], cases: Sequence[Case]
) -> None:
    with session_with(animal) as session:
        triage = Triage(session, Ledger(tmp_path, "w", session.reading), Immortal())
        costs = []
        for case in cases:
            judgement, before = session.judge(case), session.sent
            assert judgement.failures
            triage.look_into(case, judgement)
            costs.append(session.sent - before)
    assert [one.seen for one in triage.ledger.findings()] == [3]
    assert costs[-1] <= MOST_REQUESTS < costs[0]
