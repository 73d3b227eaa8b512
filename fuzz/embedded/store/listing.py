"""Lists: objects in both versions, their versions, uploads and parts, page by page."""

from __future__ import annotations

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.keeper import Keeper
from fuzz.embedded.store.state import Bucket, Version
from fuzz.embedded.store.xml import document, element, iso_time, truth

MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """The items that a listing gives at once: keys and groups of keys (marked True) in order."""

    items: Sequence[tuple[str, bool]]
    truncated: bool


def end_of_group(key: str, prefix: str, delimiter: str) -> int:
    """Return where the group ends that a key turns into; -1 if it stays a key."""
    at = key.find(delimiter, len(prefix)) if delimiter else -1
    return at if at < 0 else at + len(delimiter)


def first_after(group: str) -> str:
    """Return the first text behind all that begin with the group."""
    last = len(group) - 1
    while last >= 0 and group[last] == "\U0010ffff":
        last -= 1
    if last < 0:
        return "\U0010ffff" * 2048
    following = ord(group[last]) + 1
    return group[:last] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)


def items(keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Iterator[tuple[str, bool]]:
    """Yield the items behind `start` in order: keys, and groups marked True."""
    position = max(bisect_right(keys, start) if start else 0, bisect_left(keys, prefix))
    while position < len(keys) and keys[position].startswith(prefix):
        key = keys[position]
        end = end_of_group(key, prefix, delimiter)
        if end < 0:
            yield key, False
            position += 1
            continue
        group = key[:end]
        if group > start:
            yield group, True
        # All other keys of the group are passed over at once.
        position = max(position + 1, bisect_left(keys, first_after(group)))


def url_text(text: str) -> str:
    """Return text as `encoding-type=url` gives it."""
    return quote(text, safe="/-_.~*")


class Listing(Keeper):
    """Operations that list what a bucket holds."""

    def text(self, call: Call) -> Callable[[str], str]:
        """Return a function that writes keys for an answer; raises S3Error for an unknown encoding."""
        encoding = call.parameters.get("encoding-type", "")
        if encoding not in ("", "url"):
            raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")
        return url_text if encoding else str

    def encoding(self, call: Call) -> str:
        """Return what an answer says of the encoding of its keys."""
        return element("EncodingType", "url") if call.parameters.get("encoding-type") else ""

    def list_objects(self, call: Call) -> HttpResponse:
        """Return the answer to ListObjects, of version 2 or 1."""
        second = call.parameters.get("list-type") == "2"
        limit = call.number("max-keys", MOST_KEYS, MOST_KEYS)
        start = self.list_start(call) if second else call.parameters.get("marker", "")
        text = self.text(call)
        with self.lock:
            bucket = self.bucket(call.bucket)
            page = self.page(call, self.listed_keys(bucket), start, limit)
            entries = [self.entry(bucket, text, name, is_group=is_group) for name, is_group in page.items]
        parameters = call.parameters
        prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
        told = [element("Name", call.bucket), element("Prefix", text(prefix)), element("MaxKeys", limit)]
        told += [element("IsTruncated", truth(page.truncated)), self.encoding(call)]
        if delimiter:
            told.append(element("Delimiter", text(delimiter)))
        told += self.second_version(call, text, page) if second else self.first_version(text, start, delimiter, page)
        return document("ListBucketResult", "".join((*told, *entries)))

    def second_version(self, call: Call, text: Callable[[str], str], page: Page) -> list[str]:
        """Return the parts that only the second version's answer has."""
        told = [element("KeyCount", len(page.items))]
        if "start-after" in call.parameters:
            told.append(element("StartAfter", text(call.parameters["start-after"])))
        if "continuation-token" in call.parameters:
            told.append(element("ContinuationToken", call.parameters["continuation-token"]))
        if page.truncated:
            told.append(element("NextContinuationToken", self.token(page.items[-1][0])))
        return told

    def first_version(self, text: Callable[[str], str], start: str, delimiter: str, page: Page) -> list[str]:
        """Return the parts that only the first version's answer has."""
        told = [element("Marker", text(start))]
        if page.truncated and delimiter:
            told.append(element("NextMarker", text(page.items[-1][0])))
        return told

    def listed_keys(self, bucket: Bucket) -> Sequence[str]:
        """Return the keys of all objects in order, without those that are deleted."""
        if not bucket.versioning:
            return bucket.keys
        return [key for key in bucket.keys if not bucket.versions[key][0].is_marker]

    def page(self, call: Call, keys: Sequence[str], start: str, limit: int) -> Page:
        """Return the items that are given at once."""
        found = self.items(keys, call.parameters.get("prefix", ""), call.parameters.get("delimiter", ""), start)
        given: list[tuple[str, bool]] = []
        for item in found:
            if len(given) == limit:
                return Page(given, truncated=limit > 0)
            given.append(item)
        return Page(given, truncated=False)

    def items(self, keys: Sequence[str], prefix: str, delimiter: str, start: str) -> Iterator[tuple[str, bool]]:
        """Return the items behind `start` in order: keys, and groups marked True."""
        return items(keys, prefix, delimiter, start)

    def entry(self, bucket: Bucket, text: Callable[[str], str], name: str, *, is_group: bool) -> str:
        """Return an object's entry, or that of a group."""
        if is_group:
            return f"<CommonPrefixes>{element('Prefix', text(name))}</CommonPrefixes>"
        return f"<Contents>{element('Key', text(name))}{self.facts(bucket.versions[name][0])}</Contents>"

    def facts(self, version: Version) -> str:
        """Return what a listing says of an object besides its key."""
        return (
            f"{element('LastModified', iso_time(version.modified))}{element('ETag', version.etag)}"
            f"{element('Size', version.content.size)}{element('StorageClass', 'STANDARD')}"
        )

    def list_start(self, call: Call) -> str:
        """Return the item after which a listing of the second version goes on; raises S3Error."""
        token = call.parameters.get("continuation-token")
        if token is None:
            return call.parameters.get("start-after", "")
        try:
            return base64.b64decode(token, altchars=b"-_", validate=True).decode()
        except ValueError:
            raise S3Error("InvalidArgument", "The continuation token provided is incorrect.") from None

    def token(self, last: str) -> str:
        """Return the token that says after which item to go on."""
        return base64.urlsafe_b64encode(last.encode()).decode()

    def list_versions(self, call: Call) -> HttpResponse:
        """Return the answer to ListObjectVersions."""
        parameters = call.parameters
        limit = call.number("max-keys", MOST_KEYS, MOST_KEYS)
        text = self.text(call)
        marker, version_marker = parameters.get("key-marker", ""), parameters.get("version-id-marker", "")
        with self.lock:
            bucket = self.bucket(call.bucket)
            entries = list(self.version_entries(call, bucket, marker, version_marker, text, limit + 1))
        truncated = len(entries) > limit > 0
        shown = entries[:limit]
        told = [element("Name", call.bucket), element("Prefix", text(parameters.get("prefix", "")))]
        told += [element("KeyMarker", text(marker)), element("VersionIdMarker", version_marker)]
        told += [element("MaxKeys", limit), element("IsTruncated", truth(truncated)), self.encoding(call)]
        if truncated:
            name, version_id, _ = shown[-1]
            told.append(element("NextKeyMarker", text(name)))
            if version_id:
                told.append(element("NextVersionIdMarker", version_id))
        return document("ListVersionsResult", "".join((*told, *(entry for _, _, entry in shown))))

    def version_entries(
        self, call: Call, bucket: Bucket, marker: str, version_marker: str, text: Callable[[str], str], most: int
    ) -> Iterator[tuple[str, str, str]]:
        """Yield up to so many versions and groups after the markers: key, version id and entry."""
        prefix, delimiter = call.parameters.get("prefix", ""), call.parameters.get("delimiter", "")
        left = most
        if version_marker and marker.startswith(prefix) and end_of_group(marker, prefix, delimiter) < 0:
            for version in self.versions_after(bucket, marker, version_marker)[:left]:
                yield marker, version.id, self.version_entry(bucket, marker, version, text)
                left -= 1
        for name, is_group in self.items(bucket.keys, prefix, delimiter, marker):
            if left <= 0:
                return
            if is_group:
                left -= 1
                yield name, "", self.entry(bucket, text, name, is_group=True)
                continue
            for version in bucket.versions[name][:left]:
                left -= 1
                yield name, version.id, self.version_entry(bucket, name, version, text)

    def versions_after(self, bucket: Bucket, key: str, version_id: str) -> Sequence[Version]:
        """Return the versions of a key that are older than one of them, which may be gone meanwhile."""
        known = bucket.versions.get(key, ())
        for position, version in enumerate(known):
            if version.id == version_id:
                return known[position + 1 :]
        try:
            serial = int(version_id[:16], 16)
        except ValueError:
            return ()
        return [version for version in known if version.serial < serial]

    def version_entry(self, bucket: Bucket, key: str, version: Version, text: Callable[[str], str]) -> str:
        """Return the entry of one version, or of a marker."""
        newest = truth(bucket.versions[key][0] is version)
        told = element("Key", text(key)) + element("VersionId", version.id) + element("IsLatest", newest)
        if version.is_marker:
            return f"<DeleteMarker>{told}{element('LastModified', iso_time(version.modified))}</DeleteMarker>"
        return f"<Version>{told}{self.facts(version)}</Version>"
