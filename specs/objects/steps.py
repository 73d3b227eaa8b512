"""Define the steps of cases about object stores: one frozen dataclass for each operation of the API.

Buckets, accounts, uploads, versions and ETags have logical names. A step may be `called` something; the templates in
later steps use that name, as in `{etag first}` for the ETag that the step called `first` was answered with.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from specs.objects.content import NO_CONTENT, Content

Account = Literal["owner", "second", "anonymous", "unknown", "wrong-secret"]
Signing = Literal[
    "header", "unsigned-payload", "presigned", "late-clock", "early-clock", "chunks", "chunks-trailer",
    "unsigned-trailer",
]  # fmt: skip
SigningFault = Literal[
    "", "other-signature", "other-method", "other-path", "other-query", "other-header", "skewed", "expired",
    "expires-zero", "expires-too-long", "expires-missing", "malformed-header", "other-algorithm", "other-service",
    "other-day", "no-date", "payload-hash", "payload-word", "chunk-signature", "trailer-signature", "no-last-chunk",
    "too-little-data", "no-decoded-length", "trailer-checksum", "trailer-missing",
]  # fmt: skip
Pairs = tuple[tuple[str, str], ...]
ACCOUNTS: tuple[Account, ...] = get_args(Account)
SIGNINGS: tuple[Signing, ...] = get_args(Signing)
SIGNING_FAULTS: tuple[SigningFault, ...] = get_args(SigningFault)
STREAMED: tuple[Signing, ...] = ("chunks", "chunks-trailer", "unsigned-trailer")


@dataclass(frozen=True, slots=True)
class Sent:
    """The way in which a request is sent: by which account, how signed, and with which fault of the signature."""

    by: Account = "owner"
    signing: Signing = "header"
    fault: SigningFault = ""


PLAINLY = Sent()
# What a client that stays until it is answered has in the place of a number of bytes.
STAYS = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A request about a bucket; `lane` 0 is sent alone, requests of other lanes are sent beside each other."""

    bucket: str = "a"
    called: str = ""
    headers: Pairs = ()
    query: Pairs = ()
    sent: Sent = PLAINLY
    lane: int = 0

    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = False
    came_later: ClassVar[tuple[str, ...]] = ("bucket", "called", "headers", "query", "sent", "lane", "leaves")
    method: ClassVar[str] = "GET"

    @property
    def about(self) -> Hashable:
        """Return the bucket and the key that the step is about."""
        return self.bucket, getattr(self, "key", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBuckets(Step):
    """Lists the caller's buckets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBucket(Step):
    """Creates a bucket."""

    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadBucket(Step):
    """Asks whether a bucket exists."""

    method: ClassVar[str] = "HEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteBucket(Step):
    """Deletes a bucket."""

    method: ClassVar[str] = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutObject(Step):
    """Stores an object; with `leaves`, the client goes away after so many bytes of the body."""

    key: str
    content: Content = NO_CONTENT
    leaves: int = STAYS
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetObject(Step):
    """Reads an object, whole or in part."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadObject(Step):
    """Reads what is known of an object without its content."""

    key: str
    method: ClassVar[str] = "HEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteObject(Step):
    """Deletes an object."""

    key: str
    method: ClassVar[str] = "DELETE"


@dataclass(frozen=True, slots=True)
class Named:
    """A key, and a version of it if one is named, in a request that deletes several."""

    key: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteObjects(Step):
    """Deletes several objects by one request; `digest` is what the request proves its body with."""

    keys: tuple[Named, ...]
    quiet: bool = False
    digest: Literal["md5", "wrong md5", "crc32", "sha256", ""] = "md5"
    method: ClassVar[str] = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyObject(Step):
    """Copies one version of an object."""

    key: str
    source_key: str
    source_bucket: str = "a"
    source_version: str = ""
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCopy(Step):
    """Copies an object by reading it and writing what comes, in one body or in parts of `part_bytes`.

    With `leaves`, the source breaks off after so many bytes; then the client ends what it has begun.
    """

    key: str
    source_key: str
    source_bucket: str = "a"
    part_bytes: int = 0
    leaves: int = STAYS
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListObjects(Step):
    """Lists a page of a bucket's keys; `after` is the called listing whose next page this is."""

    v2: bool = True
    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    max_keys: str = ""
    url: bool = True
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateUpload(Step):
    """Begins an upload in parts."""

    key: str
    method: ClassVar[str] = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPart(Step):
    """Sends a part of an upload; with `leaves`, the client goes away after so many bytes of the body."""

    key: str
    upload: str
    number: str = "1"
    content: Content = NO_CONTENT
    leaves: int = STAYS
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPartCopy(Step):
    """Makes a part of an upload from an object, or from a range of it."""

    key: str
    upload: str
    source_key: str
    source_bucket: str = "a"
    source_version: str = ""
    number: str = "1"
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True)
class Part:
    """A part as Complete lists it: its number and its ETag, mostly a template."""

    number: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteUpload(Step):
    """Makes an object of the listed parts."""

    key: str
    upload: str
    parts: tuple[Part, ...]
    method: ClassVar[str] = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbortUpload(Step):
    """Ends an upload without an object."""

    key: str
    upload: str
    method: ClassVar[str] = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListParts(Step):
    """Lists the parts of an upload."""

    key: str
    upload: str
    most: str = ""
    marker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUploads(Step):
    """Lists the uploads in progress of a bucket."""

    prefix: str = ""
    delimiter: str = ""
    most: str = ""
    after: str = ""
    url: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PutTagging(Step):
    """Gives an object tags."""

    key: str
    tags: Pairs = ()
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTagging(Step):
    """Reads an object's tags."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTagging(Step):
    """Removes an object's tags."""

    key: str
    method: ClassVar[str] = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutVersioning(Step):
    """Turns versions of a bucket's objects on, or suspends them."""

    status: Literal["Enabled", "Suspended"] = "Enabled"
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetVersioning(Step):
    """Asks whether a bucket keeps versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListVersions(Step):
    """Lists a page of the versions of a bucket's objects."""

    prefix: str = ""
    most: str = ""
    after: str = ""
    url: bool = True


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a bucket's policy about everyone; `resource` is a bucket's logical name, with a key if any."""

    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    keys: tuple[str, ...] = ()
    principal: Literal["*", "aws"] = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class PutPolicy(Step):
    """Gives a bucket a policy; with `text`, one that is not well-formed."""

    statements: tuple[Statement, ...] = ()
    text: str = ""
    method: ClassVar[str] = "PUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPolicy(Step):
    """Reads a bucket's policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePolicy(Step):
    """Removes a bucket's policy."""

    method: ClassVar[str] = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubResource(Step):
    """Asks for a sub-resource of a bucket or an object, or for none of that name, by any method, with any body."""

    name: str
    key: str = ""
    verb: Literal["GET", "PUT", "POST", "DELETE"] = "GET"
    content: Content = NO_CONTENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed(Step):
    """Sends a POST with a body that is not the XML that its operation wants."""

    operation: Literal["delete", "complete", "tagging", "versioning"]
    body: Content
    key: str = ""
    upload: str = ""
    method: ClassVar[str] = "POST"


Any = (
    ListBuckets | CreateBucket | HeadBucket | DeleteBucket | PutObject | GetObject | HeadObject | DeleteObject
    | DeleteObjects | CopyObject | StreamCopy | ListObjects | CreateUpload | UploadPart | UploadPartCopy
    | CompleteUpload | AbortUpload | ListParts | ListUploads | PutTagging | GetTagging | DeleteTagging
    | PutVersioning | GetVersioning | ListVersions | PutPolicy | GetPolicy | DeletePolicy | SubResource | Malformed
)  # fmt: skip
ALL: tuple[type, ...] = get_args(Any)
# Steps that write what a key, an upload or a bucket holds.
WRITES: tuple[type, ...] = (
    PutObject, DeleteObject, DeleteObjects, CopyObject, StreamCopy, CreateUpload, UploadPart, UploadPartCopy,
    CompleteUpload, AbortUpload, PutTagging, DeleteTagging, PutVersioning, PutPolicy, DeletePolicy, CreateBucket,
    DeleteBucket,
)  # fmt: skip


def header(step: Step, name: str) -> str | None:
    """Return the value of a step's header by its lower-case name, if the step has it."""
    return next((value for own, value in step.headers if own.lower() == name), None)


def asked(step: Step, name: str) -> str | None:
    """Return the value of a name in a step's query, if the step has it."""
    return next((value for own, value in step.query if own == name), None)
