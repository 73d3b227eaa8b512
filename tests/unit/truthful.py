"""Replies that a right server would give, made from the oracle's answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import cbor2
import numpy as np

from specs.case import Case
from specs.outcome import NoReply, Outcome, Reply, Transcript
from specs.reductions.dtypes import in_byte_order
from specs.reductions.expectation import Expectation, Rejection, Values
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.reductions.refusals import RefusalClass, statuses_of
from specs.reductions.steps import Send
from specs.rules import told
from specs.store_facts import StoreFacts

V2 = Profile("v2")
V1 = Profile("v1", api="v1", options=(), interfaces=("s3",))
CBOR = (("content-type", "application/cbor"),)
JSON = (("content-type", "application/json"),)


def v2_map(
    values: Values, byte_order: str = "little", *, shape_as_bytes: bool = False, count_as_bytes: bool = False
) -> dict[str, Any]:
    """The seven keys of an answer."""
    mark = "<" if byte_order == "little" else ">"
    told = np.asarray(values.values, values.dtype)
    return {
        "bytes": told.astype(in_byte_order(values.dtype, "big" if byte_order == "big" else "little")).tobytes(),
        "dtype": values.dtype,
        "shape": [] if shape_as_bytes else list(values.shape),
        "shape_as_bytes": np.array(values.shape, f"{mark}u8").tobytes() if shape_as_bytes else b"",
        "count": [] if count_as_bytes else list(values.counts),
        "count_as_bytes": np.array(values.counts, f"{mark}i8").tobytes() if count_as_bytes else b"",
        "byte_order": byte_order,
    }


def cbor(answer: Any) -> Reply:
    return Reply(200, CBOR, cbor2.dumps(answer))


def v1_reply(values: Values, byte_order: str = "little") -> Reply:
    answer = v2_map(values, byte_order)
    headers = (
        ("content-type", "application/octet-stream"),
        ("x-activestorage-dtype", answer["dtype"]),
        ("x-activestorage-shape", json.dumps(answer["shape"])),
        ("x-activestorage-count", json.dumps(answer["count"])),
        ("x-activestorage-byte-order", byte_order),
    )
    return Reply(200, headers, answer["bytes"])


def refusal(rejection: Rejection, status: int | None = None, text: str | None = None) -> Reply:
    """An error that the rejection allows."""
    message = rejection.words[0] if rejection.words else told(rejection.rules)
    body = {"error": {"message": message if text is None else text}}
    return Reply(min(statuses_of(rejection.classes)) if status is None else status, JSON, json.dumps(body).encode())


def reply(send: Send, due: Expectation, profile: Profile = V2) -> Reply:
    """What a right server says; an answer wherever one is allowed."""
    if not due.answers:
        return refusal(due.rejection or Rejection(frozenset(), frozenset({RefusalClass.UNFIT_DATA})))
    if profile.api == "v1":
        return v1_reply(due.answers[0])
    fields = send.fields
    twins = {name: fields.get(f"option_{name}") is True for name in ("shape_as_bytes", "count_as_bytes")}
    return cbor(v2_map(due.answers[0], **twins))


def transcript(case: Case, profile: Profile = V2) -> tuple[Transcript, tuple[Expectation | None, ...]]:
    """A case as a right server takes it, with what was due."""
    due = expectations(case, profile, StoreFacts())
    outcomes: tuple[Outcome, ...] = tuple(
        reply(step, expected, profile) if isinstance(step, Send) and expected is not None else None
        for step, expected in zip(case.steps, due)
    )
    return Transcript(case, outcomes), due


def with_outcome(whole: Transcript, step: int, outcome: Reply | NoReply) -> Transcript:
    """The transcript with one step's outcome another."""
    return replace(whole, outcomes=(*whole.outcomes[:step], outcome, *whole.outcomes[step + 1 :]))
