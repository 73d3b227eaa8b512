"""Animals that keep other tags than were set, or lose something else over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import VersionChanged
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Attributes, Bucket, Version
from fuzz.embedded.store.xml import children, needed, parsed, text_of

Tags = tuple[tuple[str, str], ...]


class HeaderTagsIgnored(ObjectStore):
    """It ignores the tags that come with a put."""

    def attributes(self, call: Call) -> Attributes:
        return replace(super().attributes(call), tags=())


class TagsOfTheOldSurvive(ObjectStore):
    """It keeps the tags of an object that is overwritten."""

    def attributes(self, call: Call) -> Attributes:
        found = super().attributes(call)
        bucket = self.state.buckets.get(call.bucket)
        known = bucket.newest(call.key) if bucket is not None else None
        return found if found.tags or known is None else replace(found, tags=known.attributes.tags)


class TagsAddUp(ObjectStore):
    """It adds new tags to the old ones in place of replacing them."""

    def set_tags(self, call: Call, tags: Tags) -> dict[str, str]:
        _, version = self.tagged_version(call)
        names = {name for name, _ in tags}
        kept = tuple(tag for tag in version.attributes.tags if tag[0] not in names) if tags else ()
        return super().set_tags(call, kept + tags)


class TaggingDropsMetadata(ObjectStore):
    """It drops the metadata of an object that is tagged."""

    def set_tags(self, call: Call, tags: Tags) -> dict[str, str]:
        headers = super().set_tags(call, tags)
        bucket, version = self.tagged_version(call)
        changed = replace(version, attributes=replace(version.attributes, metadata={}))
        self.commit(VersionChanged(bucket.name, call.key, changed))
        return headers


class TaggingMovesTheEtag(ObjectStore):
    """It gives an object that is tagged another ETag."""

    def set_tags(self, call: Call, tags: Tags) -> dict[str, str]:
        headers = super().set_tags(call, tags)
        bucket, version = self.tagged_version(call)
        changed = replace(version, etag=f'"{version.etag.strip(chr(34))[::-1]}"')
        self.commit(VersionChanged(bucket.name, call.key, changed))
        return headers


class TagsUntaken(ObjectStore):
    """It answers that tags are set, and leaves the old ones."""

    def put_tagging(self, call: Call) -> HttpResponse:
        parsed(call.body.content.read(), "Tagging")
        self.tagged_version(call)
        return HttpResponse(200, {})


class DeletedTagsStay(ObjectStore):
    """It answers that tags are deleted, and keeps them."""

    def delete_tagging(self, call: Call) -> HttpResponse:
        self.tagged_version(call)
        return HttpResponse(204, {})


class LastTagLost(ObjectStore):
    """It loses the last of several tags."""

    def set_tags(self, call: Call, tags: Tags) -> dict[str, str]:
        return super().set_tags(call, tags[:-1] if len(tags) > 1 else tags)


class TagsUnchecked(ObjectStore):
    """It takes more than ten tags, and tags of the same key."""

    def put_tagging(self, call: Call) -> HttpResponse:
        root = parsed(call.body.content.read(), "Tagging")
        found = [one for kept in children(root, "TagSet") for one in children(kept, "Tag")]
        tags = tuple((needed(one, "Key"), text_of(one, "Value") or "") for one in found)
        return HttpResponse(200, self.set_tags(call, tags))


class TagsTrimmed(ObjectStore):
    """It keeps the values of tags without spaces at their ends."""

    def set_tags(self, call: Call, tags: Tags) -> dict[str, str]:
        return super().set_tags(call, tuple((key, value.strip()) for key, value in tags))


class TagsUncounted(ObjectStore):
    """It says of an object with tags that it has one."""

    def object_headers(self, call: Call, bucket: Bucket, version: Version) -> dict[str, str]:
        headers: Mapping[str, str] = super().object_headers(call, bucket, version)
        return {**headers, **({"x-amz-tagging-count": "1"} if version.attributes.tags else {})}


class TagsOfTheNewestVersion(ObjectStore):
    """It gives the tags of the newest version whichever is asked for."""

    def tagged_version(self, call: Call) -> tuple[Bucket, Version]:
        return super().tagged_version(replace(call, parameters={}))
