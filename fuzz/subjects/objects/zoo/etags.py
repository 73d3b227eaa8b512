"""Animals whose ETags are not what they should be."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.intake import Body
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket, Part, Version
from fuzz.subjects.objects.zoo.changing import with_headers


class EtagOfLength(ObjectStore):
    """It makes the ETag from the length of the object alone."""

    def etag(self, body: Body) -> str:
        return f'"{hashlib.md5(str(body.content.size).encode(), usedforsecurity=False).hexdigest()}"'


class EtagOfTheStart(ObjectStore):
    """It makes the ETag from the first 1,024 bytes."""

    def etag(self, body: Body) -> str:
        start = body.content.read(0, min(1024, body.content.size))
        return f'"{hashlib.md5(start, usedforsecurity=False).hexdigest()}"'


class EtagRandom(ObjectStore):
    """It makes up a new ETag for each write."""

    def etag(self, body: Body) -> str:  # noqa: ARG002
        return f'"{secrets.token_hex(16)}"'


class EtagUnquoted(ObjectStore):
    """It gives ETags without quotes in headers."""

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().object_headers(call, bucket, version)
        return {**headers, "ETag": version.etag.strip('"')}


class EtagUpperCase(ObjectStore):
    """It gives ETags in upper case to those who read."""

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().object_headers(call, bucket, version)
        return {**headers, "ETag": version.etag.upper()}


class EtagInListingIsAnother(ObjectStore):
    """It lists the ETag of the empty object for all."""

    def facts(self, version: Version) -> str:
        return super().facts(replace(version, etag='"d41d8cd98f00b204e9800998ecf8427e"'))


class EtagOfPutMissing(ObjectStore):
    """It answers a put without an ETag."""

    def put_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().put_headers(call, bucket, version)
        del headers["ETag"]
        return headers


class EtagOfPartMissing(ObjectStore):
    """It answers the put of a part without an ETag."""

    def upload_part(self, call: Call) -> HttpResponse:
        answer = with_headers(super().upload_part(call), ETag=None)
        assert isinstance(answer, HttpResponse)
        return answer


class EtagOfPartsIsMd5(ObjectStore):
    """It gives an object that came in parts the MD5 of its bytes as ETag."""

    def assembled(self, bucket: Bucket, upload: object, parts: Sequence[Part]) -> Version:
        version = super().assembled(bucket, upload, parts)  # type: ignore[arg-type]
        etag = hashlib.md5(version.content.read(), usedforsecurity=False).hexdigest()
        return replace(version, etag=f'"{etag}"')


class EtagOfPartsHasNoCount(ObjectStore):
    """It gives an object that came in parts an ETag without their number."""

    def joined_etag(self, parts: Sequence[Part]) -> str:
        return super().joined_etag(parts).partition("-")[0] + '"'


class EtagOfPartsHexDigits(ObjectStore):
    """It makes the ETag of an object that came in parts from hex digits in place of bytes."""

    def joined_etag(self, parts: Sequence[Part]) -> str:
        digits = "".join(part.etag.strip('"') for part in parts)
        return f'"{hashlib.md5(digits.encode(), usedforsecurity=False).hexdigest()}-{len(parts)}"'
