"""A request as an operation sees it: who asks what, of which bucket and key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import unquote_to_bytes

from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import query_pairs
from fuzz.embedded.store.intake import NO_BODY, Body

LONGEST_KEY_BYTES = 1024
# Names in a query that choose the operation; all others are its parameters.
SUB_RESOURCES = frozenset(
    {
        "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption", "intelligent-tiering",
        "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataTable", "metrics", "notification",
        "object-lock", "ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "replication",
        "requestPayment", "restore", "retention", "select", "tagging", "torrent", "uploadId", "uploads", "versionId",
        "versioning", "versions", "website",
    }
)  # fmt: skip
# These choose among versions and parts of an object, and leave the operation as it is.
BESIDES = frozenset({"versionId", "partNumber"})
NUMBER = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `user` is an access key, or None for anybody; without a key it is about the bucket."""

    method: str
    user: str | None
    bucket: str
    key: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: Body = NO_BODY
    path: str = ""
    operation: str = field(default="")

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number among the parameters, at most `most`; raises S3Error."""
        text = self.parameters.get(name, "")
        if not text:
            return default
        if NUMBER.fullmatch(text) is None or int(text) > 2**31 - 1:
            raise S3Error("InvalidArgument", f"Argument {name} must be an integer between 0 and 2147483647.")
        return min(int(text), most)


def split_target(target: str) -> tuple[str, str, str, Mapping[str, str]]:
    """Return the path, the bucket, the key and the parameters that a request's target names; raises S3Error."""
    path, _, query = target.partition("?")
    name, _, rest = path.removeprefix("/").partition("/")
    bucket = name if "%" not in name else decoded_key(name)
    return path, bucket, decoded_key(rest), own_parameters(query)


NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


def own_parameters(query: str) -> Mapping[str, str]:
    """Return a query's parameters, without those of a presigned URL."""
    if not query:
        return NO_PARAMETERS
    return {name: value for name, value in query_pairs(query) if not name.lower().startswith("x-amz-")}


def decoded_key(path: str) -> str:
    """Return the key that the rest of a path names, percent-decoded exactly once; raises S3Error."""
    raw = path.encode("latin-1")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    check_key_length(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidURI") from None


def check_key_length(raw: bytes) -> None:
    """Check that a key has at most 1,024 bytes."""
    if len(raw) > LONGEST_KEY_BYTES:
        raise S3Error("KeyTooLongError")


OPERATIONS: Mapping[tuple[str, str, frozenset[str]], str] = MappingProxyType(
    {
        (level, method, frozenset(names.split())): operation
        for level, method, names, operation in (
            ("service", "GET", "", "list_buckets"),
            ("bucket", "GET", "", "list_objects"),
            ("bucket", "HEAD", "", "head_bucket"),
            ("bucket", "PUT", "", "create_bucket"),
            ("bucket", "DELETE", "", "delete_bucket"),
            ("bucket", "POST", "delete", "delete_objects"),
            ("bucket", "GET", "location", "get_location"),
            ("bucket", "GET", "uploads", "list_uploads"),
            ("bucket", "GET", "versions", "list_versions"),
            ("bucket", "GET", "policy", "get_policy"),
            ("bucket", "PUT", "policy", "put_policy"),
            ("bucket", "DELETE", "policy", "delete_policy"),
            ("bucket", "GET", "versioning", "get_versioning"),
            ("bucket", "PUT", "versioning", "put_versioning"),
            ("object", "GET", "", "get_object"),
            ("object", "HEAD", "", "head_object"),
            ("object", "PUT", "", "put_object"),
            ("object", "DELETE", "", "delete_object"),
            ("object", "GET", "tagging", "get_tagging"),
            ("object", "PUT", "tagging", "put_tagging"),
            ("object", "DELETE", "tagging", "delete_tagging"),
            ("object", "POST", "uploads", "create_upload"),
            ("object", "PUT", "partNumber uploadId", "upload_part"),
            ("object", "POST", "uploadId", "complete_upload"),
            ("object", "DELETE", "uploadId", "abort_upload"),
            ("object", "GET", "uploadId", "list_parts"),
        )
    }
)
WITH_VERSION = frozenset({"get_object", "head_object", "delete_object", "get_tagging", "put_tagging", "delete_tagging"})
WITH_PART = frozenset({"get_object", "head_object"})
COPIES: Mapping[str, str] = MappingProxyType({"put_object": "copy_object", "upload_part": "copy_part"})
METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE", "POST"})


def operation_of(call: Call) -> str:
    """Return the name of the operation that a request asks for; raises S3Error for one that there is not."""
    level = "object" if call.key else "bucket" if call.bucket else "service"
    names = SUB_RESOURCES & call.parameters.keys() if call.parameters else frozenset()
    found = OPERATIONS.get((level, call.method, frozenset(names)))
    if found is None:
        besides = names & BESIDES
        found = OPERATIONS.get((level, call.method, frozenset(names - besides)))
        if found is None and not names:
            raise S3Error("MethodNotAllowed")
        if found is None or ("versionId" in besides and found not in WITH_VERSION):
            raise S3Error("NotImplemented")
        if "partNumber" in besides and found not in WITH_PART:
            raise S3Error("InvalidArgument", "partNumber goes with uploadId here.")
    if found in COPIES and "x-amz-copy-source" in call.headers:
        return COPIES[found]
    return found
