"""Makes and removes buckets, and keeps what is set for them and for objects: policies, versioning, tags."""

from __future__ import annotations

import re
from dataclasses import replace

from fuzz.embedded.bucket_policies import check_policy
from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.attributes import checked_tags
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import BucketGone, BucketSet, VersionChanged
from fuzz.embedded.store.keeper import Keeper, no_content
from fuzz.embedded.store.state import Bucket, Version
from fuzz.embedded.store.xml import children, document, element, iso_time, needed, parsed, text_of

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
REGION = "us-east-1"


class Settings(Keeper):
    """Operations about buckets themselves, and about what is set for them."""

    def list_buckets(self, call: Call) -> HttpResponse:
        """Return the answer to ListBuckets."""
        told = [
            f"<Bucket>{element('Name', one.name)}{element('CreationDate', iso_time(one.created))}</Bucket>"
            for one in self.buckets_of(call.user or "")
        ]
        who = f"<Owner>{element('ID', call.user or '')}{element('DisplayName', call.user or '')}</Owner>"
        return document("ListAllMyBucketsResult", f"{who}<Buckets>{''.join(told)}</Buckets>")

    def buckets_of(self, user: str) -> list[Bucket]:
        """Return the buckets of an account by name."""
        with self.lock:
            return sorted((one for one in self.state.buckets.values() if one.owner == user), key=lambda one: one.name)

    def create_bucket(self, call: Call) -> HttpResponse:
        """Return the answer to CreateBucket."""
        self.check_bucket_name(call.bucket)
        if call.body.content.size:
            parsed(call.body.content.read(), "CreateBucketConfiguration")
        with self.lock:
            known = self.state.buckets.get(call.bucket)
            if known is not None:
                raise S3Error("BucketAlreadyOwnedByYou" if known.owner == call.user else "BucketAlreadyExists")
            self.commit(BucketSet(call.bucket, call.user or "", self.now()))
        return HttpResponse(200, {"Location": f"/{call.bucket}"})

    def check_bucket_name(self, name: str) -> None:
        """Refuse a name that no bucket may have; raises S3Error."""
        if (
            name in self.reserved
            or BUCKET_NAME.fullmatch(name) is None
            or ".." in name
            or ADDRESS.fullmatch(name) is not None
        ):
            raise S3Error("InvalidBucketName", details={"BucketName": name})

    def head_bucket(self, call: Call) -> HttpResponse:
        """Return the answer to HeadBucket."""
        self.bucket(call.bucket)
        return HttpResponse(200, {"x-amz-bucket-region": REGION})

    def delete_bucket(self, call: Call) -> HttpResponse:
        """Return the answer to DeleteBucket."""
        with self.lock:
            bucket = self.bucket(call.bucket)
            if bucket.versions:
                raise S3Error("BucketNotEmpty", details={"BucketName": bucket.name})
            self.commit(BucketGone(bucket.name))
        return no_content()

    def get_location(self, call: Call) -> HttpResponse:
        """Return the answer to GetBucketLocation."""
        self.bucket(call.bucket)
        return document("LocationConstraint", "")

    def change_bucket(self, call: Call, *, policy: str | None = None, versioning: str | None = None) -> None:
        """Set something of a bucket, and leave the rest as it is."""
        with self.lock:
            bucket = self.bucket(call.bucket)
            policy = bucket.policy if policy is None else policy
            versioning = bucket.versioning if versioning is None else versioning
            self.commit(BucketSet(bucket.name, bucket.owner, bucket.created, policy, versioning))

    def get_policy(self, call: Call) -> HttpResponse:
        """Return the answer to GetBucketPolicy."""
        policy = self.bucket(call.bucket).policy
        if not policy:
            raise S3Error("NoSuchBucketPolicy", details={"BucketName": call.bucket})
        return HttpResponse(200, {"Content-Type": "application/json"}, policy.encode())

    def put_policy(self, call: Call) -> HttpResponse:
        """Return the answer to PutBucketPolicy."""
        try:
            policy = call.body.content.read().decode()
        except UnicodeDecodeError:
            raise S3Error("MalformedPolicy") from None
        check_policy(policy, call.bucket)
        self.change_bucket(call, policy=policy)
        return no_content()

    def delete_policy(self, call: Call) -> HttpResponse:
        """Return the answer to DeleteBucketPolicy."""
        self.change_bucket(call, policy="")
        return no_content()

    def get_versioning(self, call: Call) -> HttpResponse:
        """Return the answer to GetBucketVersioning."""
        status = self.bucket(call.bucket).versioning
        return document("VersioningConfiguration", element("Status", status) if status else "")

    def put_versioning(self, call: Call) -> HttpResponse:
        """Return the answer to PutBucketVersioning."""
        status = needed(parsed(call.body.content.read(), "VersioningConfiguration"), "Status").strip()
        if status not in ("Enabled", "Suspended"):
            raise S3Error("MalformedXML")
        self.change_bucket(call, versioning=status)
        return HttpResponse(200, {})

    def get_tagging(self, call: Call) -> HttpResponse:
        """Return the answer to GetObjectTagging."""
        bucket, version = self.tagged_version(call)
        told = "".join(
            f"<Tag>{element('Key', key)}{element('Value', value)}</Tag>" for key, value in version.attributes.tags
        )
        return document("Tagging", f"<TagSet>{told}</TagSet>", self.with_version(bucket, version, {}))

    def tagged_version(self, call: Call) -> tuple[Bucket, Version]:
        """Return the version whose tags a request is about; raises S3Error."""
        bucket = self.bucket(call.bucket)
        version = self.version(bucket, call.key, call.parameters.get("versionId"))
        if version.is_marker:
            raise S3Error("MethodNotAllowed")
        return bucket, version

    def put_tagging(self, call: Call) -> HttpResponse:
        """Return the answer to PutObjectTagging."""
        root = parsed(call.body.content.read(), "Tagging")
        sets = children(root, "TagSet")
        if len(sets) != 1:
            raise S3Error("MalformedXML")
        tags = tuple((needed(one, "Key"), text_of(one, "Value") or "") for one in children(sets[0], "Tag"))
        return HttpResponse(200, self.set_tags(call, checked_tags(tags)))

    def delete_tagging(self, call: Call) -> HttpResponse:
        """Return the answer to DeleteObjectTagging."""
        return no_content(self.set_tags(call, ()))

    def set_tags(self, call: Call, tags: tuple[tuple[str, str], ...]) -> dict[str, str]:
        """Give a version other tags, and leave all else as it is."""
        with self.lock:
            bucket, version = self.tagged_version(call)
            changed = replace(version, attributes=replace(version.attributes, tags=tags))
            self.commit(VersionChanged(bucket.name, call.key, changed))
            return self.with_version(bucket, version, {})
