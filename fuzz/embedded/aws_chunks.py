"""Bodies in the framing that AWS clients use to sign or checksum while they send."""

import re

from fuzz.embedded.s3_errors import S3Error

CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(;[^\r\n]*)?\r\n")


def unframed(body: bytes) -> bytes:
    """The content of an `aws-chunked` body; signatures of single chunks and trailers are not verified."""
    content = bytearray()
    position = 0
    while match := CHUNK_LINE.match(body, position):
        size = int(match[1], 16)
        if size == 0:
            return bytes(content)
        start = match.end()
        position = start + size + 2
        if body[start + size : position] != b"\r\n":
            break
        content += body[start : start + size]
    raise S3Error("IncompleteBody", f"An aws-chunked body is malformed at byte {position}.")
