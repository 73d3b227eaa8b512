"""Animals that keep other metadata than was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fuzz.embedded.http_messages import Answer, HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Attributes, Bucket, Version

Metadata = dict[str, str]
Alter = Callable[[Metadata], Metadata]


class ValuesInLowerCase(ObjectStore):
    """It keeps values of metadata in lower case."""

    alter: Alter = staticmethod(lambda found: {name: value.lower() for name, value in found.items()})

    def attributes(self, call: Call) -> Attributes:
        found = super().attributes(call)
        return replace(found, metadata=type(self).alter(dict(found.metadata)))


class MetadataForgotten(ValuesInLowerCase):
    """It keeps no metadata."""

    alter: Alter = staticmethod(lambda _found: {})


class MetadataSecondForgotten(ValuesInLowerCase):
    """It keeps only the first item of metadata by name."""

    alter: Alter = staticmethod(lambda found: dict(sorted(found.items())[:1]))


class MetadataCut(ValuesInLowerCase):
    """It keeps the first 64 characters of a value of metadata."""

    alter: Alter = staticmethod(lambda found: {name: value[:64] for name, value in found.items()})


class HyphensBecomeUnderscores(ValuesInLowerCase):
    """It turns hyphens in names of metadata into underscores."""

    alter: Alter = staticmethod(lambda found: {name.replace("-", "_"): value for name, value in found.items()})


class ValuesDecoded(ValuesInLowerCase):
    """It decodes percent signs in values of metadata."""

    @staticmethod
    def alter(found: Metadata) -> Metadata:
        from urllib.parse import unquote

        return {name: unquote(value) for name, value in found.items()}


class CommasEndValues(ValuesInLowerCase):
    """It keeps a value of metadata up to its first comma."""

    alter: Alter = staticmethod(lambda found: {name: value.partition(",")[0] for name, value in found.items()})


class QuotesStripped(ValuesInLowerCase):
    """It keeps values of metadata without quotes around them."""

    alter: Alter = staticmethod(lambda found: {name: value.strip('"') for name, value in found.items()})


class MetadataOfTheOldSurvives(ObjectStore):
    """It adds new metadata to that of the object that is overwritten."""

    def attributes(self, call: Call) -> Attributes:
        found = super().attributes(call)
        bucket = self.state.buckets.get(call.bucket)
        known = bucket.newest(call.key) if bucket is not None else None
        return replace(found, metadata={**(known.attributes.metadata if known else {}), **found.metadata})


class HeadersOfTheOldSurvive(ObjectStore):
    """It keeps the headers of the object that is overwritten where the new one has none."""

    def attributes(self, call: Call) -> Attributes:
        found = super().attributes(call)
        bucket = self.state.buckets.get(call.bucket)
        known = bucket.newest(call.key) if bucket is not None else None
        return replace(found, headers={**(known.attributes.headers if known else {}), **found.headers})


class HeadWithoutMetadata(ObjectStore):
    """It gives no metadata to HEAD."""

    def head_object(self, call: Call) -> Answer:
        answer = super().head_object(call)
        assert isinstance(answer, HttpResponse)
        kept = {name: value for name, value in answer.headers.items() if not name.startswith("x-amz-meta-")}
        return replace(answer, headers=kept)


class PartsWithoutMetadata(ObjectStore):
    """It gives no metadata with a range."""

    def give(self, call: Call, bucket: Bucket, version: Version) -> Answer:
        answer = super().give(call, bucket, version)
        if isinstance(answer, HttpResponse) and answer.status == 206:
            kept = {name: value for name, value in answer.headers.items() if not name.startswith("x-amz-meta-")}
            return replace(answer, headers=kept)
        return answer


class MetadataLimitTooLow(ObjectStore):
    """It refuses metadata of more than 1,000 bytes."""

    def attributes(self, call: Call) -> Attributes:
        found = super().attributes(call)
        if sum(len(name) + len(value) for name, value in found.metadata.items()) > 1000:
            raise S3Error("MetadataTooLarge")
        return found


class MetadataOfAnother(ObjectStore):
    """It gives every object the metadata that was sent last."""

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        newest = max((one[0] for one in bucket.versions.values()), key=lambda one: one.serial, default=version)
        attributes = replace(version.attributes, metadata=newest.attributes.metadata)
        return super().object_headers(call, bucket, replace(version, attributes=attributes))
