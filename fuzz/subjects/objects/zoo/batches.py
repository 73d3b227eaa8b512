"""Animals that delete other keys than a batch names, or tell it wrongly."""

from __future__ import annotations

from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket
from fuzz.embedded.store.xml import children, needed, parsed, text_of

Batch = tuple[list[tuple[str, str | None]], bool]


class BatchForgetsTheLast(ObjectStore):
    """It does not delete the last key of a batch, and says that it did."""

    def delete_objects(self, call: Call) -> HttpResponse:
        wanted, _ = self.batch(call)
        bucket = self.bucket(call.bucket)
        saved = bucket.versions.get(wanted[-1][0], ())
        answer = super().delete_objects(call)
        if len(wanted) > 1 and not bucket.versioning:
            bucket.set(wanted[-1][0], saved)
        return answer


class BatchStopsAtMissing(ObjectStore):
    """It stops at the first key of a batch that is not there."""

    def batch(self, call: Call) -> Batch:
        wanted, quiet = super().batch(call)
        known = self.bucket(call.bucket).versions
        there = [one for one in wanted if one[0] in known]
        first = next((at for at, one in enumerate(wanted) if one[0] not in known), len(wanted))
        return (wanted[: max(first, 1)] if there else wanted), quiet


class BatchTellsOnlyWhatWasThere(ObjectStore):
    """It tells nothing of the keys of a batch that were not there."""

    def delete_one(self, call: Call, name: str, key: str, version_id: str | None, *, quiet: bool) -> str:
        there = key in self.bucket(name).versions
        told = super().delete_one(call, name, key, version_id, quiet=quiet)
        return told if there else ""


class BatchMissingIsAnError(ObjectStore):
    """It tells an error for the keys of a batch that were not there."""

    def delete_one(self, call: Call, name: str, key: str, version_id: str | None, *, quiet: bool) -> str:
        if key not in self.bucket(name).versions:
            return self.batch_error(key, version_id, S3Error("NoSuchKey"))
        return super().delete_one(call, name, key, version_id, quiet=quiet)


class QuietDoesNothing(ObjectStore):
    """It deletes nothing where only errors are to be told."""

    def delete_one(self, call: Call, name: str, key: str, version_id: str | None, *, quiet: bool) -> str:
        return "" if quiet else super().delete_one(call, name, key, version_id, quiet=quiet)


class BatchTrimsKeys(ObjectStore):
    """It deletes the keys of a batch without the spaces at their ends."""

    def batch(self, call: Call) -> Batch:
        wanted, quiet = super().batch(call)
        return [(key.strip() or key, version) for key, version in wanted], quiet


class BatchDecodesKeys(ObjectStore):
    """It takes the keys of a batch for encoded."""

    def batch(self, call: Call) -> Batch:
        from urllib.parse import unquote

        wanted, quiet = super().batch(call)
        return [(unquote(key), version) for key, version in wanted], quiet


class BatchDeletesFolders(ObjectStore):
    """It deletes all that is below a key of a batch that ends with a slash."""

    def delete(self, bucket: Bucket, key: str, version_id: str | None) -> dict[str, str]:
        if key.endswith("/") and not bucket.versioning:
            for inside in [one for one in bucket.keys if one.startswith(key)]:
                super().delete(bucket, inside, None)
        return super().delete(bucket, key, version_id)


class BatchOfThousandOne(ObjectStore):
    """It deletes the first 1,000 keys of a larger batch."""

    def batch(self, call: Call) -> Batch:
        root = parsed(call.body.content.read(), "Delete")
        found = children(root, "Object")
        if len(found) > 1000:
            wanted = [(needed(one, "Key"), text_of(one, "VersionId") or None) for one in found[:1000]]
            return wanted, (text_of(root, "Quiet") or "").strip().lower() == "true"
        return super().batch(call)


class BatchVersionsIgnored(ObjectStore):
    """It deletes the newest version whichever a batch names."""

    def batch(self, call: Call) -> Batch:
        wanted, quiet = super().batch(call)
        return [(key, None) for key, _ in wanted], quiet


class BatchOfAnybody(ObjectStore):
    """It deletes the keys of a batch whoever sent it."""

    def delete_objects(self, call: Call) -> HttpResponse:
        return super().delete_objects(replace(call, user=self.bucket(call.bucket).owner))


class BatchesSharedBetweenBuckets(ObjectStore):
    """It deletes the keys of a batch in the account's other buckets too."""

    def delete_one(self, call: Call, name: str, key: str, version_id: str | None, *, quiet: bool) -> str:
        for other in self.buckets_of(call.user or ""):
            if other.name != name and not other.versioning:
                self.delete(other, key, None)
        return super().delete_one(call, name, key, version_id, quiet=quiet)
