"""Writes and deletes objects: PutObject, DeleteObject and DeleteObjects."""

from __future__ import annotations

from collections.abc import Mapping

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.attributes import attributes_of
from fuzz.embedded.store.call import Call, check_key_length
from fuzz.embedded.store.conditions import check_delete, check_write
from fuzz.embedded.store.content import Content
from fuzz.embedded.store.effects import VersionGone, VersionPut
from fuzz.embedded.store.intake import Body
from fuzz.embedded.store.keeper import Keeper, no_content
from fuzz.embedded.store.state import NOTHING, Attributes, Bucket, Version
from fuzz.embedded.store.xml import children, document, element, needed, parsed, text_of

LARGEST_PUT_BYTES = 5 * 2**30
MOST_KEYS = 1000


class Writing(Keeper):
    """Operations that write and delete objects by what the request itself holds."""

    def put_object(self, call: Call) -> HttpResponse:
        """Return the answer to PutObject."""
        attributes = self.attributes(call)
        with self.lock:
            bucket = self.bucket(call.bucket)
            self.check_write(call, bucket)
            version = self.write(
                bucket, call.key, call.body.content, self.etag(call.body), attributes, call.body.checksums
            )
            return HttpResponse(200, self.put_headers(call, bucket, version))

    def attributes(self, call: Call) -> Attributes:
        """Return what the request says about the object that it writes; raises S3Error."""
        return attributes_of(call.headers)

    def etag(self, body: Body) -> str:
        """Return the ETag of content that came in one piece."""
        return f'"{body.md5.hex()}"'

    def check_write(self, call: Call, bucket: Bucket) -> None:
        """Refuse a write whose condition is not met; raises S3Error."""
        if "if-match" in call.headers or "if-none-match" in call.headers:
            check_write(call.headers, bucket.newest(call.key))

    def write(
        self,
        bucket: Bucket,
        key: str,
        content: Content,
        etag: str,
        attributes: Attributes,
        checksums: Mapping[str, str] = NOTHING,
    ) -> Version:
        """Make an object the newest of its key; asked for under the lock."""
        version = self.new_version(bucket, content, etag, attributes, checksums)
        self.commit(VersionPut(bucket.name, key, version))
        return version

    def new_version(
        self,
        bucket: Bucket,
        content: Content,
        etag: str,
        attributes: Attributes,
        checksums: Mapping[str, str] = NOTHING,
        part_sizes: tuple[int, ...] = (),
    ) -> Version:
        """Return a version of this moment, not yet written."""
        serial = self.next_serial()
        name = self.version_id(bucket, serial)
        return Version(name, serial, self.now(), content, etag, attributes, checksums, part_sizes)

    def put_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        """Return the headers that answer a write."""
        headers = {"ETag": version.etag}
        headers.update((f"x-amz-checksum-{kind}", value) for kind, value in call.body.checksums.items())
        return self.with_version(bucket, version, headers)

    def delete_object(self, call: Call) -> HttpResponse:
        """Return the answer to DeleteObject."""
        with self.lock:
            bucket = self.bucket(call.bucket)
            self.check_delete(call, bucket)
            return no_content(self.delete(bucket, call.key, call.parameters.get("versionId")))

    def check_delete(self, call: Call, bucket: Bucket) -> None:
        """Refuse to delete another object than the one that is meant; raises S3Error."""
        if "if-match" in call.headers:
            check_delete(call.headers, bucket.newest(call.key))

    def delete(self, bucket: Bucket, key: str, version_id: str | None) -> dict[str, str]:
        """Delete an object, or just one version of it, and say in headers what became of it."""
        if version_id is not None:
            return self.delete_version(bucket, key, version_id)
        if not bucket.versioning:
            self.commit(VersionGone(bucket.name, key, "null"))
            return {}
        serial = self.next_serial()
        marker = Version(self.version_id(bucket, serial), serial, self.now(), is_marker=True)
        self.commit(VersionPut(bucket.name, key, marker))
        return {"x-amz-delete-marker": "true", "x-amz-version-id": marker.id}

    def delete_version(self, bucket: Bucket, key: str, version_id: str) -> dict[str, str]:
        """Remove just one version; one that is not there is no error."""
        found = next((one for one in bucket.versions.get(key, ()) if one.id == version_id), None)
        headers = {"x-amz-version-id": version_id} if bucket.versioning else {}
        if found is not None:
            self.commit(VersionGone(bucket.name, key, version_id))
            if found.is_marker:
                headers["x-amz-delete-marker"] = "true"
        return headers

    def delete_objects(self, call: Call) -> HttpResponse:
        """Return the answer to DeleteObjects."""
        wanted, quiet = self.batch(call)
        bucket = self.bucket(call.bucket)
        if call.user is None and not any(self.may(bucket, None, "s3:DeleteObject", key) for key, _ in wanted):
            raise S3Error("AccessDenied")
        told = [self.delete_one(call, bucket.name, key, version_id, quiet=quiet) for key, version_id in wanted]
        return document("DeleteResult", "".join(told))

    def batch(self, call: Call) -> tuple[list[tuple[str, str | None]], bool]:
        """Return the keys and versions that a DeleteObjects document names, and whether it asks for errors only."""
        root = parsed(call.body.content.read(), "Delete")
        wanted = [(needed(one, "Key"), text_of(one, "VersionId") or None) for one in children(root, "Object")]
        if not 1 <= len(wanted) <= MOST_KEYS or not all(key for key, _ in wanted):
            raise S3Error("MalformedXML")
        return wanted, (text_of(root, "Quiet") or "").strip().lower() == "true"

    def delete_one(self, call: Call, name: str, key: str, version_id: str | None, *, quiet: bool) -> str:
        """Delete one key of a batch, and tell it."""
        try:
            with self.lock:
                bucket = self.bucket(name)
                check_key_length(key.encode("utf-8", "surrogatepass"))
                self.check_may(bucket, call.user, "s3:DeleteObject", key)
                headers = self.delete(bucket, key, version_id)
        except S3Error as error:
            return self.batch_error(key, version_id, error)
        if quiet:
            return ""
        told = element("Key", key) + (element("VersionId", version_id) if version_id else "")
        if "x-amz-delete-marker" in headers:
            told += element("DeleteMarker", "true")
            told += element("DeleteMarkerVersionId", headers["x-amz-version-id"])
        return f"<Deleted>{told}</Deleted>"

    def batch_error(self, key: str, version_id: str | None, error: S3Error) -> str:
        """Tell why one key of a batch was not deleted."""
        told = element("Key", key) + (element("VersionId", version_id) if version_id else "")
        return f"<Error>{told}{element('Code', error.code)}{element('Message', error.message)}</Error>"
