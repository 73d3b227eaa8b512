"""Wrong answers to requests about a few numbers, and what they read as."""

from __future__ import annotations

from typing import Any

import numpy as np

from fuzz.running.session import Judgement
from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reads_as import reads_as
from fuzz.triage.lab import Seen
from fuzz.triage.trial import Signature, trial_of
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Outcome, Transcript
from specs.reductions.expectation import Values
from specs.reductions.model import expectations
from specs.reductions.steps import Put, Send
from specs.store_facts import StoreFacts
from specs.violation import Violation, Way
from tests.unit.truthful import V2

FACTS = StoreFacts()
DATA = np.array([7, 2, 9, 4, 1, 8], "<i4").tobytes()


def case_of(fields: dict[str, Any], operation: str = "sum") -> Case:
    return Case("x", (Put("a", DATA), Send(operation, Fields({"dtype": "int32", **fields}), "a")))


def right(case: Case) -> Values:
    due = expectations(case, V2, FACTS)[-1]
    assert due is not None
    return due.answers[0]


def reading(case: Case, outcome: Outcome, way: Way = Way.VALUES) -> frozenset[str]:
    judgement = Judgement(Transcript(case, (None, outcome)), ())
    seen = Seen(judgement, Violation("sum-values", "", "", "", way=way, step=1), Signature(way))
    return reads_as(trial_of(case, Reading(V2)), seen, FACTS)
