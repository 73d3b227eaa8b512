"""Bodies in the framing that AWS clients use to sign or checksum while they send."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from enum import Enum, auto

from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import Signed

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_WITH_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_WITH_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
FRAMINGS = frozenset({SIGNED, SIGNED_WITH_TRAILER, UNSIGNED_WITH_TRAILER})
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;([^\r\n]*))?")
SIGNATURE = re.compile(rb"chunk-signature=([0-9a-f]{64})")
TRAILER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*?)[ \t]*")
TRAILER_SIGNATURE = "x-amz-trailer-signature"
LONGEST_LINE = 4096
NOTHING_HASHED = hashlib.sha256(b"").hexdigest()


class Awaited(Enum):
    """The part of a framed body that comes next."""

    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILER = auto()
    NOTHING = auto()


class ChunkDecoder:
    """Takes the framing off a body piece by piece, and verifies the signatures of chunks where there are some."""

    def __init__(self, framing: str, signed: Signed | None) -> None:
        """Take a framing of `FRAMINGS`; signatures are verified if it has them and the request is signed."""
        self.trailers: dict[str, str] = {}
        self._signed = signed if framing != UNSIGNED_WITH_TRAILER else None
        self._has_trailer = framing != SIGNED
        self._last_signature = signed.claim.signature if signed is not None else ""
        self._buffer = bytearray()
        self._awaited = Awaited.SIZE
        self._left = 0
        self._signature = b""
        self._hash = hashlib.sha256()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the content in the next bytes; raises S3Error."""
        self._buffer += data
        while self._buffer:
            if self._awaited is Awaited.DATA:
                yield self._content()
            elif self._awaited is Awaited.NOTHING:
                raise S3Error("IncompleteBody", "Bytes follow the last chunk.")
            elif not self._take_line():
                return

    def finish(self) -> None:
        """Take the end of the body; raises S3Error if its framing has not ended."""
        if self._awaited is not Awaited.NOTHING:
            raise S3Error("IncompleteBody", "An aws-chunked body ends before its last chunk does.")

    def _content(self) -> bytes:
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: len(piece)]
        self._left -= len(piece)
        if self._signed is not None:
            self._hash.update(piece)
        if not self._left:
            self._awaited = Awaited.DATA_END
        return piece

    def _take_line(self) -> bool:
        """Take a line; False where it has not come as a whole."""
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise S3Error("IncompleteBody", "A line of an aws-chunked body is too long.")
            return False
        line = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        if self._awaited is Awaited.TRAILER:
            self._take_trailer(line.rstrip(b"\r\n"))
        elif not line.endswith(b"\r\n"):
            raise S3Error("IncompleteBody", "A line of an aws-chunked body ends in LF without CR.")
        elif self._awaited is Awaited.SIZE:
            self._take_size(line[:-2])
        else:
            self._end_data(line)
        return True

    def _take_size(self, line: bytes) -> None:
        match = CHUNK_LINE.fullmatch(line)
        if match is None:
            raise S3Error("IncompleteBody", "The size of a chunk is malformed.")
        self._left = int(match[1], 16)
        if self._signed is not None:
            signature = SIGNATURE.fullmatch(match[2] or b"")
            if signature is None:
                raise S3Error("SignatureDoesNotMatch", "A chunk has no signature.")
            self._signature = signature[1]
        self._awaited = Awaited.DATA
        if not self._left:
            self._verify_chunk()
            self._awaited = Awaited.TRAILER

    def _end_data(self, line: bytes) -> None:
        if line != b"\r\n":
            raise S3Error("IncompleteBody", "A chunk is longer than its size says.")
        self._verify_chunk()
        self._awaited = Awaited.SIZE

    def _verify_chunk(self) -> None:
        if self._signed is None:
            return
        hashes = NOTHING_HASHED, self._hash.hexdigest()
        wanted = self._signed.sign("AWS4-HMAC-SHA256-PAYLOAD", self._last_signature, *hashes)
        if not hmac.compare_digest(wanted, self._signature.decode()):
            raise S3Error("SignatureDoesNotMatch", "The signature of a chunk is wrong.")
        self._last_signature = wanted
        self._hash = hashlib.sha256()

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self._awaited = Awaited.NOTHING
            if self._signed is not None and self._has_trailer:
                self._verify_trailer(self._signed)
            return
        match = TRAILER_LINE.fullmatch(line)
        name = match[1].decode().lower() if match else ""
        if match is None or not self._has_trailer or name in self.trailers:
            raise S3Error("MalformedTrailerError")
        self.trailers[name] = match[2].decode()

    def _verify_trailer(self, signed: Signed) -> None:
        given = self.trailers.pop(TRAILER_SIGNATURE, None)
        if given is None:
            raise S3Error("MalformedTrailerError", "The trailer is not signed.")
        lines = "".join(f"{name}:{value}\n" for name, value in self.trailers.items())
        hashed = hashlib.sha256(lines.encode()).hexdigest()
        wanted = signed.sign("AWS4-HMAC-SHA256-TRAILER", self._last_signature, hashed)
        if not hmac.compare_digest(wanted, given):
            raise S3Error("SignatureDoesNotMatch", "The signature of the trailer is wrong.")
