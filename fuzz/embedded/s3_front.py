"""S3's protocol, path style, over objects in memory: what readers need, and a little writing."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from fuzz.embedded import bucket_policies, s3_listings
from fuzz.embedded.aws_chunks import unframed
from fuzz.embedded.bad_service import served
from fuzz.embedded.byte_ranges import RangeNotSatisfiable
from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.memory_objects import Bucket, MemoryObjects, stored_object
from fuzz.embedded.object_reads import read
from fuzz.embedded.s3_errors import S3Error, error_answer
from fuzz.embedded.sigv4 import STREAMING, authenticate, query_pairs

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
LONGEST_KEY_BYTES = 1024
LISTING_PARAMETERS = frozenset(
    {
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "list-type",
        "marker",
        "max-keys",
        "prefix",
        "start-after",
        "x-id",
    }
)
READING_PARAMETERS = frozenset({"x-id", "versionId"})


class S3Front:
    """Answers S3 requests for the objects of one memory."""

    def __init__(self, memory: MemoryObjects, *, reserved: frozenset[str] = frozenset()) -> None:
        self._memory = memory
        self._reserved = reserved

    def __call__(self, request: HttpRequest) -> Answer:
        """The answer to a request, be it an error."""
        try:
            return self._answer(request)
        except S3Error as error:
            return error_answer(error, request.target.partition("?")[0])

    def _answer(self, request: HttpRequest) -> Answer:
        user = authenticate(request, self._memory.secrets, datetime.now(UTC))
        path, _, query = request.target.partition("?")
        name, slash, rest = path.removeprefix("/").partition("/")
        if not name:
            return self._list_buckets(request, user)
        parameters = own_parameters(query)
        if slash and rest:
            return self._object(request, user, name, object_key(rest), parameters)
        return self._bucket(request, user, name, parameters)

    def _list_buckets(self, request: HttpRequest, user: str | None) -> HttpResponse:
        if request.method != "GET":
            raise S3Error("MethodNotAllowed")
        if user is None:
            raise S3Error("AccessDenied")
        names = sorted(self._memory.buckets) if user == self._memory.owner else []
        return s3_listings.bucket_list(user, names)

    def _find(self, name: str, user: str | None, *, write: bool) -> Bucket:
        """A bucket that the user may read or write."""
        bucket = self._memory.buckets.get(name)
        if bucket is None:
            raise S3Error("NoSuchBucket", details={"BucketName": name})
        allowed = user == self._memory.owner if write else self._memory.may_read(bucket, user)
        if not allowed:
            raise S3Error("AccessDenied")
        return bucket

    def _bucket(self, request: HttpRequest, user: str | None, name: str, parameters: Mapping[str, str]) -> HttpResponse:
        method = request.method
        if method == "PUT" and not parameters:
            return self._create(name, user)
        if method == "POST" and "delete" in parameters:
            keys = s3_listings.keys_to_delete(request.body)
            bucket = self._find(name, user, write=True)
            for key in keys:
                bucket.objects.pop(key, None)
            return s3_listings.deletion_result(keys)
        if method == "DELETE" and not parameters:
            return self._remove(self._find(name, user, write=True))
        if method in ("PUT", "DELETE") and parameters.keys() == {"policy"}:
            public = method == "PUT" and bucket_policies.lets_everybody_read(request.body)
            return self._open(self._find(name, user, write=True), public=public)
        bucket = self._find(name, user, write=method not in ("GET", "HEAD"))
        if method == "HEAD":
            return HttpResponse(200, {"x-amz-bucket-region": "us-east-1"})
        if method == "GET" and "location" in parameters:
            return s3_listings.xml_document("LocationConstraint", "")
        if method == "GET" and LISTING_PARAMETERS.issuperset(parameters):
            return s3_listings.object_list(bucket, parameters)
        raise S3Error("NotImplemented" if parameters else "MethodNotAllowed")

    def _create(self, name: str, user: str | None) -> HttpResponse:
        if user != self._memory.owner:
            raise S3Error("AccessDenied")
        if name in self._reserved or BUCKET_NAME.fullmatch(name) is None:
            raise S3Error("InvalidBucketName")
        if name in self._memory.buckets:
            raise S3Error("BucketAlreadyOwnedByYou")
        self._memory.buckets[name] = Bucket(name)
        return HttpResponse(200, {"Location": f"/{name}"})

    def _open(self, bucket: Bucket, *, public: bool) -> HttpResponse:
        """Let everybody read a bucket's objects, or the owner alone."""
        self._memory.buckets[bucket.name] = replace(bucket, public=public)
        return HttpResponse(204, {})

    def _remove(self, bucket: Bucket) -> HttpResponse:
        if bucket.objects:
            raise S3Error("BucketNotEmpty")
        self._memory.buckets.pop(bucket.name, None)
        return HttpResponse(204, {})

    def _object(
        self,
        request: HttpRequest,
        user: str | None,
        name: str,
        key: str,
        parameters: Mapping[str, str],
    ) -> Answer:
        method = request.method
        bucket = self._find(name, user, write=method not in ("GET", "HEAD"))
        if method not in ("GET", "HEAD", "PUT", "DELETE"):
            raise S3Error("NotImplemented" if parameters else "MethodNotAllowed")
        if not READING_PARAMETERS.issuperset(parameters):
            raise S3Error("NotImplemented")
        if method == "PUT":
            return put(bucket, key, request)
        if method == "DELETE":
            bucket.objects.pop(key, None)
            return HttpResponse(204, {})
        return get(bucket, key, request)


def get(bucket: Bucket, key: str, request: HttpRequest) -> Answer:
    """The answer to GetObject or HeadObject."""
    stored = bucket.objects.get(key)
    if stored is None:
        raise S3Error("NoSuchKey", details={"Key": key})
    try:
        answer = read(request, stored)
    except RangeNotSatisfiable:
        size = str(len(stored.data))
        raise S3Error(
            "InvalidRange",
            headers={"Content-Range": f"bytes */{size}"},
            details={"RangeRequested": request.headers["range"], "ActualObjectSize": size},
        ) from None
    if answer.status == 412:
        raise S3Error("PreconditionFailed")
    return served(request, stored, answer)


def put(bucket: Bucket, key: str, request: HttpRequest) -> HttpResponse:
    """The answer to PutObject."""
    if "x-amz-copy-source" in request.headers:
        raise S3Error("NotImplemented", "CopyObject is not implemented.")
    framed = request.headers.get("x-amz-content-sha256", "").startswith(STREAMING)
    stored = stored_object(unframed(request.body) if framed else request.body)
    bucket.objects[key] = stored
    return HttpResponse(200, {"ETag": stored.etag})


def own_parameters(query: str) -> dict[str, str]:
    """A query's parameters, without those of a presigned URL."""
    if not query:
        return {}
    return {name: value for name, value in query_pairs(query) if not name.lower().startswith("x-amz-")}


def object_key(path: str) -> str:
    """The key that the rest of a path names, percent-decoded exactly once."""
    raw = unquote_to_bytes(path.encode("latin-1"))
    if len(raw) > LONGEST_KEY_BYTES:
        raise S3Error("KeyTooLongError")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI") from None
