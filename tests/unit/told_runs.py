"""Runs told in advance, for the tests of reports."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import cbor2

from fuzz.events import Event, FindingFound, Progress, PropertyDone, RunEnded, RunStarted, Warned
from fuzz.findings.finding import Finding
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Outcome, Reply
from specs.reductions.steps import Put, Send, Step
from specs.violation import Aspect, Violation

FINDINGS_FOLDER = "findings"


def answer(numbers: tuple[int, ...], shape: list[int], counts: list[int], dtype: str = "uint32") -> Reply:
    """A v2 answer with little-endian 32-bit numbers."""
    body = {
        "bytes": struct.pack(f"<{len(numbers)}I", *numbers),
        "dtype": dtype,
        "shape": shape,
        "shape_as_bytes": b"",
        "count": counts,
        "count_as_bytes": b"",
        "byte_order": "little",
    }
    return Reply(200, (("content-type", "application/cbor"),), cbor2.dumps(body))


def stride_ignored(**changes: object) -> Finding:
    """A server that returns every element, whatever the stride."""
    steps: tuple[Step, ...] = (
        Put("a", struct.pack("<3I", 0, 1, 0)),
        Send("select", Fields({"dtype": "uint32", "shape": [3], "selection": [[0, 3, 2]]}), "a"),
    )
    outcomes: tuple[Outcome, ...] = (None, answer((0, 1, 0), [3], [3]))
    values: dict[str, object] = {
        "id": "select-stride",
        "fingerprint": "0123456789abcdef",
        "violation": Violation(
            "answer-shape", "select ignores the stride", "shape [2]", "shape [3]", aspect=Aspect.SHAPE, step=1
        ),
        "case": Case("reduction", steps),
        "outcomes": outcomes,
        "needs": ("stride ≠ 1",),
        "seen": 318,
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def found(name: str = "select-stride", *, known_reason: str = "", **changes: object) -> FindingFound:
    return FindingFound(stride_ignored(id=name, **changes), f"{FINDINGS_FOLDER}/{name}", known_reason)


def run_started(**changes: object) -> RunStarted:
    values: dict[str, object] = {
        "target": "http://127.0.0.1:8080",
        "store": "http://127.0.0.1:9000",
        "profile": "reference",
        "seed": 7,
        "budget_seconds": 30.0,
        "budget_examples": None,
        "workers": 1,
        "properties": ("reduction", "malformed"),
        "findings_folder": FINDINGS_FOLDER,
        "limits": (("bytes per object", "4 MiB"),),
    }
    return RunStarted(**{**values, **changes})  # type: ignore[arg-type]


def progress(elapsed_seconds: float, checked_requests: int, findings: int = 0) -> Progress:
    return Progress(elapsed_seconds, checked_requests, 1, findings, 0, "reduction")


def a_run_with_a_finding() -> Iterator[Event]:
    """From start to end: one finding, found twice, and a warning."""
    yield run_started()
    yield progress(1.0, 400)
    yield found(seen=1)
    yield Warned("sums are less accurate than pairwise summation")
    yield progress(2.0, 900, findings=1)
    yield found()
    yield PropertyDone("reduction", "FAIL", 1_234, 12_340, 1)
    yield PropertyDone("malformed", "SKIP", 0, 0, 0, "not claimed by the profile")
    yield RunEnded("FAIL", 30.5, 12_340, 1, 0, "the budget")
