"""Count which requirements the cases about object stores have tested, and which operations they had."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fuzz.subject import ExploredRequest
from specs.case import Case, at_once
from specs.objects import steps
from specs.objects.model.judging import Due
from specs.objects.profile import Profile
from specs.outcome import Outcome, Reply

ALWAYS = ("answers", "survives", "no-server-error", "discloses-nothing")
SHOWN = ("etag", "headers", "last-modified", "content-length", "usual-headers")
REFUSED = ("refusals", "error-form", "usual-headers")
DONE = ("accepts-valid", "status")
# These are answered with a document when they are done.
TOLD_IN_XML = (
    steps.ListBuckets, steps.ListObjects, steps.ListVersions, steps.ListParts, steps.ListUploads, steps.CopyObject,
    steps.UploadPartCopy, steps.CreateUpload, steps.CompleteUpload, steps.DeleteObjects, steps.GetTagging,
    steps.GetVersioning,
)  # fmt: skip
MADE = (steps.PutObject, steps.UploadPart, steps.UploadPartCopy, steps.CompleteUpload, steps.CopyObject)
LISTED = (steps.ListObjects, steps.ListVersions, steps.ListParts)
PAGED = (steps.ListObjects, steps.ListVersions, steps.ListParts, steps.ListUploads)
# These say or make in another way what a plain request says or makes.
OTHER_WAYS = (steps.HeadObject, steps.StreamCopy, steps.CompleteUpload)


def at_stake(case: Case, due: Sequence[Due], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the requirements that a wrong answer to the case could have broken, once for each request."""
    asked = [outcome for step, outcome in zip(case.steps, outcomes) if step.asks and outcome is not None]
    yield from ALWAYS * len(asked)
    if any(getattr(step, "leaves", steps.STAYS) != steps.STAYS for step in case.steps):
        yield "interrupted"
    if at_once(case):
        yield from ("linearizable", "no-torn-reads")
        if any(name.lower() in ("if-match", "if-none-match") for step in case.steps for name, _ in step.headers):
            yield "one-winner"
        yield from ("etag" for step in case.steps if isinstance(step, steps.PutObject))
        return
    for step, expected, outcome in zip(case.steps, due, outcomes):
        if outcome is None or not expected.alternatives:
            continue
        first = expected.alternatives[0]
        yield from _of_conditions(step)
        yield from {first.requirement, *(one.requirement for one in expected.alternatives if one.grade == "right")}
        if first.refuses:
            yield from REFUSED
        else:
            yield from _of_what_is_done(step)
        if isinstance(outcome, Reply) and outcome.status >= 400 and not first.refuses:
            # What was deleted or not made meanwhile may be missing by right, which has a refusal of its own.
            yield from {*REFUSED, "missing-things", *(one.requirement for one in expected.alternatives if one.refuses)}


def _of_conditions(step: Any) -> Iterator[str]:
    """Yield the requirement about conditions, whether the answer is due because they hold or because they do not."""
    if any(name.lower().startswith("if-") for name, _ in step.headers):
        yield "read-conditions" if isinstance(step, steps.GetObject | steps.HeadObject) else "write-conditions"


def _of_what_is_done(step: Any) -> Iterator[str]:
    """Yield the requirements that an answer of success may break because of what the request is."""
    yield from DONE
    if isinstance(step, steps.GetObject | steps.HeadObject):
        yield from SHOWN
    if isinstance(step, MADE):
        yield "etag"
    if isinstance(step, LISTED):
        yield from ("etag", "last-modified")
    if isinstance(step, TOLD_IN_XML):
        yield "answer-form"
    if isinstance(step, PAGED):
        yield "paging"
    if isinstance(step, steps.ListObjects):
        yield "listing-encoding"
    if isinstance(step, OTHER_WAYS) or step.sent.signing in steps.STREAMED or not getattr(step, "v2", True):
        yield "same-answer"


def operation(step: Any) -> str:
    """Name a step's operation as reports do."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(step).__name__).lower()


def asked(case: Case, due: Sequence[Due], outcomes: Sequence[Outcome], _profile: Profile) -> Iterator[ExploredRequest]:
    """Yield the requests of a case with their operation, their way of signing, and how they are to be answered."""
    for step, expected, outcome in zip(case.steps, due, outcomes):
        if outcome is None or not expected.alternatives:
            continue
        first = expected.alternatives[0]
        size = len(outcome.body) if isinstance(outcome, Reply) else 0
        values = {
            "operation": operation(step),
            "signing": step.sent.signing,
            "due": "refused" if first.refuses else "done",
        }
        took = outcome.elapsed_ms if isinstance(outcome, Reply) and outcome.status < 300 else 0.0
        yield ExploredRequest(values, size, operation(step), took)


def domains(_profile: Profile) -> Mapping[str, tuple[str, ...]]:
    """Return the values that requests can have."""
    names = tuple(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", one.__name__).lower() for one in steps.ALL)
    return {"operation": names, "signing": steps.SIGNINGS, "due": ("done", "refused")}
