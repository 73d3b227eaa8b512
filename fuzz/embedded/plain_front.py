"""Objects in memory over plain HTTP: public ones for everybody, private ones by Basic authentication."""

import base64
import binascii
import hmac

from fuzz.embedded.bad_service import served
from fuzz.embedded.byte_ranges import RangeNotSatisfiable
from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.object_reads import response_to
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import decoded_key
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.reading import stored_of

CHALLENGE = 'Basic realm="objects", charset="UTF-8"'


class PlainFront:
    """Answers reads under a path prefix, which is followed by bucket and key."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def __call__(self, request: HttpRequest) -> Answer:
        """Return the answer to a request, be it an error."""
        path = request.target.partition("?")[0]
        name, _, rest = path.removeprefix(self._prefix).partition("/")
        if request.method not in ("GET", "HEAD"):
            return text_answer(405, "only GET and HEAD are allowed", {"Allow": "GET, HEAD"})
        bucket = self._store.state.buckets.get(name)
        if bucket is None:
            return text_answer(404, "there is no such bucket")
        try:
            key = decoded_key(rest)
        except S3Error as error:
            return text_answer(error.status, error.message)
        if not self._store.may(bucket, None, "s3:GetObject", key):
            user = self._user(request.headers.get("authorization"))
            if user is None:
                return text_answer(401, "a user name and password are needed", {"WWW-Authenticate": CHALLENGE})
            if not self._store.may(bucket, user, "s3:GetObject", key):
                return text_answer(403, "this user may not read the object")
        version = bucket.newest(key)
        if version is None:
            return text_answer(404, "there is no such object")
        stored = stored_of(version)
        try:
            return served(request, stored, response_to(request, stored))
        except RangeNotSatisfiable:
            size = len(stored.data)
            return text_answer(416, f"the object has {size} bytes", {"Content-Range": f"bytes */{size}"})

    def _user(self, authorization: str | None) -> str | None:
        """Return the access key that Basic authentication proves."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return None
        access_key, _, secret = given.decode("utf-8", "surrogateescape").partition(":")
        known = self._store.accounts.get(access_key)
        if known is None or not hmac.compare_digest(known.encode(), secret.encode("utf-8", "surrogateescape")):
            return None
        return access_key


def text_answer(status: int, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return an error in plain text."""
    return HttpResponse(status, {"Content-Type": "text/plain", **(headers or {})}, f"{message}\n".encode())
