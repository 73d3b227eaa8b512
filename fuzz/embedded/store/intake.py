"""Takes the body of a request as it comes: frames off, hashes on, bytes into memory or a file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from fuzz.embedded.aws_chunks import ChunkDecoder
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import Signed
from fuzz.embedded.store.checksums import KINDS, Running
from fuzz.embedded.store.content import Content, in_memory
from fuzz.embedded.store.digests import Declared, declared, decoded_length, trailing_checksum

MOST_BYTES = 5 * 2**30


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it was meant: without framing, its digests verified; the checksums are those that the client sent."""

    content: Content
    md5: bytes = field(repr=False)
    checksums: Mapping[str, str] = field(default_factory=dict)


NO_BODY = Body(Content(), hashlib.md5(usedforsecurity=False).digest())


class Sink(Protocol):
    """A place for bytes that come piece by piece."""

    def write(self, data: bytes) -> None:
        """Take the next bytes."""

    def content(self) -> Content:
        """Return all bytes that came."""


class InMemory:
    """Keeps the bytes that come in memory."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._pieces.append(data)

    def content(self) -> Content:
        """Return all bytes that came."""
        return in_memory(b"".join(self._pieces))


NewSink = Callable[[], Sink]


class Intake:
    """Receives one body; what is wrong with it is told when all of it has come."""

    new_decoder: type[ChunkDecoder] = ChunkDecoder

    def __init__(self, headers: Mapping[str, str], signed: Signed | None, new_sink: NewSink) -> None:
        """Take the head of a request; raises S3Error for what the headers alone show to be wrong."""
        self.signed = signed
        self._declared: Declared = declared(headers)
        self._expected_length = decoded_length(headers, self._declared.framing)
        self._decoder = self.new_decoder(self._declared.framing, signed) if self._declared.framing else None
        self._sink = new_sink()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._payload = hashlib.sha256() if self._declared.payload else None
        kind = self._declared.kind or self._declared.trailer
        self._checksum: Running | None = KINDS[kind]() if kind else None
        self._length = 0
        self._error: S3Error | None = None

    def write(self, data: bytes) -> None:
        """Take the next bytes as they come over the network."""
        if self._error is not None:
            return
        try:
            self._take(self._decoder.feed(data) if self._decoder is not None else (data,))
        except S3Error as error:
            self._error = error

    def _take(self, pieces: Iterable[bytes]) -> None:
        running = [one.update for one in (self._md5, self._payload, self._checksum) if one is not None]
        for piece in pieces:
            self._length += len(piece)
            if self._length > MOST_BYTES:
                raise S3Error("EntityTooLarge")
            for update in running:
                update(piece)
            self._sink.write(piece)

    def body(self) -> Body:
        """Return the body as it was meant; raises S3Error, and then keeps nothing of what came."""
        try:
            return self._checked()
        except S3Error:
            # The error's traceback refers to this intake, which would keep a file until the error is forgotten.
            self._sink = InMemory()
            raise

    def _checked(self) -> Body:
        if self._error is not None:
            # It knows where it was raised, and so this intake: kept here, both would outlive the request.
            error, self._error = self._error, None
            raise error
        trailing = None
        if self._decoder is not None:
            self._decoder.finish()
            trailing = trailing_checksum(self._declared, self._decoder.trailers)
        self.check_length(self._length, self._expected_length)
        if self._payload is not None:
            self.check_payload(self._payload.hexdigest(), self._declared.payload)
        if self._declared.md5 is not None:
            self.check_md5(self._md5.digest(), self._declared.md5)
        checksums = {}
        if self._checksum is not None:
            wanted = self._declared.value if trailing is None else trailing
            self.check_checksum(self._checksum.digest(), wanted)
            checksums = {self._declared.kind or self._declared.trailer: base64.b64encode(wanted).decode()}
        return Body(self.stored(), self._md5.digest(), checksums)

    def stored(self) -> Content:
        """Return the content that came so far, right or wrong."""
        return self._sink.content()

    def check_length(self, came: int, announced: int | None) -> None:
        """Check that the framed content is as long as was announced."""
        if announced is not None and came != announced:
            raise S3Error("IncompleteBody", f"{came} bytes came in place of {announced}.")

    def check_payload(self, came: str, signed: str) -> None:
        """Check that the body is the one that was signed."""
        if came != signed:
            raise S3Error("XAmzContentSHA256Mismatch")

    def check_md5(self, came: bytes, declared_md5: bytes) -> None:
        """Check that the body has the MD5 that was declared."""
        if came != declared_md5:
            raise S3Error("BadDigest")

    def check_checksum(self, came: bytes, declared_checksum: bytes) -> None:
        """Check that the body has the checksum that was declared."""
        if came != declared_checksum:
            raise S3Error("BadDigest")


class Refused:
    """Reads a body that nobody wants, so that the refusal arrives and the connection can go on."""

    def __init__(self, error: S3Error) -> None:
        self.error = error

    def write(self, data: bytes) -> None:
        """Forget the bytes."""
