"""Copy objects as clients do: read one, and write what comes while it comes, in one body or in parts.

At any time no more is held than one read gives. Where the source breaks off, what has begun is ended: the connection of
a body in one piece, the upload of a body in parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.http.answers import Receiver
from fuzz.transport.http.message import BrokenOff
from fuzz.transport.protocol import Came, Client, Exchange, Wait
from specs.objects.model.streams import plan, split
from specs.objects.steps import (
    STAYS,
    AbortUpload,
    CompleteUpload,
    CreateUpload,
    GetObject,
    Part,
    PutObject,
    Sent,
    StreamCopy,
    UploadPart,
)  # fmt: skip
from specs.objects.words import NOTHING, Memory, learned
from specs.outcome import NoReply, Outcome, Reply

# Signs a step about the case's buckets, with what earlier answers told.
Sign = Callable[[Any, Memory], HttpMessage]
# The digest of a body is not known when it is begun.
UNSIGNED = Sent(signing="unsigned-payload")
UPLOAD = "u"


class Pipe(Receiver):
    """The content of an object while it is read: `size` is known once the answer has begun."""

    def __init__(self, leaves: int) -> None:
        self._pieces: deque[bytes] = deque()
        self._leaves = leaves
        self._reading: Exchange | None = None
        self._ready: bool | None = None
        self._given = 0
        self.size: int | None = None
        self.outcome: Outcome = None
        self.most_held = 0

    def begin(self, reply: Reply) -> None:
        """Take the head of the answer."""
        length = reply.header("content-length") or ""
        self.size = int(length) if length.isdigit() else None

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._pieces.append(data)
        self.most_held = max(self.most_held, sum(map(len, self._pieces)))

    def reading(self, exchange: Exchange) -> Generator[Wait, bool, None]:
        """Read by an exchange until the length is known; where the answer says none, until its end."""
        self._reading = exchange
        while self.size is None and self.outcome is None:
            yield from self._on()
        if self.size is None and isinstance(self.outcome, Reply) and self.outcome.status < 300:
            self.size = sum(map(len, self._pieces))

    def pieces(self, count: int) -> Generator[bytes | Wait, bool, None]:
        """Yield the next so many bytes, and the waits for them; raises BrokenOff where the source breaks off."""
        assert self.size is not None
        end = self.size if self._leaves == STAYS else min(self._leaves, self.size - 1)
        while count:
            while not self._pieces and self.outcome is None:
                yield from self._on()
            if not self._pieces or self._given >= end:
                raise BrokenOff(f"the source broke off after {self._given} of {self.size} bytes")
            piece = self._pieces.popleft()
            given = piece[: min(count, end - self._given)]
            if len(given) < len(piece):
                self._pieces.appendleft(piece[len(given) :])
            self._given += len(given)
            count -= len(given)
            yield given

    def close(self) -> None:
        """Stop reading."""
        if self._reading is not None:
            self._reading.close()

    def _on(self) -> Generator[Wait, bool, None]:
        """Read on until the next wait is over."""
        assert self._reading is not None
        try:
            wait = next(self._reading) if self._ready is None else self._reading.send(self._ready)
        except StopIteration as end:
            self.outcome = end.value.outcome
            return
        self._ready = yield wait


def streamed(step: StreamCopy, sign: Sign, client: Client) -> Exchange:
    """Make a streamed copy; its outcome is that of the read if it fails, and otherwise that of the write."""
    source = HttpClient(client.url, client.settings)
    pipe = Pipe(step.leaves)
    read = sign(GetObject(bucket=step.source_bucket, key=step.source_key), NOTHING)
    try:
        yield from pipe.reading(source.exchange(replace(read, receiver=pipe)))
        if pipe.size is None:
            assert pipe.outcome is not None
            return Came(pipe.outcome)
        came = yield from (_in_parts if step.part_bytes else _at_once)(step, sign, client, pipe)
        # What the store broke off itself is told as the source's fault.
        broke = isinstance(pipe.outcome, NoReply) and isinstance(came.outcome, NoReply)
        return Came(pipe.outcome) if broke and pipe.outcome is not None else came
    finally:
        pipe.close()
        source.close()


def _at_once(step: StreamCopy, sign: Sign, client: Client, pipe: Pipe) -> Exchange:
    put = PutObject(bucket=step.bucket, key=step.key, headers=step.headers, sent=UNSIGNED)
    assert pipe.size is not None
    return (yield from client.exchange(_with_body(sign(put, NOTHING), pipe, pipe.size)))


def _in_parts(step: StreamCopy, sign: Sign, client: Client, pipe: Pipe) -> Exchange:
    conditions, rest = split(step.headers)
    begin = CreateUpload(bucket=step.bucket, key=step.key, headers=rest, called=UPLOAD)
    came = yield from client.exchange(sign(begin, NOTHING))
    memory = learned(NOTHING, begin, came.outcome)
    if memory is NOTHING:
        return came
    parts = []
    assert pipe.size is not None
    for number, (_, size) in enumerate(plan(pipe.size, step.part_bytes), 1):
        part = UploadPart(
            bucket=step.bucket, key=step.key, upload=UPLOAD, number=str(number), called=f"p{number}", sent=UNSIGNED
        )
        came = yield from client.exchange(_with_body(sign(part, memory), pipe, size))
        memory = learned(memory, part, came.outcome)
        if not _done(came.outcome):
            return (yield from _ended(step, sign, client, memory, came))
        parts.append(Part(str(number), f"{{etag p{number}}}"))
    complete = CompleteUpload(bucket=step.bucket, key=step.key, upload=UPLOAD, parts=tuple(parts), headers=conditions)
    came = yield from client.exchange(sign(complete, memory))
    return came if _done(came.outcome) else (yield from _ended(step, sign, client, memory, came))


def _ended(step: StreamCopy, sign: Sign, client: Client, memory: Memory, came: Came) -> Exchange:
    """End an upload that came to nothing; its end must be done too."""
    abort = AbortUpload(bucket=step.bucket, key=step.key, upload=UPLOAD)
    ended = yield from client.exchange(sign(abort, memory))
    return came if _done(ended.outcome) else ended


def _done(outcome: Outcome) -> bool:
    return isinstance(outcome, Reply) and outcome.status < 300


def _with_body(message: HttpMessage, pipe: Pipe, size: int) -> HttpMessage:
    if not size:
        return message
    return replace(message, headers=(*message.headers, ("Content-Length", str(size))), body=pipe.pieces(size))
