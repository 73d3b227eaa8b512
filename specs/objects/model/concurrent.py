"""Judge requests at the same time, key by key: puts, deletes, completions, reads and listings, conditional or not."""

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
from specs.objects.model import completions
from specs.objects.model.listings import decoded
from specs.objects.model.registers import FOREVER, IMPOSSIBLE, NOTHING_HELD, Call, Held, linearizable
from specs.objects.profile import Profile
from specs.objects.reading import faults_of_etag
from specs.objects.state import METADATA, md5_etag
from specs.objects.words import NOTHING, Memory, filled, learned, quoted
from specs.objects.xml import read_xml, text_of
from specs.outcome import NoReply, Outcome, Reply
from specs.violation import Violation, Way

Place = tuple[str, str]
_ON_ONE_KEY = (
    steps.PutObject, steps.GetObject, steps.HeadObject, steps.DeleteObject, steps.StreamCopy, steps.CompleteUpload,
    steps.AbortUpload,
)  # fmt: skip
# What these do to keys is not judged at the same time as other requests.
_ON_A_BUCKET = (steps.CreateBucket, steps.DeleteBucket, steps.PutVersioning, steps.PutPolicy, steps.DeletePolicy)
MOST_ETAGS_TOLD, MOST_ANSWERS_TOLD = 3, 12
CONFLICT = (409, "ConditionalRequestConflict")


@dataclass(frozen=True, slots=True)
class Read:
    """The parts of a version that a read shows: its ETag, and its content and metadata if the read shows them.

    A version whose ETag is not known has none.
    """

    etag: str | None
    digest: str | None = None
    metadata: tuple[tuple[str, str], ...] | None = None


@dataclass
class Histories:
    """The calls on each key, and the versions that were ever written to it, by their names.

    Of the keys in `unordered` the versions are known, but not which of them a write took; of those in `unknown`,
    nothing is.
    """

    calls: dict[Place, list[Call]] = field(default_factory=dict)
    versions: dict[Place, dict[str, Read]] = field(default_factory=dict)
    conditional: set[Place] = field(default_factory=set)
    # The ETags of objects of parts as completions told them, by upload: the formula is put to the test elsewhere.
    told: dict[str, str] = field(default_factory=dict)
    unordered: set[Place] = field(default_factory=set)
    unknown: set[Place] = field(default_factory=set)


def violations(case: Case, outcomes: Sequence[Outcome], profile: Profile) -> Iterator[Violation]:
    """List the keys whose answers no order of the requests explains, and answers that no version explains."""
    yield from _broken(outcomes)
    made = histories(case, outcomes)
    misnamed = list(_misnamed(case, outcomes, profile))
    yield from misnamed
    # What a read should show is not known where a put told another ETag, nor what a copy does.
    spoilt = {case.steps[one.step].about for one in misnamed}
    spoilt |= {one.about for one in case.steps if misnamed and isinstance(one, steps.CopyObject | steps.StreamCopy)}
    for place, calls in made.calls.items():
        if place in made.unknown | spoilt:
            continue
        torn = list(_torn(case, outcomes, place, made.versions.get(place, {})))
        yield from torn
        if torn or place in made.unordered:
            continue
        verdict = linearizable(calls, NOTHING_HELD)
        if verdict.right is False:
            free = [replace(one, after=unconditional(one.after)) for one in calls]
            only = place in made.conditional and linearizable(free, NOTHING_HELD).right is not False
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
    made = histories(case, outcomes)
    return sum(
        place not in made.unordered | made.unknown and linearizable(calls, NOTHING_HELD).right is None
        for place, calls in made.calls.items()
    )


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


def _misnamed(case: Case, outcomes: Sequence[Outcome], profile: Profile) -> Iterator[Violation]:
    """List the puts that told another ETag than that of their content, which no order of the requests changes."""
    for number, (step, outcome) in enumerate(zip(case.steps, outcomes)):
        if not isinstance(step, steps.PutObject) or not isinstance(outcome, Reply) or outcome.status != 200:
            continue
        if step.leaves == steps.STAYS and not step.sent.fault:
            due = md5_etag(step.content.data) if profile.rules("etag-md5") else None
            yield from (replace(one, step=number) for one in faults_of_etag(due, outcome))


@dataclass(frozen=True)
class _Conditional:
    """The effects of a call if its condition holds, and without any condition."""

    with_it: Callable[[Held], Any]
    without: Callable[[Held], Any]

    def __call__(self, held: Held) -> Any:
        return self.with_it(held)


def unconditional(after: Callable[[Held], Any]) -> Callable[[Held], Any]:
    """Return what a call does without its condition."""
    return after.without if isinstance(after, _Conditional) else after


def histories(case: Case, outcomes: Sequence[Outcome]) -> Histories:
    """Return the calls on each key of a case."""
    made = Histories(told=completions.told_etags(case, outcomes))
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
            if isinstance(step, steps.CompleteUpload) and isinstance(outcome, Reply):
                unknown = unknown or (outcome.status == 200 and completions.is_error(outcome))
            after, reads = _effect(made, place, case, outcome, memory, number)
            if not (unknown and reads):
                end = FOREVER if unknown else ended
                made.calls.setdefault(place, []).append(Call(begun, end, after, number, reads, unknown))
    _leave_out(made, case)
    made.unknown |= set(completions.untold(case, outcomes))
    return made


def _leave_out(made: Histories, case: Case) -> None:
    """Note the keys on which something was done that is not judged beside other requests, or only in part."""
    places = {*made.calls, *made.versions}
    for step in case.steps:
        if isinstance(step, _ON_A_BUCKET):
            made.unknown |= {place for place in places if place[0] == step.bucket}
        elif isinstance(step, steps.DeleteObjects):
            made.unknown |= {(step.bucket, one.key) for one in step.keys}
        elif isinstance(step, steps.CompleteUpload) and completions.parts_of(case, step) is None:
            made.unknown.add((step.bucket, step.key))
    for step in case.steps:
        if isinstance(step, steps.CopyObject):
            _note_copy(made, step)


def _note_copy(made: Histories, step: steps.CopyObject) -> None:
    """Take a copy as a write of any version that its source ever had; one that is no plain copy is not judged."""
    source, place = (step.source_bucket, step.source_key), (step.bucket, step.key)
    versions = made.versions.get(source, {})
    if step.headers or step.source_version or source in made.unknown | made.unordered or any(map(_of_parts, versions)):
        made.unknown.add(place)
        return
    made.unordered.add(place)
    made.versions.setdefault(place, {}).update({f"copy of {name}": one for name, one in versions.items()})


def _of_parts(name: str) -> bool:
    """Say whether a version of that name was made of parts, whose copies may have other ETags."""
    return name.startswith(completions.version_name(""))


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
) -> tuple[Callable[[Held], Any], bool]:
    """Return what a request does to its key, given its answer, and whether it only reads."""
    step = case.steps[number]
    status = outcome.status if isinstance(outcome, Reply) else 0
    if isinstance(step, steps.GetObject | steps.HeadObject):
        shown = None if status == 404 or not isinstance(outcome, Reply) else read_of(step, outcome)
        return (lambda held: held if _shows(made, place, held, shown) else IMPOSSIBLE), True
    if isinstance(step, steps.AbortUpload):
        return completions.abortion(case, number, outcome)
    if isinstance(step, steps.CompleteUpload):
        return _completed(made, place, case, outcome, memory, number)
    name: str | None = None
    if isinstance(step, steps.PutObject | steps.StreamCopy):
        name = f"step {number}"
        data = _content(case, number).data
        told = outcome.header("etag") if isinstance(outcome, Reply) and isinstance(step, steps.PutObject) else None
        version = Read(told or md5_etag(data), hashlib.sha256(data).hexdigest(), _metadata(step.headers))
        made.versions.setdefault(place, {})[name] = version
    holds = _condition(made, place, step, memory)
    if holds is None:
        if 400 <= status < 500 or status == 501:
            return (lambda held: held), True
        return (lambda held: Held(name, held.ended)), False
    made.conditional.add(place)
    if 400 <= status < 500:
        free = isinstance(outcome, Reply) and (status, code_of(outcome)) == CONFLICT
        failing = (lambda held: held) if free else (lambda held: IMPOSSIBLE if holds(held) else held)
        return _Conditional(failing, lambda held: held), True

    def written(held: Held) -> Any:
        return Held(name, held.ended) if holds(held) else IMPOSSIBLE if status else held

    return _Conditional(written, lambda held: Held(name, held.ended)), False


def _completed(
    made: Histories, place: Place, case: Case, outcome: Outcome, memory: Memory, number: int
) -> tuple[Callable[[Held], Any], bool]:
    """Return what a completion does to its key, given its answer, and whether it changes nothing."""
    step = case.steps[number]
    data = completions.parts_of(case, step) or []
    made.versions.setdefault(place, {})[completions.version_name(step.upload)] = Read(
        made.told.get(step.upload) or completions.etag_of(data),
        hashlib.sha256(b"".join(data)).hexdigest(),
        _metadata(completions.headers_of(case, step)),
    )
    holds = _condition(made, place, step, memory)
    after, reads = completions.completion(case, number, outcome, holds)
    if holds is None:
        return after, reads
    made.conditional.add(place)
    without = (lambda held: held) if reads else completions.completion(case, number, outcome, None)[0]
    return _Conditional(after, without), reads


def _metadata(headers: steps.Pairs) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name.lower(), value) for name, value in headers if name.lower().startswith(METADATA)))


def _condition(made: Histories, place: Place, step: Any, memory: Memory) -> Callable[[Held], bool] | None:
    """Return the condition of a write, as a question about what the key holds; None if it has none."""
    if steps.header(step, "if-none-match") == "*":
        return lambda held: held.version is None
    match = steps.header(step, "if-match")
    if match is None:
        return None
    wanted = filled(match, memory)
    return lambda held: held.version is not None and made.versions[place][held.version].etag == wanted


def read_of(step: Any, reply: Reply) -> Read:
    """Return what an answer to GET or HEAD shows."""
    digest = hashlib.sha256(reply.body).hexdigest() if isinstance(step, steps.GetObject) else None
    return Read(reply.header("etag") or "", digest, _metadata(reply.headers))


def _shows(made: Histories, place: Place, held: Held, shown: Read | None) -> bool:
    if held.version is None or shown is None:
        return held.version is None and shown is None
    return _is_of(shown, made.versions[place][held.version])


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
                _versions_told(versions),
                f"ETag {shown.etag}, {len(outcome.body)} bytes",
                way=Way.VALUES,
                aspect="torn",
                status=200,
                step=number,
            )


def _versions_told(versions: Mapping[str, Read]) -> str:
    """Tell which versions of an object a read may show."""
    etags = [str(one.etag) for one in versions.values()]
    if len(etags) == 1:
        return f"the version that was written, ETag {etags[0]}"
    more = f" and {len(etags) - MOST_ETAGS_TOLD} more" if len(etags) > MOST_ETAGS_TOLD else ""
    return f"one of the {len(etags)} versions that were written, ETags {', '.join(etags[:MOST_ETAGS_TOLD])}{more}"


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

        def after(held: Held, place: Place = place, shown: Read | None = shown) -> Any:
            return held if _shows(made, place, held, shown) else IMPOSSIBLE

        end = outcome.begun_ms + outcome.elapsed_ms
        made.calls.setdefault(place, []).append(Call(outcome.begun_ms, end, after, number, reads=True))


def _told(case: Case, outcomes: Sequence[Outcome], place: Place) -> str:
    """Describe the answers about a key in one line."""
    told = [
        f"{number} {type(step).__name__} {outcome.status}"
        for number, (step, outcome) in enumerate(zip(case.steps, outcomes))
        if isinstance(outcome, Reply) and (step.bucket, getattr(step, "key", "")) == place
    ]
    return ", ".join(told[:MOST_ANSWERS_TOLD]) + (
        f" and {len(told) - MOST_ANSWERS_TOLD} more" if len(told) > MOST_ANSWERS_TOLD else ""
    )
