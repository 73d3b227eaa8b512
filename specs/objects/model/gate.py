"""Judge who may do what: signatures and their faults, owners of buckets, and policies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from specs.objects import steps
from specs.objects.answers import Alternative
from specs.objects.model.asked import Asked
from specs.objects.rules import Rule
from specs.objects.state import Bucket

Right = Literal["yes", "no", "open"]
# For each fault of a signature: the rule that it breaks, and the code and status if they are not the rule's own.
FAULTS: Mapping[str, tuple[Rule, str, int]] = {
    "other-signature": (Rule.SIGNATURE, "", 0),
    "other-method": (Rule.SIGNATURE, "", 0),
    "other-path": (Rule.SIGNATURE, "", 0),
    "other-query": (Rule.SIGNATURE, "", 0),
    "other-header": (Rule.SIGNATURE, "", 0),
    "chunk-signature": (Rule.SIGNATURE, "", 0),
    "trailer-signature": (Rule.SIGNATURE, "", 0),
    "skewed": (Rule.CLOCK, "", 0),
    "expired": (Rule.PRESIGNED, "AccessDenied", 403),
    "expires-zero": (Rule.PRESIGNED, "", 0),
    "expires-too-long": (Rule.PRESIGNED, "", 0),
    "expires-missing": (Rule.PRESIGNED, "", 0),
    "malformed-header": (Rule.AUTHORIZATION, "", 0),
    "other-algorithm": (Rule.AUTHORIZATION, "", 0),
    "other-service": (Rule.AUTHORIZATION, "", 0),
    "other-day": (Rule.AUTHORIZATION, "", 0),
    "no-date": (Rule.AUTHORIZATION, "", 0),
    "payload-hash": (Rule.PAYLOAD_HASH, "", 0),
    "payload-word": (Rule.PAYLOAD_HASH, "InvalidArgument", 0),
    "no-last-chunk": (Rule.CHUNK_FRAMING, "", 0),
    "too-little-data": (Rule.CHUNK_FRAMING, "", 0),
    "no-decoded-length": (Rule.CHUNK_FRAMING, "MissingContentLength", 411),
    "trailer-checksum": (Rule.DIGEST_WRONG, "", 0),
    "trailer-missing": (Rule.TRAILER, "", 0),
}
# The rulings by which some faults are judged.
RULED = {"skewed": "clock-skew", "expires-too-long": "presign-life", "payload-hash": "payload-hash"}
ACTION: Mapping[type, str] = {
    steps.GetObject: "s3:GetObject",
    steps.HeadObject: "s3:GetObject",
    steps.PutObject: "s3:PutObject",
    steps.CopyObject: "s3:PutObject",
    steps.StreamCopy: "s3:PutObject",
    steps.CreateUpload: "s3:PutObject",
    steps.UploadPart: "s3:PutObject",
    steps.UploadPartCopy: "s3:PutObject",
    steps.CompleteUpload: "s3:PutObject",
    steps.DeleteObject: "s3:DeleteObject",
    steps.DeleteObjects: "s3:DeleteObject",
    steps.ListObjects: "s3:ListBucket",
    steps.HeadBucket: "s3:ListBucket",
}


def gate(at: Asked) -> tuple[list[Alternative], bool]:
    """Return the refusals of a request that its sender may not make, and whether a refusal is left open."""
    if at.step.sent.fault:
        return _faulty(at)
    match at.step.sent.by:
        case "unknown":
            return [at.refuse("signing", Rule.UNKNOWN_ACCOUNT)], False
        case "wrong-secret":
            return [at.refuse("signing", Rule.SIGNATURE)], False
    match right_of(at):
        case "no":
            missing = [] if at.bucket is not None else [at.refuse("missing-things", Rule.NO_SUCH_BUCKET, loose=True)]
            return [at.refuse("access", Rule.ACCESS), *missing], False
        case "open":
            return [], True
    return [], False


def _faulty(at: Asked) -> tuple[list[Alternative], bool]:
    """Return the refusal of a request whose signature has a fault."""
    fault = at.step.sent.fault
    rule, code, status = FAULTS[fault]
    requirement = "streaming" if rule in (Rule.CHUNK_FRAMING, Rule.TRAILER, Rule.DIGEST_WRONG) else "signing"
    if fault in RULED and not at.profile.rules(RULED[fault]):
        return [], True
    if fault in ("payload-hash", "payload-word") and not at.body:
        return [], True
    refusal = at.refuse(requirement, rule, code=code, status=status)
    # A GET that is sent as a HEAD is answered without a body.
    return [replace(refusal, head=at.head or (fault == "other-method" and at.step.method == "GET"))], False


def right_of(at: Asked) -> Right:
    """Say whether a request's sender has the right to make it."""
    step, by = at.step, at.step.sent.by
    if by == "owner" and not at.profile.can("auth"):
        return "yes"
    if isinstance(step, steps.CreateBucket | steps.ListBuckets):
        return "no" if by == "anonymous" else "yes"
    bucket = at.bucket
    if bucket is None:
        return "yes" if by not in ("anonymous",) else "no"
    rights = [_right(bucket, step.bucket, by, ACTION.get(type(step)), getattr(step, "key", ""))]
    if isinstance(step, steps.CopyObject | steps.UploadPartCopy):
        source = at.state.bucket(step.source_bucket)
        if source is not None:
            rights.append(_right(source, step.source_bucket, by, "s3:GetObject", step.source_key))
    if isinstance(step, steps.DeleteObjects) and by != bucket.owner:
        rights = [_right(bucket, step.bucket, by, "s3:DeleteObject", one.key) for one in step.keys]
        # Each key may be refused by itself.
        return "yes" if all(one == "yes" for one in rights) else "open"
    if "no" in rights:
        return "no"
    opened = "open" in rights or (by != bucket.owner and "versionId" in dict(step.query))
    return "open" if opened else "yes"


def right_to_delete(at: Asked, bucket: Bucket, key: str) -> Right:
    """Say whether a request's sender may delete a key."""
    return _right(bucket, at.step.bucket, at.step.sent.by, "s3:DeleteObject", key)


def _right(bucket: Bucket, name: str, by: str, action: str | None, key: str) -> Right:
    allowed, denied, unclear = _said(bucket.policy, name, action, key) if bucket.policy else (False, False, False)
    if by == bucket.owner:
        return "open" if denied or unclear else "yes"
    if unclear or (action is None and bucket.policy):
        return "open"
    return "yes" if allowed and not denied else "no"


def _said(policy: str, name: str, action: str | None, key: str) -> tuple[bool, bool, bool]:
    """Say whether a policy allows an action, denies it, and whether it goes beyond what the API defines."""
    allowed = denied = unclear = False
    resource = f"arn:aws:s3:::{name}/{key}" if key else f"arn:aws:s3:::{name}"
    for one in json.loads(policy)["Statement"]:
        matching = any(_like(pattern, action or "") for pattern in _several(one["Action"]))
        about = any(_like(pattern, resource) for pattern in _several(one["Resource"]))
        if action is None and any("*" in pattern for pattern in _several(one["Action"])):
            unclear = True
        if matching and about:
            allowed, denied = allowed or one["Effect"] == "Allow", denied or one["Effect"] == "Deny"
    return allowed, denied, unclear


def _several(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _like(pattern: str, text: str) -> bool:
    """Say whether a text is like a pattern in which a star stands for any letters and a question mark for one."""
    parts = (".*" if letter == "*" else "." if letter == "?" else re.escape(letter) for letter in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def with_open_refusal(at: Asked, several: list[Alternative]) -> list[Alternative]:
    """Return the alternatives of a request that may be refused as well."""
    return [*several, replace(at.refuse("access", Rule.ACCESS), grade="allowed")]
