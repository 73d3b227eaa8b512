"""Create, find, list and delete buckets; their versioning, their policies, tags and other sub-resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from specs.objects import answers
from specs.objects.answers import Alternative, wrong
from specs.objects.model.asked import Asked, legal_tags, missing_bucket
from specs.objects.model.objects import chosen
from specs.objects.reading import document
from specs.objects.rules import Rule
from specs.objects.state import Bucket
from specs.objects.steps import Statement
from specs.objects.words import BUCKET_IN_KEY
from specs.objects.xml import text_of
from specs.outcome import Reply
from specs.violation import Violation

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
# Buckets of these logical names are called so in truth; all others are made to have legal names.
LITERAL = "="
ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:*", "*")


def create(at: Asked) -> list[Alternative]:
    """Create a bucket."""
    name = at.step.bucket
    if name.startswith(LITERAL):
        return _create_of_name(at, name.removeprefix(LITERAL))
    bucket = at.bucket
    if bucket is None:
        return [at.done("buckets", 200, then=at.state.holding(name, Bucket(at.step.sent.by)))]
    if bucket.owner != at.step.sent.by:
        return [at.refuse("buckets", Rule.BUCKET_EXISTS)]
    own = at.refuse("buckets", Rule.BUCKET_EXISTS, code="BucketAlreadyOwnedByYou")
    return [own, at.done("buckets", 200, grade="allowed", says="200, and the bucket stays as it is")]


def legal_name(name: str) -> bool:
    """Say whether a bucket may have that name."""
    return bool(NAME.fullmatch(name)) and ".." not in name and not ADDRESS.fullmatch(name)


def _create_of_name(at: Asked, name: str) -> list[Alternative]:
    if legal_name(name) or not at.profile.rules("bucket-names"):
        return [answers.anything("buckets", at.state, "names of one's own are not judged")]
    return [at.refuse("buckets", Rule.BUCKET_NAME)]


def head(at: Asked) -> list[Alternative]:
    """Ask whether a bucket exists."""
    if at.step.bucket.startswith(LITERAL):
        return [answers.anything("buckets", at.state)]
    return missing_bucket(at) or [at.done("buckets", 200)]


def delete(at: Asked) -> list[Alternative]:
    """Delete a bucket, if it is empty."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if bucket.objects:
        return [at.refuse("buckets", Rule.BUCKET_NOT_EMPTY)]
    gone = at.done("buckets", 204, then=at.state.holding(at.step.bucket, None))
    if bucket.uploads or bucket.hazy_uploads:
        return [gone, at.refuse("buckets", Rule.BUCKET_NOT_EMPTY, grade="allowed")]
    return [gone]


def list_all(at: Asked) -> list[Alternative]:
    """List the caller's buckets; those of the case are told by the names that keys name them by."""

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "ListAllMyBucketsResult")
        yield from faults
        buckets = None if root is None else root.first("Buckets")
        names = [] if buckets is None else [text_of(one, "Name") or "" for one in buckets.all("Bucket")]
        if len(set(names)) < len(names):
            yield wrong("buckets", "a bucket is listed twice", "each once", str(names), answers.KEYS, reply=reply)
        by = at.step.sent.by
        called = [name for text in names for name in BUCKET_IN_KEY.findall(text)]
        others = [name for name in called if (one := at.state.bucket(name)) is not None and one.owner != by]
        if others:
            yield wrong("buckets", "another's bucket is listed", "the caller's", str(names), answers.KEYS, reply=reply)
        if by in {one.owner for one in at.state.buckets.values()} and root is not None and not names:
            yield wrong("buckets", "no bucket is listed", "the caller's", "none", answers.KEYS, reply=reply)

    return [at.done("buckets", 200, looks=looks)]


def put_versioning(at: Asked) -> list[Alternative]:
    """Turn versions on, or suspend them."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("versioning"):
        return [at.may_refuse("versioning", "a refusal, as the store does not claim it")]
    return [at.done("versioning", 200, then=at.holding(replace(bucket, versioning=at.step.status)))]


def get_versioning(at: Asked) -> list[Alternative]:
    """Ask whether a bucket keeps versions."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("versioning"):
        return [answers.anything("versioning", at.state)]

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "VersioningConfiguration")
        yield from faults
        came = "" if root is None else (text_of(root, "Status") or "")
        if root is not None and came != bucket.versioning:
            yield wrong("versioning", "another Status", bucket.versioning or "none", came, answers.VERSION, reply=reply)

    return [at.done("versioning", 200, looks=looks)]


def put_policy(at: Asked) -> list[Alternative]:
    """Give a bucket a policy."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("policy"):
        return [at.may_refuse("access", "a refusal, as the store does not claim it")]
    if at.step.text:
        return [at.refuse("access", Rule.POLICY)]
    held = replace(bucket, policy=policy_text(at.step.bucket, at.step.statements))
    done = at.done("access", 204, then=at.holding(held))
    return [done, replace(done, status=200, grade="allowed")]


def policy_text(bucket: str, statements: tuple[Statement, ...]) -> str:
    """Return the JSON of a policy about a bucket of that name."""
    made = []
    for one in statements:
        resources = [f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}" for key in one.keys]
        principal = "*" if one.principal == "*" else {"AWS": "*"}
        made.append({"Effect": one.effect, "Principal": principal, "Action": list(one.actions), "Resource": resources})
    return json.dumps({"Version": "2012-10-17", "Statement": made})


def get_policy(at: Asked) -> list[Alternative]:
    """Read a bucket's policy."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("policy"):
        return [answers.anything("access", at.state)]
    if not bucket.policy:
        return [at.refuse("access", Rule.NO_SUCH_KEY, code="NoSuchBucketPolicy", loose=True)]

    def looks(reply: Reply) -> Iterator[Violation]:
        try:
            came = json.loads(reply.body)
        except ValueError:
            came = None
        if not isinstance(came, dict) or len(_list(came.get("Statement"))) != len(
            json.loads(bucket.policy)["Statement"]
        ):
            yield wrong(
                "access", "another policy than was put", bucket.policy, repr(reply.body), answers.DOCUMENT, reply=reply
            )

    return [at.done("access", 200, looks=looks)]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def delete_policy(at: Asked) -> list[Alternative]:
    """Remove a bucket's policy."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("policy"):
        return [answers.anything("access", at.state)]
    return [at.done("access", 204, then=at.holding(replace(bucket, policy="")))]


def put_tags(at: Asked) -> list[Alternative]:
    """Give an object tags."""
    return _tagging(at, at.step.tags, 200)


def delete_tags(at: Asked) -> list[Alternative]:
    """Remove an object's tags."""
    return _tagging(at, (), 204)


def _tagging(at: Asked, tags: tuple[tuple[str, str], ...], status: int) -> list[Alternative]:
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("tagging"):
        return [at.may_refuse("tagging", "a refusal, as the store does not claim it")]
    one, missing = chosen(at, bucket)
    if one is None:
        return missing
    if not legal_tags(tags):
        return [at.refuse("tagging", Rule.TAGS)]
    # Whether tagging moves Last-Modified is left open.
    tagged = replace(one, tags=tags, modified=None)
    return [at.done("tagging", status, then=at.holding(bucket.known_as(at.step.key, one, tagged)))]


def get_tags(at: Asked) -> list[Alternative]:
    """Read an object's tags."""
    bucket = at.bucket
    if bucket is None:
        return missing_bucket(at)
    if not at.profile.can("tagging"):
        return [answers.anything("tagging", at.state)]
    one, missing = chosen(at, bucket)
    if one is None:
        return missing

    def looks(reply: Reply) -> Iterator[Violation]:
        root, faults = document(reply, "Tagging")
        yield from faults
        several = None if root is None else root.first("TagSet")
        came = (
            []
            if several is None
            else sorted((text_of(tag, "Key"), text_of(tag, "Value") or "") for tag in several.all("Tag"))
        )
        if root is not None and came != sorted(one.tags):
            yield wrong("tagging", "other tags", str(sorted(one.tags)), str(came), answers.TAGS, reply=reply)

    return [at.done("tagging", 200, looks=looks, says=f"{len(one.tags)} tags")]


def sub_resource(at: Asked) -> list[Alternative]:
    """Ask for a sub-resource that the model does not know: without the effect and the answer of the plain request."""
    if at.bucket is None:
        return [at.may_refuse("sub-resources", "any refusal")]
    base = at.bucket.newest(at.step.key) if at.step.key else None

    def looks(reply: Reply) -> Iterator[Violation]:
        if reply.status >= 300 or not at.profile.rules("sub-resources"):
            return
        if at.step.verb == "GET" and base is not None and base.content and reply.body == base.content:
            yield wrong(
                "sub-resources",
                "the object's content",
                "that operation or nothing",
                "the content",
                answers.CONTENT,
                reply=reply,
            )
        if at.step.verb == "GET" and not at.step.key and b"<ListBucketResult" in reply.body:
            yield wrong(
                "sub-resources",
                "a listing",
                "that operation or nothing",
                "ListBucketResult",
                answers.DOCUMENT,
                reply=reply,
            )

    return [replace(answers.anything("sub-resources", at.state, "that operation or nothing"), looks=looks)]
