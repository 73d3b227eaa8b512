"""Tell triage about histories of requests to an object store: their traits, and plainer forms of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from functools import partial
from typing import Any, ClassVar

from fuzz.subjects.objects.conversions import come_to_the_same
from fuzz.subjects.objects.need_words import said
from fuzz.triage import reading
from fuzz.triage.trait import Trait
from fuzz.triage.trial import Trial
from specs.case import Case
from specs.objects import steps
from specs.objects.conditions import OF_COPIES
from specs.objects.content import Content
from specs.objects.state import METADATA, STANDARD_HEADERS
from specs.objects.steps import PLAINLY, STAYS, ListObjects

Change = Callable[[Any], Any]
PLAIN_KEY = "k"
ANSWER = "answer to "
PLAIN_CONTENT = Content(b"x")


def changed(change: Change) -> Callable[[Trial], Trial | None]:
    """Return a function that changes each step of a trial, or leaves it out; None where that changes nothing."""

    def drop(trial: Trial) -> Trial | None:
        made = tuple(one for one in map(change, trial.case.steps) if one is not None)
        if made == trial.case.steps or not made or type(made[-1]) is not type(trial.case.steps[-1]):
            return None
        return trial.of_steps(*made)

    return drop


def _without_header(name: str, step: Any) -> Any:
    return replace(step, headers=tuple(pair for pair in step.headers if pair[0].lower() != name))


def _without_headers(belongs: Callable[[str], bool], step: Any) -> Any:
    kept = tuple(pair for pair in step.headers if not belongs(pair[0].lower()))
    return replace(step, headers=kept) if kept != step.headers else step


def _with_plain_header(name: str, plain: tuple[str, str], step: Any) -> Any:
    """Return a step with a plain header in the place of the named one, if it has the one and not yet the other."""
    if not any(pair[0].lower() == name for pair in step.headers):
        return step
    return replace(
        step, headers=tuple(dict.fromkeys(plain if pair[0].lower() == name else pair for pair in step.headers))
    )


def _is_metadata(name: str) -> bool:
    return name.startswith(METADATA)


def _is_of_source(name: str) -> bool:
    return name.startswith(f"{OF_COPIES}if-")


def _is_standard(name: str) -> bool:
    return name in STANDARD_HEADERS


def _without_query(name: str, step: Any) -> Any:
    return replace(step, query=tuple(pair for pair in step.query if pair[0] != name))


def _without_kind(kind: type, last: Any, step: Any) -> Any:
    return None if isinstance(step, kind) and step is not last else step


def _plainly(name: str, plain: Any, step: Any) -> Any:
    return replace(step, **{name: plain}) if getattr(step, name, plain) != plain else step


def _with_key(old: str, new: str, step: Any) -> Any:
    changes: dict[str, Any] = {name: new for name in ("key", "source_key") if getattr(step, name, None) == old}
    if isinstance(step, steps.DeleteObjects):
        changes["keys"] = tuple(replace(one, key=new) if one.key == old else one for one in step.keys)
    return replace(step, **changes) if changes else step


def words(kind: type) -> str:
    """Name a kind of step in words, as the name of a trait."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).strip()


def answer_trait(trial: Trial) -> Iterator[Trait]:
    """List a trait for the kind of the request that fails; without it a plain read fails in its place."""
    last = trial.case.steps[-1]
    key = getattr(last, "key", "")
    plain: Any = steps.GetObject(bucket=last.bucket, key=key) if key else ListObjects(bucket=last.bucket)
    if not isinstance(last, type(plain)) and not last.lane:
        yield Trait(f"{ANSWER}{words(type(last))}", lambda other: other.of_steps(*other.case.steps[:-1], plain))


def header_traits(trial: Trial) -> Iterator[Trait]:
    """List a trait for each header and each name of a query that the trial's steps have."""
    names = dict.fromkeys(name.lower() for step in trial.case.steps for name, _ in step.headers)
    for words, belongs, plain in ATTRIBUTES:
        yield Trait(words, changed(partial(_without_headers, belongs)))
        for name in filter(belongs, names):
            # Another attribute in its place shows whether any would do.
            yield Trait(f"header {name}", changed(partial(_with_plain_header, name, plain)))
    for name in names:
        if not any(belongs(name) for _, belongs, _ in ATTRIBUTES):
            yield Trait(f"header {name}", changed(partial(_without_header, name)))
    for name in dict.fromkeys(name for step in trial.case.steps for name, _ in step.query):
        yield Trait(f"query {name}", changed(partial(_without_query, name)))


def step_traits(trial: Trial) -> Iterator[Trait]:
    """List a trait for each kind of step before the last."""
    last = trial.case.steps[-1]
    for kind in dict.fromkeys(type(step) for step in trial.case.steps[:-1]):
        yield Trait(f"step {words(kind)}", changed(partial(_without_kind, kind, last)))


def key_traits(trial: Trial) -> Iterator[Trait]:
    """List the traits of a case's keys: one for each key other than the plain key."""
    keys = dict.fromkeys(
        key for step in trial.case.steps for key in (getattr(step, "key", ""), getattr(step, "source_key", "")) if key
    )
    if PLAIN_KEY not in keys:
        for key in keys:
            yield Trait(f"key {key[:40]!r}", changed(partial(_with_key, key, PLAIN_KEY)))


# Headers of which any may do: the words for all of them, and the plainest one.
ATTRIBUTES: tuple[tuple[str, Callable[[str], bool], tuple[str, str]], ...] = (
    ("metadata", _is_metadata, ("x-amz-meta-color", "blue")),
    ("headers of the object", _is_standard, ("Content-Type", "text/plain")),
    ("a condition on the source", _is_of_source, ("x-amz-copy-source-If-Match", '"d41d8cd98f00b204e9800998ecf8427e"')),
)
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
    ("a later page", "after", ""),
    ("version 1", "v2", True),
    ("a limit of parts", "most", ""),
    ("a marker", "marker", ""),
)


class Reading(reading.Reading):
    """The answers to triage's questions about object stores."""

    __slots__ = ()

    stateful: ClassVar[bool] = True
    plainest: ClassVar[Case | None] = Case("plainest", (ListObjects(),))
    beginnings: ClassVar[tuple[str, ...]] = ("another ", "header ", "query ", "step ", "key ", ANSWER)
    within: ClassVar[dict[str, str]] = {name: "" for name, *_ in (*FIELDS, *ATTRIBUTES)}

    def in_words(self, needs: Iterable[str], case: Case) -> tuple[str, ...]:
        """Return needs in words that say what in the case they are."""
        return said(needs, case)

    def traits(self, trial: Trial) -> Iterable[Trait]:
        """List the traits of a history: what fails, kinds of steps, headers, ways of sending, parameters, keys."""
        yield from answer_trait(trial)
        yield from step_traits(trial)
        yield from header_traits(trial)
        for name, field, plain in FIELDS:
            yield Trait(name, changed(partial(_plainly, field, plain)))
        yield from key_traits(trial)

    def come_to_the_same(self, trial: Trial) -> Iterator[Trial]:
        """List forms of a history whose writes are made in plainer ways."""
        return come_to_the_same(trial)

    def plainer(self, trial: Trial) -> Iterator[Trial]:
        """List trials with a step less, shorter contents, or plainer values."""
        several = trial.case.steps
        for number in range(len(several) - 2, -1, -1):
            yield trial.of_steps(*several[:number], *several[number + 1 :])
        for number, step in enumerate(several):
            for plain in _plainer_steps(step):
                yield trial.of_steps(*several[:number], plain, *several[number + 1 :])


def _plainer_steps(step: Any) -> Iterator[Any]:
    content = getattr(step, "content", None)
    if content is not None and content != PLAIN_CONTENT:
        if content.fill:
            yield replace(step, content=replace(content, fill=0))
            yield replace(step, content=replace(content, fill=content.fill // 2))
        if content.size > 1:
            yield replace(step, content=PLAIN_CONTENT)
    names = {one.name for one in fields(step)}
    if "parts" in names and len(step.parts) > 1:
        yield from (replace(step, parts=(*step.parts[:at], *step.parts[at + 1 :])) for at in range(len(step.parts)))
    if "keys" in names and len(step.keys) > 1:
        yield from (replace(step, keys=(*step.keys[:at], *step.keys[at + 1 :])) for at in range(len(step.keys)))
