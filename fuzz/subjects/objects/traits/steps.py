"""List the traits of a history's steps: which request fails, which are before it, and how they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from fuzz.subjects.objects.traits.changing import changed
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from specs.objects import steps
from specs.objects.content import Content
from specs.objects.steps import PLAINLY, STAYS, ListObjects

ANSWER = "answer to "
CONTENT = Content(b"x")
FIELDS: tuple[tuple[str, str, Any], ...] = (
    ("a client that goes away", "leaves", STAYS),
    ("a plan of parts", "part_bytes", 0),
    ("another way of sending", "sent", PLAINLY),
    ("a prefix", "prefix", ""),
    ("a delimiter", "delimiter", ""),
    ("a start", "start", ""),
    ("a limit", "max_keys", ""),
    ("encoding", "url", False),
    ("quiet mode", "quiet", False),
    ("a digest", "digest", "md5"),
    ("version 1", "v2", True),
    ("a limit of parts", "most", ""),
    ("a marker", "marker", ""),
)
PAGES = "a later page"
EMPTY = "an empty content"
# The ways of signing that do not hang on a body.
OF_ANY_REQUEST = ("header", "presigned", "late-clock", "early-clock")
LIMITS, ALL_ITEMS = ("max_keys", "most"), "1000"


def answer_trait(trial: Trial) -> Iterator[Trait]:
    """List a trait for the kind of the request that fails; without it a plainer read fails in its place.

    A read of the bucket itself is the plainest one, and has no such trait.
    """
    last, plain = trial.case.steps[-1], _plainer_read(trial)
    if not isinstance(last, type(plain) | steps.GetObject | steps.HeadBucket) and not last.lane:
        yield Trait(f"{ANSWER}{words(type(last))}", lambda other: other.of_steps(*other.case.steps[:-1], plain))


def _plainer_read(trial: Trial) -> Any:
    """Return a read in the place of the last request.

    What is sent in an unusual way is a listing then, as one of a key that is missing is refused in any case. A listing
    that fails for what the bucket holds is a read of the key that was written last; else the bucket is asked for. A
    batch has a digest, and a put with that digest is plainer. HEAD and GET take the same headers and parameters. A copy
    reads its source.
    """
    last = trial.case.steps[-1]
    if last.sent.signing in OF_ANY_REQUEST and last.sent != PLAINLY:
        return ListObjects(bucket=last.bucket, sent=last.sent)
    if isinstance(last, steps.DeleteObjects) and last.digest:
        kind = last.digest.removeprefix("wrong ")
        name = "Content-MD5" if kind == "md5" else f"x-amz-checksum-{kind}"
        return steps.PutObject(bucket=last.bucket, key="k", content=CONTENT, headers=((name, f"{{{last.digest}}}"),))
    if isinstance(last, steps.HeadObject):
        return steps.GetObject(bucket=last.bucket, key=last.key, headers=last.headers, query=last.query)
    if source := getattr(last, "source_key", ""):
        return steps.GetObject(bucket=last.source_bucket, key=source)
    if key := getattr(last, "key", ""):
        return steps.GetObject(bucket=last.bucket, key=key)
    if not isinstance(last, ListObjects):
        return ListObjects(bucket=last.bucket)
    keys = [key for one in trial.case.steps if one.bucket == last.bucket and (key := getattr(one, "key", ""))]
    return steps.GetObject(bucket=last.bucket, key=keys[-1]) if keys else steps.HeadBucket(bucket=last.bucket)


def step_traits(trial: Trial) -> Iterator[Trait]:
    """List a trait for each kind of step before the last."""
    last = trial.case.steps[-1]
    for kind in dict.fromkeys(type(step) for step in trial.case.steps[:-1]):
        yield Trait(f"step {words(kind)}", changed(partial(_without_kind, kind, last)))


def field_traits() -> Iterator[Trait]:
    """List the traits of requests that have something special in a field."""
    yield Trait(PAGES, _on_one_page)
    yield Trait(EMPTY, _without_emptiness)
    for name, field, plain in FIELDS:
        yield Trait(name, changed(partial(_plainly, field, plain)))


def _on_one_page(trial: Trial) -> Trial | None:
    """Return the trial with all items on the page that the last request lists, and without the pages before it."""
    *before, last = trial.case.steps
    if not getattr(last, "after", ""):
        return None
    limits = {name: ALL_ITEMS for name in LIMITS if getattr(last, name, "")}
    whole = replace(last, after="", **limits)
    return trial.of_steps(*(one for one in before if not (isinstance(one, type(last)) and one.called)), whole)


def _without_emptiness(trial: Trial) -> Trial | None:
    """Return a history with a plain content in the place of empty ones, unless conditions may be about these.

    A single request is plainer without a content.
    """
    conditions = any("if-" in name.lower() for step in trial.case.steps for name, _ in step.headers)
    return changed(_filled)(trial) if trial.several and not conditions else None


def _filled(step: Any) -> Any:
    """Return a step with a plain content if it writes an empty one."""
    empty = isinstance(step, steps.PutObject | steps.UploadPart) and not step.content.size
    return replace(step, content=CONTENT) if empty else step


def words(kind: type) -> str:
    """Name a kind of step in words, as the name of a trait."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).strip()


def _without_kind(kind: type, last: Any, step: Any) -> Any:
    return None if isinstance(step, kind) and step is not last else step


def _plainly(name: str, plain: Any, step: Any) -> Any:
    return replace(step, **{name: plain}) if getattr(step, name, plain) != plain else step
