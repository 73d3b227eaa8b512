"""Judge requests at the same time, key by key: puts, deletes, reads and listings, conditional or not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from specs.case import Case
from specs.objects import steps
from specs.objects.answers import code_of
from specs.objects.content import NO_CONTENT, Content
from specs.objects.model.listings import decoded
from specs.objects.model.registers import FOREVER, IMPOSSIBLE, Call, Value, linearizable
from specs.objects.profile import Profile
from specs.objects.state import METADATA, md5_etag
from specs.objects.words import NOTHING, Memory, filled, learned, quoted
from specs.objects.xml import read_xml, text_of
from specs.outcome import NoReply, Outcome, Reply
from specs.violation import Violation, Way

Place = tuple[str, str]
_ON_ONE_KEY = (steps.PutObject, steps.GetObject, steps.HeadObject, steps.DeleteObject, steps.StreamCopy)
CONFLICT = (409, "ConditionalRequestConflict")


@dataclass(frozen=True, slots=True)
class Read:
    """The parts of a version that a read shows: its ETag, and its content and metadata if the read shows them."""

    etag: str
    digest: str | None = None
    metadata: tuple[tuple[str, str], ...] | None = None


@dataclass
class Histories:
    """The calls on each key, and the versions that were ever written to it, by their names."""

    calls: dict[Place, list[Call]] = field(default_factory=dict)
    versions: dict[Place, dict[str, Read]] = field(default_factory=dict)
    conditional: set[Place] = field(default_factory=set)


def violations(case: Case, outcomes: Sequence[Outcome], profile: Profile) -> Iterator[Violation]:
    """List the keys whose answers no order of the requests explains, and answers that no version explains."""
    yield from _broken(outcomes)
    made = histories(case, outcomes)
    for place, calls in made.calls.items():
        torn = list(_torn(case, outcomes, place, made.versions.get(place, {})))
        yield from torn
        if torn:
            continue
        verdict = linearizable(calls, None)
        if verdict.right is False:
            free = [replace(one, after=unconditional(one.after)) for one in calls]
            only = place in made.conditional and linearizable(free, None).right is not False
            requirement = "one-winner" if only else "linearizable"
            if requirement == "one-winner" and not profile.rules("one-winner"):
                continue
            title = "conditional writes at the same time have another number of winners than one" if only else (
                "no order of the requests explains the answers")  # fmt: skip
            yield Violation(
                requirement,
                title,
                f"an order of the requests on {place[1]!r}",
                _told(case, outcomes, place),
                way=Way.VALUES,
                aspect=requirement,
                step=-1,
            )


def left_out(case: Case, outcomes: Sequence[Outcome]) -> int:
    """Count the keys on which no verdict was reached within the bound."""
    return sum(linearizable(calls, None).right is None for calls in histories(case, outcomes).calls.values())


def _broken(outcomes: Sequence[Outcome]) -> Iterator[Violation]:
    """List errors of the server's; a store that is healthy has none but requests to slow down."""
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, Reply) and outcome.status >= 500 and outcome.status not in (501, 503):
            yield Violation(
                "no-server-error",
                f"{outcome.status} beside other requests",
                "an answer",
                f"{outcome.status} {code_of(outcome)}",
                way=Way.SERVER_ERROR,
                status=outcome.status,
                step=number,
            )


@dataclass(frozen=True)
class _Conditional:
    """The effects of a call if its condition holds, and without any condition."""

    with_it: Callable[[Value], Any]
    without: Callable[[Value], Any]

    def __call__(self, value: Value) -> Any:
        return self.with_it(value)


def unconditional(after: Callable[[Value], Any]) -> Callable[[Value], Any]:
    """Return what a call does without its condition."""
    return after.without if isinstance(after, _Conditional) else after


def histories(case: Case, outcomes: Sequence[Outcome]) -> Histories:
    """Return the calls on each key of a case."""
    made = Histories()
    for number, (step, outcome) in enumerate(zip(case.steps, outcomes)):
        if outcome is None:
            continue
        memory = _known(case, outcomes, number) if "{" in str(step.headers) else NOTHING
        begun, ended = outcome.begun_ms, outcome.begun_ms + outcome.elapsed_ms
        if isinstance(step, steps.ListObjects):
            _note_listing(made, case, step, outcome, number)
        elif isinstance(step, _ON_ONE_KEY):
            if _tells_nothing(step, outcome):
                continue
            place = (step.bucket, step.key)
            unknown = isinstance(outcome, NoReply) or (outcome.status >= 500 and outcome.status != 501)
            after, reads = _effect(made, place, case, outcome, memory, number)
            if not (unknown and reads):
                end = FOREVER if unknown else ended
                made.calls.setdefault(place, []).append(Call(begun, end, after, number, reads, unknown))
    return made


def _content(case: Case, number: int) -> Content:
    """Return what a write puts: of a streamed copy, what was put last, before any lanes, under its source's key."""
    step = case.steps[number]
    if isinstance(step, steps.PutObject):
        return step.content
    several = takewhile(lambda one: not one.lane, case.steps)
    place = (step.source_bucket, step.source_key)
    puts = [one for one in several if isinstance(one, steps.PutObject) and (one.bucket, one.key) == place]
    return puts[-1].content if puts else NO_CONTENT


def _tells_nothing(step: Any, outcome: Outcome) -> bool:
    """Say whether an answer to a read says nothing of the whole of what the key holds: of a part, or a refusal."""
    read = isinstance(step, steps.GetObject | steps.HeadObject)
    return (
        read and isinstance(outcome, Reply) and (bool(step.query) or outcome.status not in (200, 404, *range(500, 600)))
    )


def _known(case: Case, outcomes: Sequence[Outcome], number: int) -> Memory:
    """Return what answers had told when a request was sent."""
    memory, sent = NOTHING, outcomes[number]
    for step, outcome in zip(case.steps, outcomes):
        if sent is not None and outcome is not None and outcome.begun_ms + outcome.elapsed_ms <= sent.begun_ms:
            memory = learned(memory, step, outcome)
    return memory


def _effect(
    made: Histories, place: Place, case: Case, outcome: Outcome, memory: Memory, number: int
) -> tuple[Callable[[Value], Any], bool]:
    """Return what a request does to its key, given its answer, and whether it only reads."""
    step = case.steps[number]
    status = outcome.status if isinstance(outcome, Reply) else 0
    if isinstance(step, steps.GetObject | steps.HeadObject):
        shown = None if status == 404 or not isinstance(outcome, Reply) else read_of(step, outcome)
        return (lambda value: value if _shows(made, place, value, shown) else IMPOSSIBLE), True
    name: Value = None
    if isinstance(step, steps.PutObject | steps.StreamCopy):
        name = f"step {number}"
        data = _content(case, number).data
        metadata = tuple(
            sorted((key.lower(), value) for key, value in step.headers if key.lower().startswith(METADATA))
        )
        version = Read(md5_etag(data), hashlib.sha256(data).hexdigest(), metadata)
        made.versions.setdefault(place, {})[name] = version
    holds = _condition(made, place, step, memory)
    if holds is None:
        if 400 <= status < 500 or status == 501:
            return (lambda value: value), True
        return (lambda _value: name), False
    made.conditional.add(place)
    if 400 <= status < 500:
        free = isinstance(outcome, Reply) and (status, code_of(outcome)) == CONFLICT
        failing = (lambda value: value) if free else (lambda value: IMPOSSIBLE if holds(value) else value)
        return _Conditional(failing, lambda value: value), True
    if status:
        return _Conditional(lambda value: name if holds(value) else IMPOSSIBLE, lambda _value: name), False
    return _Conditional(lambda value: name if holds(value) else value, lambda _value: name), False


def _condition(made: Histories, place: Place, step: Any, memory: Memory) -> Callable[[Value], bool] | None:
    """Return the condition of a write, as a question about what the key holds; None if it has none."""
    if steps.header(step, "if-none-match") == "*":
        return lambda value: value is None
    match = steps.header(step, "if-match")
    if match is None:
        return None
    wanted = filled(match, memory)
    return lambda value: value is not None and made.versions[place][value].etag == wanted


def read_of(step: Any, reply: Reply) -> Read:
    """Return what an answer to GET or HEAD shows."""
    digest = hashlib.sha256(reply.body).hexdigest() if isinstance(step, steps.GetObject) else None
    metadata = tuple(sorted((name, value) for name, value in reply.headers if name.startswith(METADATA)))
    return Read(reply.header("etag") or "", digest, metadata)


def _shows(made: Histories, place: Place, value: Value, shown: Read | None) -> bool:
    if value is None or shown is None:
        return value is None and shown is None
    return _is_of(shown, made.versions[place][value])


def _is_of(shown: Read, version: Read) -> bool:
    """Say whether a read may show that version."""
    return (
        shown.etag == version.etag
        and shown.digest in (None, version.digest)
        and shown.metadata in (None, version.metadata)
    )


def _torn(case: Case, outcomes: Sequence[Outcome], place: Place, versions: Mapping[str, Read]) -> Iterator[Violation]:
    """List reads that show no single version that was ever written."""
    for number, (step, outcome) in enumerate(zip(case.steps, outcomes)):
        read = isinstance(step, steps.GetObject | steps.HeadObject) and (step.bucket, step.key) == place
        if not read or not isinstance(outcome, Reply) or outcome.status != 200:
            continue
        shown = read_of(step, outcome)
        if not any(_is_of(shown, one) for one in versions.values()):
            yield Violation(
                "no-torn-reads",
                "a read shows no version that was written",
                f"one of {len(versions)} versions",
                f"ETag {shown.etag}, {len(outcome.body)} bytes",
                way=Way.VALUES,
                aspect="torn",
                status=200,
                step=number,
            )


def _note_listing(made: Histories, case: Case, step: steps.ListObjects, outcome: Outcome, number: int) -> None:
    """Take a whole listing as a read of every key of its bucket."""
    if not isinstance(outcome, Reply) or outcome.status != 200 or step.prefix or step.delimiter or step.start:
        return
    root = read_xml(outcome.body)
    if root is None or text_of(root, "IsTruncated") != "false":
        return
    encoded = text_of(root, "EncodingType") == "url"
    told = {
        decoded(text_of(one, "Key") or "", encoded): quoted(text_of(one, "ETag") or "") for one in root.all("Contents")
    }
    keys = {one.key for one in case.steps if hasattr(one, "key") and one.bucket == step.bucket}
    for key in sorted(keys):
        place = (step.bucket, key)
        shown = Read(told[key]) if key in told else None

        def after(value: Value, place: Place = place, shown: Read | None = shown) -> Any:
            return value if _shows(made, place, value, shown) else IMPOSSIBLE

        end = outcome.begun_ms + outcome.elapsed_ms
        made.calls.setdefault(place, []).append(Call(outcome.begun_ms, end, after, number, reads=True))


MOST_TOLD = 12


def _told(case: Case, outcomes: Sequence[Outcome], place: Place) -> str:
    """Describe the answers about a key in one line."""
    told = [
        f"{number} {type(step).__name__} {outcome.status}"
        for number, (step, outcome) in enumerate(zip(case.steps, outcomes))
        if isinstance(outcome, Reply) and (step.bucket, getattr(step, "key", "")) == place
    ]
    return ", ".join(told[:MOST_TOLD]) + (f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else "")
