"""Animals whose copies are not their sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.content import Content
from fuzz.embedded.store.copying import Source
from fuzz.embedded.store.effects import VersionGone
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Attributes, Bucket, Version
from fuzz.subjects.objects.zoo.changing import kept, without


def from_source(call: Call, source: str) -> Call:
    """Return the call with another source."""
    headers: Mapping[str, str] = {**call.headers, "x-amz-copy-source": source}
    return replace(call, headers=headers)


class CopyForgetsMetadata(ObjectStore):
    """It copies an object without its metadata."""

    def copied_attributes(self, version: Version, asked: Attributes, metadata_from: str, tags_from: str) -> Attributes:
        found = super().copied_attributes(version, asked, metadata_from, tags_from)
        return found if metadata_from == "REPLACE" else replace(found, metadata={})


class CopyForgetsContentType(ObjectStore):
    """It copies an object without its headers."""

    def copied_attributes(self, version: Version, asked: Attributes, metadata_from: str, tags_from: str) -> Attributes:
        found = super().copied_attributes(version, asked, metadata_from, tags_from)
        return found if metadata_from == "REPLACE" else replace(found, headers={})


class ReplaceAddsToTheOld(ObjectStore):
    """It adds new metadata to the source's where the source's should be replaced."""

    def copied_attributes(self, version: Version, asked: Attributes, metadata_from: str, tags_from: str) -> Attributes:
        found = super().copied_attributes(version, asked, metadata_from, tags_from)
        return replace(found, metadata={**version.attributes.metadata, **found.metadata})


class ReplaceIgnored(ObjectStore):
    """It keeps the source's metadata whatever the directive says."""

    def copied_attributes(
        self,
        version: Version,
        asked: Attributes,
        metadata_from: str,  # noqa: ARG002
        tags_from: str,
    ) -> Attributes:
        return super().copied_attributes(version, asked, "COPY", tags_from)


class CopyTakesNewMetadata(ObjectStore):
    """It takes the request's metadata though the source's should be kept."""

    def copied_attributes(self, version: Version, asked: Attributes, metadata_from: str, tags_from: str) -> Attributes:
        found = super().copied_attributes(version, asked, metadata_from, tags_from)
        return replace(found, metadata={**found.metadata, **asked.metadata})


class CopyForgetsTags(ObjectStore):
    """It copies an object without its tags."""

    def copied_attributes(self, version: Version, asked: Attributes, metadata_from: str, tags_from: str) -> Attributes:
        found = super().copied_attributes(version, asked, metadata_from, tags_from)
        return found if tags_from == "REPLACE" else replace(found, tags=())


class SourceDecodedTwice(ObjectStore):
    """It decodes the name of a source twice."""

    def copy_source(self, call: Call) -> tuple[Source, Bucket, Version]:
        path, mark, version = call.headers["x-amz-copy-source"].partition("?versionId=")
        return super().copy_source(from_source(call, f"{unquote(path, 'latin-1')}{mark}{version}"))


class SourceNotDecoded(ObjectStore):
    """It takes the name of a source as it is sent."""

    def copy_source(self, call: Call) -> tuple[Source, Bucket, Version]:
        path, mark, version = call.headers["x-amz-copy-source"].partition("?versionId=")
        return super().copy_source(from_source(call, f"{quote(path, safe='/')}{mark}{version}"))


class SourceVersionIgnored(ObjectStore):
    """It copies the newest version whichever is asked for."""

    def copy_source(self, call: Call) -> tuple[Source, Bucket, Version]:
        return super().copy_source(from_source(call, call.headers["x-amz-copy-source"].partition("?versionId=")[0]))


class SourceConditionsIgnored(ObjectStore):
    """It copies whatever the conditions on the source say."""

    def copy_status(self, call: Call, version: Version) -> int | None:  # noqa: ARG002
        return None


class SourceIfMatchIgnored(ObjectStore):
    """It ignores the condition that the source has a certain ETag."""

    def copy_status(self, call: Call, version: Version) -> int | None:
        return super().copy_status(without(call, "x-amz-copy-source-if-match"), version)


class CopyRangeIgnored(ObjectStore):
    """It copies the whole source into a part."""

    def copied_part(self, call: Call) -> tuple[Content, dict[str, str]]:
        return super().copied_part(without(call, "x-amz-copy-source-range"))


class CopyRangeWithoutItsEnd(ObjectStore):
    """It copies a range without its last byte."""

    def slice(self, content: Content, start: int, stop: int) -> Content:
        return super().slice(content, start, stop - 1 if stop - start > 1 else stop)


class CopyRangeBeyondTheEndCut(ObjectStore):
    """It copies what there is of a range that ends behind the source."""

    def copied_part(self, call: Call) -> tuple[Content, dict[str, str]]:
        try:
            return super().copied_part(call)
        except S3Error as error:
            if error.code != "InvalidArgument":
                raise
            return super().copied_part(without(call, "x-amz-copy-source-range"))


class CopyMoves(ObjectStore):
    """It deletes the source of a copy."""

    def copy_object(self, call: Call) -> HttpResponse:
        answer = super().copy_object(call)
        source, _, _ = self.copy_source(without(call, *(name for name in call.headers if "-if-" in name)))
        if (source.bucket, source.key) != (call.bucket, call.key) and source.version is None:
            self.commit(VersionGone(source.bucket, source.key, "null"))
        return answer


class SelfCopyEmpties(ObjectStore):
    """It empties an object that is copied onto itself with new metadata."""

    def copy_object(self, call: Call) -> HttpResponse:
        answer = super().copy_object(call)
        bucket = self.bucket(call.bucket)
        source, _, version = self.copy_source(without(call, *(name for name in call.headers if "-if-" in name)))
        if (source.bucket, source.key, source.version) == (call.bucket, call.key, None):
            bucket.set(call.key, (replace(version, content=Content()),))
        return answer


class LargeCopyCut(ObjectStore):
    """It copies at most the first 64 KiB of an object."""

    def copied(self, version: Version) -> tuple[Content, str]:
        content, etag = super().copied(version)
        return kept(self, content.read(0, min(content.size, 65536))), etag


class CopyIsOfTheFirstPart(ObjectStore):
    """It copies only the first part of an object that came in parts."""

    def copied(self, version: Version) -> tuple[Content, str]:
        content, etag = super().copied(version)
        if len(version.part_sizes) < 2:
            return content, etag
        return kept(self, content.read(0, version.part_sizes[0])), etag


class CopyOfMissingIsEmpty(ObjectStore):
    """It makes an empty object where the source of a copy is missing."""

    def copy_object(self, call: Call) -> HttpResponse:
        try:
            return super().copy_object(call)
        except S3Error as error:
            if error.code != "NoSuchKey":
                raise
            super().put_object(call)
            raise


class PrivateSourceCopied(ObjectStore):
    """It copies objects that the one who asks may not read."""

    def check_may(self, bucket: Bucket, user: str | None, action: str, key: str) -> None:
        if action != "s3:GetObject" or user is None:
            super().check_may(bucket, user, action, key)
