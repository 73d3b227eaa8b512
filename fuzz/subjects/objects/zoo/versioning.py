"""Animals that keep, give or delete other versions than they should."""

from __future__ import annotations

from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import VersionGone
from fuzz.embedded.store.keeper import no_content
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import NULL_VERSION, Bucket, Version
from fuzz.subjects.objects.zoo.changing import asking


class VersionsUnkept(ObjectStore):
    """It keeps the newest version alone."""

    def write(self, bucket: Bucket, key: str, *arguments: object) -> Version:
        version = super().write(bucket, key, *arguments)  # type: ignore[arg-type]
        for old in bucket.versions[key][1:]:
            self.commit(VersionGone(bucket.name, key, old.id))
        return version


class NullVersionLost(ObjectStore):
    """It loses the object that was there before versions were kept."""

    def write(self, bucket: Bucket, key: str, *arguments: object) -> Version:
        version = super().write(bucket, key, *arguments)  # type: ignore[arg-type]
        if version.id != NULL_VERSION:
            self.commit(VersionGone(bucket.name, key, NULL_VERSION))
        return version


class VersionsReadAreTheNewest(ObjectStore):
    """It gives the newest version whichever is asked for."""

    def version(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        found = super().version(bucket, key, version_id)
        return found if found.is_marker else bucket.newest(key) or found


class DeleteOfOneVersionDeletesAll(ObjectStore):
    """It deletes all versions of a key where one is to be deleted."""

    def delete_version(self, bucket: Bucket, key: str, version_id: str) -> dict[str, str]:
        headers = super().delete_version(bucket, key, version_id)
        bucket.set(key, ())
        return headers


class DeleteOfOneVersionMarks(ObjectStore):
    """It adds a marker where one version is to be deleted."""

    def delete_object(self, call: Call) -> HttpResponse:
        return super().delete_object(asking(call, versionId=None))


class DeleteLeavesNoMarker(ObjectStore):
    """It deletes the newest version for good, and adds no marker."""

    def delete(self, bucket: Bucket, key: str, version_id: str | None) -> dict[str, str]:
        newest = bucket.newest(key)
        if version_id is None and bucket.versioning and newest is not None:
            return super().delete(bucket, key, newest.id)
        return super().delete(bucket, key, version_id)


class SuspendedAddsVersions(ObjectStore):
    """It adds versions though that is suspended."""

    def version_id(self, bucket: Bucket, serial: int) -> str:
        return super().version_id(replace(bucket, versioning="Enabled") if bucket.versioning else bucket, serial)


class SuspendedReplacesTheNewest(ObjectStore):
    """It replaces the newest version, whichever it is, while versions are suspended."""

    def write(self, bucket: Bucket, key: str, *arguments: object) -> Version:
        newest = bucket.newest(key)
        version = super().write(bucket, key, *arguments)  # type: ignore[arg-type]
        if bucket.versioning == "Suspended" and newest is not None and newest.id != version.id:
            self.commit(VersionGone(bucket.name, key, newest.id))
        return version


class VersionIdsRepeated(ObjectStore):
    """It gives all versions of a key the same id."""

    def version_id(self, bucket: Bucket, serial: int) -> str:
        return "1" * 32 if bucket.versioning == "Enabled" else super().version_id(bucket, serial)


class VersionIdsUntold(ObjectStore):
    """It does not tell the id of a version that is written."""

    def put_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers = super().put_headers(call, bucket, version)
        return {name: value for name, value in headers.items() if name != "x-amz-version-id"}


class MarkersUntold(ObjectStore):
    """It does not tell that a delete added a marker."""

    def delete_object(self, call: Call) -> HttpResponse:
        super().delete_object(call)
        return no_content()


class OldestVersionIsLatest(ObjectStore):
    """It says that the oldest version is the latest."""

    def version_entry(self, bucket: Bucket, key: str, version: Version, text: object) -> str:
        known = bucket.versions[key]
        told = super().version_entry(bucket, key, version, text)  # type: ignore[arg-type]
        if len(known) < 2:
            return told
        right, wrong = ("true", "false") if version is known[0] else ("false", "true")
        if version is known[0] or version is known[-1]:
            return told.replace(f"<IsLatest>{right}<", f"<IsLatest>{wrong}<")
        return told


class MarkersUnlisted(ObjectStore):
    """It lists versions without the markers among them."""

    def version_entry(self, bucket: Bucket, key: str, version: Version, text: object) -> str:
        return "" if version.is_marker else super().version_entry(bucket, key, version, text)  # type: ignore[arg-type]


class RemovedMarkerStillHides(ObjectStore):
    """It removes the version below a marker together with the marker."""

    def delete_version(self, bucket: Bucket, key: str, version_id: str) -> dict[str, str]:
        known = bucket.versions.get(key, ())
        headers = super().delete_version(bucket, key, version_id)
        if known and known[0].is_marker and known[0].id == version_id and len(known) > 1:
            self.commit(VersionGone(bucket.name, key, known[1].id))
        return headers


class MarkersReadAsEmpty(ObjectStore):
    """It gives an empty object for the version that is a marker."""

    def read_version(self, call: Call) -> tuple[Bucket, Version]:
        bucket = self.bucket(call.bucket)
        version = self.version(bucket, call.key, call.parameters.get("versionId"))
        return bucket, replace(version, etag='"d41d8cd98f00b204e9800998ecf8427e"') if version.is_marker else version


class UnknownVersionIsTheNewest(ObjectStore):
    """It gives the newest version where one is asked for that there is not."""

    def version(self, bucket: Bucket, key: str, version_id: str | None) -> Version:
        try:
            return super().version(bucket, key, version_id)
        except S3Error as error:
            if error.code != "NoSuchVersion":
                raise
            return self.object(bucket, key)


class VersioningForgotten(ObjectStore):
    """It says that versions are kept, and keeps none."""

    def version_id(self, bucket: Bucket, serial: int) -> str:  # noqa: ARG002
        return NULL_VERSION


class BucketOfVersionsDeleted(ObjectStore):
    """It deletes a bucket that has versions left, but no objects."""

    def delete_bucket(self, call: Call) -> HttpResponse:
        bucket = self.bucket(call.bucket)
        if bucket.versioning and not self.listed_keys(bucket):
            for key in list(bucket.keys):
                bucket.set(key, ())
        return super().delete_bucket(call)
