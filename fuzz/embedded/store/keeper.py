"""The part of a store that all operations share: the state under its lock, the clock, and who may do what."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

from fuzz.embedded import bucket_policies
from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import Effect, apply
from fuzz.embedded.store.intake import InMemory, Sink
from fuzz.embedded.store.state import NULL_VERSION, Bucket, State, Version

# What a policy can allow to those who do not own the bucket, by operation.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "head_bucket": "s3:ListBucket",
        "list_objects": "s3:ListBucket",
        "get_object": "s3:GetObject",
        "head_object": "s3:GetObject",
        "put_object": "s3:PutObject",
        "copy_object": "s3:PutObject",
        "create_upload": "s3:PutObject",
        "upload_part": "s3:PutObject",
        "copy_part": "s3:PutObject",
        "complete_upload": "s3:PutObject",
        "abort_upload": "s3:PutObject",
        "list_parts": "s3:PutObject",
        "delete_object": "s3:DeleteObject",
    }
)
# Who owns none of the buckets may ask for these; the operation itself looks at what is allowed.
OF_EVERYBODY = frozenset({"list_buckets", "create_bucket", "delete_objects"})


class Keeping(Protocol):
    """Keeps effects and contents where they survive the process."""

    def record(self, effects: tuple[Effect, ...]) -> None:
        """Write effects down, so that all of them survive or none."""

    def sink(self) -> Sink:
        """Return a new place for bytes."""


class Keeper:
    """Holds the state; every change of it is made of effects, under one lock, after they were written down."""

    def __init__(
        self,
        accounts: Mapping[str, str],
        *,
        state: State | None = None,
        keeping: Keeping | None = None,
        reserved: frozenset[str] = frozenset(),
    ) -> None:
        """Take the secrets by access key as `accounts`, and as `reserved` names that no bucket may have."""
        self.accounts = accounts
        self.state = state or State()
        self.reserved = reserved
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self._keeping = keeping

    def commit(self, *effects: Effect) -> None:
        """Make effects happen, all at once."""
        with self.lock:
            if self._keeping is not None:
                self._keeping.record(self.recorded(effects))
            for effect in effects:
                apply(self.state, effect)

    def recorded(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        """Return the effects to write down of those that happen."""
        return effects

    def sink(self) -> Sink:
        """Return a new place for the bytes of a body."""
        return InMemory() if self._keeping is None else self._keeping.sink()

    def now(self) -> int:
        """Return the store's clock, in seconds."""
        return int(time.time())

    def moment(self) -> datetime:
        """Return the store's clock, for signatures."""
        return datetime.now(UTC)

    def next_serial(self) -> int:
        """Return a number that no write had before; it is asked for under the lock, and used at once."""
        return self.state.serial + 1

    def version_id(self, bucket: Bucket, serial: int) -> str:
        """Return the id of the version that a write makes."""
        return f"{serial:016x}{secrets.token_hex(8)}" if bucket.versioning == "Enabled" else NULL_VERSION

    def bucket(self, name: str) -> Bucket:
        """Return the bucket of that name; raises S3Error."""
        found = self.state.buckets.get(name)
        if found is None:
            raise S3Error("NoSuchBucket", details={"BucketName": name})
        return found

    def object(self, bucket: Bucket, key: str) -> Version:
        """Return the newest version of an object; raises S3Error where it is missing or deleted."""
        found = bucket.newest(key)
        if found is None:
            marked = {"x-amz-delete-marker": "true"} if key in bucket.versions else None
            raise S3Error("NoSuchKey", headers=marked, details={"Key": key})
        return found

    def version(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        """Return a version of an object, the newest where none is named; raises S3Error."""
        if version_id is None:
            return self.object(bucket, key)
        for found in bucket.versions.get(key, ()):
            if found.id == version_id:
                return found
        if version_id == NULL_VERSION and not bucket.versioning:
            return self.object(bucket, key)
        raise S3Error("NoSuchVersion", details={"Key": key, "VersionId": version_id})

    def check_permission(self, call: Call) -> None:
        """Refuse those who may not do what they ask; raises S3Error, for a missing bucket too."""
        if call.operation in OF_EVERYBODY:
            if call.user is None and call.operation != "delete_objects":
                raise S3Error("AccessDenied")
            return
        bucket = self.bucket(call.bucket)
        self.check_may(bucket, call.user, ACTIONS.get(call.operation, ""), call.key)

    def check_may(self, bucket: Bucket, user: str | None, action: str, key: str) -> None:
        """Refuse those who may not do that; raises S3Error."""
        if not self.may(bucket, user, action, key):
            raise S3Error("AccessDenied")

    def may(self, bucket: Bucket, user: str | None, action: str, key: str) -> bool:
        """Say whether an account may perform an action: the owner may do all, everybody else what the policy says."""
        if user is not None and user == bucket.owner:
            return True
        return bool(bucket.policy and action) and self.policy_allows(bucket, action, key)

    def policy_allows(self, bucket: Bucket, action: str, key: str) -> bool:
        """Say whether the bucket's policy allows an action to everybody."""
        resource = f"{bucket_policies.RESOURCE}{bucket.name}"
        if action != "s3:ListBucket":
            resource += f"/{key}"
        return bucket_policies.allows(self.said(bucket.policy), action, resource)

    def said(self, policy: str) -> Sequence[bucket_policies.Statement]:
        """Return the statements of a policy."""
        return bucket_policies.statements(policy)

    def with_version(self, bucket: Bucket, version: Version, headers: dict[str, str]) -> dict[str, str]:
        """Return the headers, with the version's id if the bucket has or had versions."""
        if bucket.versioning:
            headers["x-amz-version-id"] = version.id
        return headers


def no_content(headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return the answer to a request that leaves nothing to tell."""
    return HttpResponse(204, headers or {})
