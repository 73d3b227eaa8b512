"""Judge completions and aborts of uploads beside other requests on the same key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from specs.case import Case
from specs.objects import steps
from specs.objects.answers import code_of
from specs.objects.model.registers import IMPOSSIBLE, Held
from specs.objects.state import StoredPart, joined_etag, md5_etag
from specs.objects.words import quoted
from specs.objects.xml import read_xml, text_of
from specs.outcome import Outcome, Reply

ETAG = re.compile(r"\{etag ([^{}]+)\}")
Holds = Callable[[Held], bool]


def parts_of(case: Case, step: steps.CompleteUpload) -> list[bytes] | None:
    """Return the contents of the parts that a completion lists; None where it lists others than were sent before.

    Those are the parts that were sent before any request at the same time, each listed by the ETag that it was
    answered with.
    """
    sent = {
        (one.called, one.upload, one.number): one.content.data
        for one in case.steps
        if isinstance(one, steps.UploadPart) and not one.lane
    }
    told = [(ETAG.fullmatch(one.etag), one.number) for one in step.parts]
    listed = [sent.get((match[1], step.upload, number)) if match else None for match, number in told]
    whole = [one for one in listed if one is not None]
    numbers = [int(one.number) for one in step.parts]
    return whole if whole and len(whole) == len(listed) and numbers == sorted(set(numbers)) else None


def etag_of(parts: Sequence[bytes]) -> str:
    """Return the ETag of an object of these parts."""
    return joined_etag([StoredPart(one, md5_etag(one)) for one in parts]) or ""


def told_etags(case: Case, outcomes: Sequence[Outcome]) -> dict[str, str]:
    """Return the ETag that the first completion of each upload told, by upload."""
    found: dict[str, str] = {}
    for step, outcome in zip(case.steps, outcomes):
        if isinstance(step, steps.CompleteUpload) and isinstance(outcome, Reply) and outcome.status == 200:
            root = read_xml(outcome.body)
            told = None if root is None else text_of(root, "ETag")
            if told:
                found.setdefault(step.upload, quoted(told))
    return found


def untold(case: Case, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    """List the keys of uploads that were ended by a request sent before it could be told what it names."""
    for step, sent in zip(case.steps, outcomes):
        if isinstance(step, steps.CompleteUpload | steps.AbortUpload) and sent is not None:
            names = {step.upload, *(part.etag for part in getattr(step, "parts", ()))}
            told = (
                outcome.begun_ms + outcome.elapsed_ms
                for one, outcome in zip(case.steps, outcomes)
                if outcome is not None and one.called and names & {one.called, f"{{etag {one.called}}}"}
            )
            if any(ended > sent.begun_ms for ended in told):
                yield step.bucket, step.key


def headers_of(case: Case, step: steps.CompleteUpload) -> steps.Pairs:
    """Return the headers that the upload of a completion was begun with."""
    begun = [one for one in case.steps if isinstance(one, steps.CreateUpload) and one.called == step.upload]
    return begun[-1].headers if begun else ()


def completion(case: Case, number: int, outcome: Outcome, holds: Holds | None) -> tuple[Callable[[Held], Any], bool]:
    """Return what a completion does to its key, given its answer, and whether it changes nothing.

    An upload ends once: by the first completion that is done, whose object is there from then on, or by an abort. A
    completion that comes later is refused, or answered as the first one was.
    """
    step = case.steps[number]
    name, status = version_name(step.upload), outcome.status if isinstance(outcome, Reply) else 0

    def done(held: Held) -> Any:
        if step.upload in held.ended:
            return held
        if holds is not None and not holds(held):
            return held if not status else IMPOSSIBLE
        return Held(name, held.ended | {step.upload})

    free = _is_left_open(case, number, outcome)

    def refused(held: Held) -> Any:
        may = free or step.upload in held.ended or (holds is not None and not holds(held))
        return held if may else IMPOSSIBLE

    return (refused, True) if 400 <= status < 500 or status == 501 else (done, False)


def abortion(case: Case, number: int, outcome: Outcome) -> tuple[Callable[[Held], Any], bool]:
    """Return what an abort does to its key, given its answer, and whether it changes nothing."""
    step, status = case.steps[number], outcome.status if isinstance(outcome, Reply) else 0
    if status >= 400:
        free = status != 404 or _is_left_open(case, number, outcome)
        return (lambda held: held if free or step.upload in held.ended else IMPOSSIBLE), True
    return (lambda held: Held(held.version, held.ended | {step.upload})), False


def version_name(upload: str) -> str:
    """Return the name of the version that an upload becomes."""
    return f"upload {upload}"


def is_error(reply: Reply) -> bool:
    """Say whether an answer that began as a success ended as an error; nobody knows whether it was done."""
    root = read_xml(reply.body)
    return root is not None and root.name == "Error"


def _is_left_open(case: Case, number: int, outcome: Outcome) -> bool:
    """Say whether an upload's end may be refused for other requests: for those that end it, or replace its parts.

    An upload that another request is about to end may be gone already though its object is not there yet.
    """
    step = case.steps[number]
    if isinstance(outcome, Reply) and outcome.status == 409 and code_of(outcome) == "ConditionalRequestConflict":
        return True
    begun = any(isinstance(one, steps.CreateUpload) and one.called == step.upload for one in case.steps)
    kinds = (steps.CompleteUpload, steps.AbortUpload, steps.UploadPart)
    return not begun or any(
        isinstance(one, kinds) and one.upload == step.upload and (one.lane or isinstance(one, kinds[:2]))
        for at, one in enumerate(case.steps)
        if at != number
    )
