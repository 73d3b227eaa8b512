"""List the rules that a request to an object store can break."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from specs import rules


class Rule(rules.Rule):
    """One rule about object stores."""

    NO_SUCH_BUCKET = "no-such-bucket"
    NO_SUCH_KEY = "no-such-key"
    NO_SUCH_UPLOAD = "no-such-upload"
    NO_SUCH_VERSION = "no-such-version"
    SIGNATURE = "signature-does-not-match"
    UNKNOWN_ACCOUNT = "unknown-access-key"
    ACCESS = "access-denied"
    CLOCK = "clock-skewed"
    PRESIGNED = "presigned-parameters"
    AUTHORIZATION = "authorization-malformed"
    PAYLOAD_HASH = "payload-hash"
    CHUNK_FRAMING = "chunk-framing"
    TRAILER = "trailer"
    KEY_TOO_LONG = "key-too-long"
    BUCKET_NAME = "bucket-name"
    BUCKET_EXISTS = "bucket-exists"
    BUCKET_NOT_EMPTY = "bucket-not-empty"
    DIGEST_MALFORMED = "digest-malformed"
    DIGEST_WRONG = "digest-wrong"
    PRECONDITION = "precondition"
    NOT_MODIFIED = "not-modified"
    RANGE = "range-not-satisfiable"
    PART_NUMBER = "part-number"
    PART_ORDER = "part-order"
    PART = "no-such-part"
    PART_TOO_SMALL = "part-too-small"
    XML = "malformed-xml"
    TOO_MANY_KEYS = "too-many-keys"
    ARGUMENT = "invalid-argument"
    COPY_SOURCE = "copy-source"
    SELF_COPY = "copy-onto-itself"
    TAGS = "tags"
    POLICY = "malformed-policy"
    MARKER = "delete-marker"
    SUB_RESOURCE = "other-sub-resource"
    NOT_CLAIMED = "not-claimed"


# The code that the API names for each rule, and the status that goes with it.
NAMED: Mapping[Rule, tuple[int, str]] = MappingProxyType(
    {
        Rule.NO_SUCH_BUCKET: (404, "NoSuchBucket"),
        Rule.NO_SUCH_KEY: (404, "NoSuchKey"),
        Rule.NO_SUCH_UPLOAD: (404, "NoSuchUpload"),
        Rule.NO_SUCH_VERSION: (404, "NoSuchVersion"),
        Rule.SIGNATURE: (403, "SignatureDoesNotMatch"),
        Rule.UNKNOWN_ACCOUNT: (403, "InvalidAccessKeyId"),
        Rule.ACCESS: (403, "AccessDenied"),
        Rule.CLOCK: (403, "RequestTimeTooSkewed"),
        Rule.PRESIGNED: (400, "AuthorizationQueryParametersError"),
        Rule.AUTHORIZATION: (400, "AuthorizationHeaderMalformed"),
        Rule.PAYLOAD_HASH: (400, "XAmzContentSHA256Mismatch"),
        Rule.CHUNK_FRAMING: (400, "IncompleteBody"),
        Rule.TRAILER: (400, "MalformedTrailerError"),
        Rule.KEY_TOO_LONG: (400, "KeyTooLongError"),
        Rule.BUCKET_NAME: (400, "InvalidBucketName"),
        Rule.BUCKET_EXISTS: (409, "BucketAlreadyExists"),
        Rule.BUCKET_NOT_EMPTY: (409, "BucketNotEmpty"),
        Rule.DIGEST_MALFORMED: (400, "InvalidDigest"),
        Rule.DIGEST_WRONG: (400, "BadDigest"),
        Rule.PRECONDITION: (412, "PreconditionFailed"),
        Rule.NOT_MODIFIED: (304, ""),
        Rule.RANGE: (416, "InvalidRange"),
        Rule.PART_NUMBER: (400, "InvalidArgument"),
        Rule.PART_ORDER: (400, "InvalidPartOrder"),
        Rule.PART: (400, "InvalidPart"),
        Rule.PART_TOO_SMALL: (400, "EntityTooSmall"),
        Rule.XML: (400, "MalformedXML"),
        Rule.TOO_MANY_KEYS: (400, "MalformedXML"),
        Rule.ARGUMENT: (400, "InvalidArgument"),
        Rule.COPY_SOURCE: (400, "InvalidArgument"),
        Rule.SELF_COPY: (400, "InvalidRequest"),
        Rule.TAGS: (400, "InvalidTag"),
        Rule.POLICY: (400, "MalformedPolicy"),
        Rule.MARKER: (405, "MethodNotAllowed"),
        Rule.SUB_RESOURCE: (501, "NotImplemented"),
        Rule.NOT_CLAIMED: (501, "NotImplemented"),
    }
)
# Status and code of these must be exact.
EXACT = frozenset(
    {
        Rule.NO_SUCH_BUCKET, Rule.NO_SUCH_KEY, Rule.NO_SUCH_UPLOAD, Rule.BUCKET_NOT_EMPTY, Rule.PRECONDITION,
        Rule.NOT_MODIFIED, Rule.RANGE, Rule.PART_ORDER, Rule.PART, Rule.PART_TOO_SMALL,
    }
)  # fmt: skip
