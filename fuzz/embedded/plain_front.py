"""Objects in memory over plain HTTP: public ones for everybody, private ones by Basic authentication."""

import base64
import binascii
import hmac

from fuzz.embedded.bad_service import served
from fuzz.embedded.byte_ranges import RangeNotSatisfiable
from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.memory_objects import MemoryObjects
from fuzz.embedded.object_reads import read
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.s3_front import object_key

CHALLENGE = 'Basic realm="objects", charset="UTF-8"'


class PlainFront:
    """Answers reads under a path prefix, which is followed by bucket and key."""

    def __init__(self, memory: MemoryObjects, prefix: str) -> None:
        self._memory = memory
        self._prefix = prefix

    def __call__(self, request: HttpRequest) -> Answer:
        """The answer to a request, be it an error."""
        path = request.target.partition("?")[0]
        name, _, rest = path.removeprefix(self._prefix).partition("/")
        if request.method not in ("GET", "HEAD"):
            return text_answer(405, "only GET and HEAD are allowed", {"Allow": "GET, HEAD"})
        bucket = self._memory.buckets.get(name)
        if bucket is None:
            return text_answer(404, "there is no such bucket")
        if not bucket.public:
            user = self._user(request.headers.get("authorization"))
            if user is None:
                return text_answer(401, "a user name and password are needed", {"WWW-Authenticate": CHALLENGE})
            if not self._memory.may_read(bucket, user):
                return text_answer(403, "this user may not read the object")
        try:
            stored = bucket.objects.get(object_key(rest))
        except S3Error as error:
            return text_answer(error.status, error.message)
        if stored is None:
            return text_answer(404, "there is no such object")
        try:
            return served(request, stored, read(request, stored))
        except RangeNotSatisfiable:
            size = len(stored.data)
            return text_answer(416, f"the object has {size} bytes", {"Content-Range": f"bytes */{size}"})

    def _user(self, authorization: str | None) -> str | None:
        """The access key that Basic authentication proves."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return None
        access_key, _, secret = given.decode("utf-8", "surrogateescape").partition(":")
        known = self._memory.secrets.get(access_key)
        if known is None or not hmac.compare_digest(known.encode(), secret.encode("utf-8", "surrogateescape")):
            return None
        return access_key


def text_answer(status: int, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """An error in plain text."""
    return HttpResponse(status, {"Content-Type": "text/plain", **(headers or {})}, f"{message}\n".encode())
