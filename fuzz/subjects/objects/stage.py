"""Give each case buckets of its own, write its requests, keep what answers tell, and remove all afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from secrets import token_hex
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fuzz.running.store import Store, Unstorable
from fuzz.subject import Talk
from fuzz.subjects.objects.lazy import size_of
from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.sending import signed
from fuzz.subjects.objects.signing import Key, Plain, in_header, target
from fuzz.subjects.objects.streams import streamed
from fuzz.transport.http import HttpMessage
from fuzz.transport.protocol import Errand
from specs.case import Case
from specs.objects import steps
from specs.objects.answers import code_of
from specs.objects.model.batches import in_xml
from specs.objects.model.judging import FIRST_BUCKETS, SLOW_DOWN
from specs.objects.profile import Profile
from specs.objects.words import BUCKET_IN_KEY, NOTHING, Memory, learned
from specs.objects.xml import Element, read_xml, text_of
from specs.outcome import Outcome, Reply

Send = Callable[[HttpMessage], Outcome]
Query = tuple[tuple[str, str], ...]
Result = TypeVar("Result")
Found = tuple[str, Query]
# A batch is worth its while for so many keys, and may name no more than these.
MANY, MOST_AT_ONCE = 2, 1000
# How often a bucket is listed and emptied before it is left behind.
MOST_ROUNDS = 12
# How long to wait before each of five more tries, where a store asks to come again later.
WAITS_SECONDS = (0.25, 0.5, 1.0, 2.0, 4.0)
ALIASES = {"wrong-secret": "wrong-secret", "unknown": "unknown"}


@dataclass
class Places:
    """The real names of a case's buckets, which keys were written, and what answers told."""

    buckets: dict[str, str]
    made: set[str] = field(default_factory=set)
    memory: Memory = NOTHING
    written: set[tuple[str, str]] = field(default_factory=set)
    # Whether the case keeps versions, and whether it is about batches, which are then not used to remove its keys.
    versioned: bool = False
    of_batches: bool = False


class CaseBuckets:
    """The stage of object stores: each case has fresh buckets."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self._profile = profile
        region = getattr(store, "region", "us-east-1")
        self._keys = {name: Key(one.access_key, one.secret, region) for name, one in store.credentials.items()}
        self.secrets = tuple(one.secret for name, one in store.credentials.items())
        self.run = token_hex(4)
        self._numbers = count(1)
        self._host = ""
        self._send: Send | None = None
        self.left_behind: list[str] = []
        self._takes_batches = True

    def reach(self, url: str, send: Send) -> None:
        """Take the URL of the store under test, and a function that sends a message to it."""
        self._host = urlsplit(url).netloc.rpartition("@")[2]
        self._send = send

    def begin(self, case: Case, *, afresh: bool) -> Places:
        """Create the buckets that the case begins with."""
        return self._told(self.beginning(case, afresh=afresh))

    def beginning(self, case: Case, *, afresh: bool) -> Talk[Places]:  # noqa: ARG002
        """Create the buckets that the case begins with, as a talk; a talk that is given up leaves none of them."""
        number = next(self._numbers)
        named = {name for step in case.steps for name in _buckets_of(step)}
        places = Places(
            {name: f"asfuzz-{self.run}-{number}-{name}" for name in sorted(named)},
            versioned=any(isinstance(step, steps.PutVersioning) for step in case.steps),
            of_batches=any(isinstance(step, steps.DeleteObjects | steps.Malformed) for step in case.steps),
        )
        try:
            for name in FIRST_BUCKETS:
                if name in named:
                    yield from self._made(places, places.buckets[name])
        except GeneratorExit:
            self.end(places)
            raise
        return places

    def _made(self, places: Places, bucket: str) -> Talk[None]:
        """Create a bucket, as often as the store says that it is too busy or not ready; raises Unstorable."""
        places.made.add(bucket)
        came = yield self._question("PUT", bucket)
        for seconds in WAITS_SECONDS:
            if not isinstance(came, Reply) or came.status not in SLOW_DOWN:
                break
            time.sleep(seconds)
            came = yield self._question("PUT", bucket)
        if not isinstance(came, Reply) or came.status >= 300:
            places.made.discard(bucket)
            raise Unstorable(f"no bucket for the case: PUT /{bucket} gets {in_short(came)}")

    def prepare(self, step: Any, places: Places) -> None:
        """Do nothing: every step of this subject is a request."""

    def message(self, step: Any, places: Places) -> HttpMessage | Errand:
        """Return the signed request of a step, or all those of a step that takes several."""
        now = time.time()
        names = Names(self._host, places.buckets, places.memory, now)
        if isinstance(step, steps.CreateBucket):
            places.made.add(names.bucket(step.bucket))
        key = getattr(step, "key", "")
        if key:
            places.written.add((names.bucket(step.bucket), names.key(key)))
        if isinstance(step, steps.StreamCopy):
            return Errand(partial(streamed, step, partial(self._signed, places)))
        plain = signed(plain_request(step, names), step.sent, self._keys, now)
        message = written(plain)
        leaves = getattr(step, "leaves", steps.STAYS)
        if leaves == steps.STAYS or not plain.body:
            return message
        # Of a body in chunks, too, some of the content must be missing: the end of the last frame is no content.
        most = min(size_of(plain.body), max(1, step.content.size)) - 1
        return replace(message, leaves_after=min(leaves, most))

    def _signed(self, places: Places, step: Any, memory: Memory) -> HttpMessage:
        """Return the request of a step that knows only what its own errand was told."""
        now = time.time()
        plain = plain_request(step, Names(self._host, places.buckets, memory, now))
        return written(signed(plain, step.sent, self._keys, now))

    def heard(self, step: Any, places: Places, outcome: Outcome) -> Outcome:
        """Keep what an answer told for later steps, forget keys that are deleted, and tell buckets by their names."""
        places.memory = learned(places.memory, step, outcome)
        if isinstance(step, steps.DeleteObject | steps.DeleteObjects) and _is_done(outcome):
            keys = (step.key,) if isinstance(step, steps.DeleteObject) else tuple(one.key for one in step.keys)
            bucket = places.buckets.get(step.bucket, step.bucket)
            places.written -= {(bucket, key) for key in keys}
        return _named(places, outcome) if isinstance(step, steps.ListBuckets) else outcome

    def end(self, places: Places) -> None:
        """Remove the buckets of the case and all that is in them."""
        self._told(self.ending(places))

    def ending(self, places: Places) -> Talk[None]:
        """Remove the buckets of the case and all that is in them, as a talk."""
        for bucket in sorted(places.made):
            found: list[Found] = [(key, ()) for holder, key in sorted(places.written) if holder == bucket]
            if places.versioned:
                found = [*_versions_in((yield from self._read(bucket, ("versions", ""))))]
            said = yield from self._deleted(bucket, found, at_once=not places.of_batches)
            if not (yield from self._removed(bucket)):
                yield from self._purge(bucket, said)

    def _deleted(self, bucket: str, found: Sequence[Found], *, at_once: bool) -> Talk[Sequence[Found]]:
        """Delete objects and versions, by one request if the store takes such; return what that should have done."""
        batch = [one for one in found[:MOST_AT_ONCE] if in_xml(one[0])] if at_once and self._takes_batches else []
        if len(batch) < MANY:
            batch = []
        else:
            came = yield self._batch(bucket, batch)
            self._takes_batches = isinstance(came, Reply) and came.status == 200
            refused = _refused_in(came)
            batch = [one for one in batch if self._takes_batches and one[0] not in refused]
        gone = set(batch)
        for one in found:
            if one not in gone:
                yield self._question("DELETE", bucket, *one)
        return batch

    def _batch(self, bucket: str, found: Sequence[Found]) -> HttpMessage:
        """Return the request that deletes several objects and versions, by the owner."""
        keys = tuple(steps.Named(key, dict(query).get("versionId", "")) for key, query in found)
        step = steps.DeleteObjects(bucket=f"={bucket}", keys=keys, quiet=True)
        plain = plain_request(step, Names(self._host, {}, NOTHING, 0.0))
        return written(in_header(plain, self._keys["owner"], time.time()))

    def remove_left(self, run: str) -> int:
        """Remove the buckets that a run left behind because it was killed; return how many there were."""
        root = self._told(self._read("", None))
        named = (
            []
            if root is None
            else [text_of(one, "Name") or "" for two in root.all("Buckets") for one in two.all("Bucket")]
        )
        left = [one for one in named if one.startswith(f"asfuzz-{run}-")]
        for bucket in left:
            self._told(self._purge(bucket))
        return len(left)

    def _removed(self, bucket: str) -> Talk[bool]:
        came = yield self._question("DELETE", bucket)
        return isinstance(came, Reply) and came.status in (200, 204, 404)

    def _purge(self, bucket: str, deleted: Sequence[Found] = ()) -> Talk[None]:
        """Empty a bucket of objects, versions and uploads, and remove it.

        A store that still has what a batch is said to have deleted is sent no more batches.
        """
        for _ in range(MOST_ROUNDS):
            yield self._question("DELETE", bucket, query=(("policy", ""),))
            objects = [*_objects_in((yield from self._read(bucket, ("list-type", "2"))))]
            found = [
                *_versions_in((yield from self._read(bucket, ("versions", "")))),
                *_uploads_in((yield from self._read(bucket, ("uploads", "")))),
                *objects,
            ]
            self._takes_batches &= not any(one in deleted for one in objects)
            for key, query in found:
                yield self._question("DELETE", bucket, key, query)
            if (yield from self._removed(bucket)):
                return
            if not found:
                break
        self.left_behind.append(bucket)

    def _read(self, bucket: str, asked: tuple[str, str] | None) -> Talk[Element | None]:
        came = yield self._question("GET", bucket, query=() if asked is None else (asked,))
        return read_xml(came.body) if isinstance(came, Reply) and came.status == 200 else None

    def _question(self, method: str, bucket: str, key: str = "", query: Query = ()) -> HttpMessage:
        """Return a request of the stage's own, by the owner."""
        path = f"/{bucket}" + (f"/{key}" if key else "")
        plain = Plain(method, self._host, path.encode("utf-8", "surrogateescape"), query)
        return written(in_header(plain, self._keys["owner"], time.time()))

    def _told(self, talk: Talk[Result]) -> Result:
        """Send what a talk asks, one after the other, and return its result."""
        assert self._send is not None, "the stage reaches no store"
        try:
            message = next(talk)
            while True:
                message = talk.send(self._send(message))
        except StopIteration as end:
            result: Result = end.value
            return result


def _refused_in(came: Outcome) -> set[str]:
    """Return the keys that a batch did not delete as the store says."""
    root = read_xml(came.body) if isinstance(came, Reply) else None
    return set() if root is None else {text_of(one, "Key") or "" for one in root.all("Error")}


def _versions_in(root: Element | None) -> Iterator[Found]:
    for one in () if root is None else root.children:
        if one.name in ("Version", "DeleteMarker"):
            yield text_of(one, "Key") or "", (("versionId", text_of(one, "VersionId") or "null"),)


def _uploads_in(root: Element | None) -> Iterator[Found]:
    for one in () if root is None else root.all("Upload"):
        yield text_of(one, "Key") or "", (("uploadId", text_of(one, "UploadId") or ""),)


def _objects_in(root: Element | None) -> Iterator[Found]:
    for one in () if root is None else root.all("Contents"):
        yield text_of(one, "Key") or "", ()


def written(plain: Plain) -> HttpMessage:
    """Return a request as a message to send."""
    length = () if isinstance(plain.body, bytes) else (("Content-Length", str(plain.body.size)),)
    return HttpMessage(plain.method, target(plain), (("Host", plain.host), *plain.headers, *length), plain.body)


def in_short(outcome: Outcome) -> str:
    """Tell an answer in a few words: its status with the code of an error, or with the type of what is none of S3."""
    if not isinstance(outcome, Reply):
        return f"no answer: {outcome.reason}" if outcome is not None else "no answer"
    return f"{outcome.status} {code_of(outcome) or outcome.header('content-type') or ''}".rstrip()


def _named(places: Places, outcome: Outcome) -> Outcome:
    """Return a list of buckets in which those of the case have the names that keys name them by."""
    if not isinstance(outcome, Reply):
        return outcome
    body = outcome.body
    for name, real in places.buckets.items():
        body = body.replace(f">{real}<".encode(), f">~bucket-{name}~<".encode())
    return replace(outcome, body=body)


def _is_done(outcome: Outcome) -> bool:
    return isinstance(outcome, Reply) and outcome.status < 300


def _buckets_of(step: Any) -> Iterator[str]:
    """List the logical buckets that a step names, in its keys too."""
    for name in (step.bucket, getattr(step, "source_bucket", "")):
        if name and not name.startswith("="):
            yield name
    yield from BUCKET_IN_KEY.findall(getattr(step, "key", ""))
