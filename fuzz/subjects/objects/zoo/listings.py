"""Animals whose listings hold other items than there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket, Version
from fuzz.subjects.objects.zoo.changing import edited

Items = Iterator[tuple[str, bool]]


class DelimiterIsASlash(ObjectStore):
    """It groups by slashes, whatever the delimiter is."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        return super().items(keys, prefix, "/" if delimiter else "", start)


class DelimiterIsOneCharacter(ObjectStore):
    """It groups by the first character of the delimiter."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        return super().items(keys, prefix, delimiter[:1], start)


class DelimiterFromTheEnd(ObjectStore):
    """It ends a group at the last delimiter of a key."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        seen = set()
        for name, is_group in super().items(keys, prefix, "", start):
            at = name.rfind(delimiter, len(prefix)) if delimiter else -1
            item = (name, is_group) if at < 0 else (name[: at + len(delimiter)], True)
            if item not in seen and item[0] > start:
                seen.add(item)
                yield item


class DelimiterWithinThePrefix(ObjectStore):
    """It looks for the delimiter in the prefix too."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        if delimiter and delimiter in prefix and any(key.startswith(prefix) for key in keys):
            yield prefix[: prefix.index(delimiter) + len(delimiter)], True
            return
        yield from super().items(keys, prefix, delimiter, start)


class GroupsListedAsKeys(ObjectStore):
    """It lists the keys of groups beside the groups."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        for name, is_group in super().items(keys, prefix, delimiter, start):
            yield name, is_group
            if is_group:
                inside = next(key for key in keys if key.startswith(name))
                if inside > name:
                    yield inside, False


class KeyOfItsGroupHidden(ObjectStore):
    """It does not list a key beside which there is a group of that name."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        found = list(super().items(keys, prefix, delimiter, start))
        groups = {name for name, is_group in found if is_group}
        return iter([item for item in found if f"{item[0]}{delimiter}" not in groups])


class GroupsAfterKeys(ObjectStore):
    """It orders all keys before all groups, across pages."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        found = list(super().items(keys, prefix, delimiter, start))
        return iter(sorted(found, key=lambda item: item[1]))


class PrefixIgnored(ObjectStore):
    """It lists all keys, whatever the prefix is."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:  # noqa: ARG002
        return super().items(keys, "", delimiter, start)


class PrefixIsAFolder(ObjectStore):
    """It takes a prefix for a folder, and lists no key that only begins like it."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        if prefix and not prefix.endswith("/"):
            return super().items([key for key in keys if key.startswith(f"{prefix}/")], prefix, delimiter, start)
        return super().items(keys, prefix, delimiter, start)


class PrefixIgnoresCase(ObjectStore):
    """It lists keys whose case differs from that of the prefix."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        beginnings = {key[: len(prefix)] for key in keys}
        for own in sorted(one for one in beginnings if one.lower() == prefix.lower()):
            yield from super().items(keys, own, delimiter, start)


class OrderIgnoresCase(ObjectStore):
    """It lists keys in the order of a dictionary."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        return iter(sorted(super().items(keys, prefix, delimiter, start), key=lambda item: item[0].lower()))


class OrderIsUtf16(ObjectStore):
    """It orders keys by code units of sixteen bits."""

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Items:
        found = super().items(keys, prefix, delimiter, start)
        return iter(sorted(found, key=lambda item: item[0].encode("utf-16-be")))


class SizeOfTheFirstPart(ObjectStore):
    """It lists the size of the first part for an object that came in parts."""

    def facts(self, version: Version) -> str:
        told = super().facts(version)
        if version.part_sizes:
            return told.replace(f"<Size>{version.content.size}<", f"<Size>{version.part_sizes[0]}<")
        return told


class UploadsListed(ObjectStore):
    """It lists keys that are only being uploaded."""

    def listed_keys(self, bucket: Bucket) -> Sequence[str]:
        begun = {one.key for one in bucket.uploads.values()}
        return sorted({*super().listed_keys(bucket), *begun})

    def entry(self, bucket: Bucket, text: Callable[[str], str], name: str, *, is_group: bool) -> str:
        if is_group or name in bucket.versions:
            return super().entry(bucket, text, name, is_group=is_group)
        return f"<Contents><Key>{text(name)}</Key><Size>0</Size></Contents>"


class MarkersListed(ObjectStore):
    """It lists keys that are deleted in a versioned bucket."""

    def listed_keys(self, bucket: Bucket) -> Sequence[str]:
        return bucket.keys


class EmptyObjectsHidden(ObjectStore):
    """It does not list objects without bytes."""

    def listed_keys(self, bucket: Bucket) -> Sequence[str]:
        return [key for key in super().listed_keys(bucket) if bucket.versions[key][0].content.size]


class FoldersHidden(ObjectStore):
    """It does not list keys that end with a slash."""

    def listed_keys(self, bucket: Bucket) -> Sequence[str]:
        return [key for key in super().listed_keys(bucket) if not key.endswith("/")]


class UrlEncodingTwice(ObjectStore):
    """It encodes keys twice where they are to be encoded."""

    def text(self, call: Call) -> Callable[[str], str]:
        once = super().text(call)
        return lambda text: once(once(text))


class EncodingUntold(ObjectStore):
    """It encodes keys without saying so."""

    def encoding(self, call: Call) -> str:  # noqa: ARG002
        return ""


class EncodingOnlyTold(ObjectStore):
    """It says that keys are encoded, and leaves them as they are."""

    def text(self, call: Call) -> Callable[[str], str]:  # noqa: ARG002
        return str


class AmpersandsEscapedTwice(ObjectStore):
    """It escapes ampersands of keys twice."""

    def list_objects(self, call: Call) -> HttpResponse:
        return edited(super().list_objects(call), "&amp;", "&amp;amp;")


class CarriageReturnsBare(ObjectStore):
    """It writes carriage returns of keys as they are, which readers take for line feeds."""

    def list_objects(self, call: Call) -> HttpResponse:
        return edited(super().list_objects(call), "&#13;", "\r")


class ListingTrimsKeys(ObjectStore):
    """It lists keys without the spaces at their ends."""

    def text(self, call: Call) -> Callable[[str], str]:
        well = super().text(call)
        return lambda text: well(text.strip(" "))
