"""Lists uploads in progress, and the parts that one of them has."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.listing import Listing, end_of_group
from fuzz.embedded.store.multipart import Multipart
from fuzz.embedded.store.state import Bucket, Part
from fuzz.embedded.store.xml import document, element, iso_time, truth

MOST_ENTRIES = 1000


class UploadLists(Multipart, Listing):
    """Operations that list uploads and parts."""

    def list_parts(self, call: Call) -> HttpResponse:
        """Return the answer to ListParts."""
        limit = call.number("max-parts", MOST_ENTRIES, MOST_ENTRIES)
        marker = call.number("part-number-marker", 0, 2**31)
        text = self.text(call)
        with self.lock:
            _, upload = self.upload(call)
            parts = [part for number, part in sorted(upload.parts.items()) if number > marker]
        shown = parts[:limit]
        truncated = len(parts) > limit > 0
        told = [element("Bucket", call.bucket), element("Key", text(call.key)), element("UploadId", upload.id)]
        told += [element("PartNumberMarker", marker), element("MaxParts", limit), self.encoding(call)]
        told.append(element("IsTruncated", truth(truncated)))
        if truncated:
            told.append(element("NextPartNumberMarker", shown[-1].number))
        return document("ListPartsResult", "".join((*told, *map(self.part_entry, shown))))

    def part_entry(self, part: Part) -> str:
        """Return the entry of one part."""
        return (
            f"<Part>{element('PartNumber', part.number)}{element('LastModified', iso_time(part.modified))}"
            f"{element('ETag', part.etag)}{element('Size', part.content.size)}</Part>"
        )

    def list_uploads(self, call: Call) -> HttpResponse:
        """Return the answer to ListMultipartUploads."""
        parameters = call.parameters
        limit = call.number("max-uploads", MOST_ENTRIES, MOST_ENTRIES)
        text = self.text(call)
        prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
        with self.lock:
            found = list(self.upload_items(call, self.bucket(call.bucket)))
        shown = found[:limit]
        truncated = len(found) > limit > 0
        told = [element("Bucket", call.bucket), element("KeyMarker", text(parameters.get("key-marker", "")))]
        told += [element("UploadIdMarker", parameters.get("upload-id-marker", "")), element("Prefix", text(prefix))]
        told += [element("MaxUploads", limit), element("IsTruncated", truth(truncated)), self.encoding(call)]
        if delimiter:
            told.append(element("Delimiter", text(delimiter)))
        if truncated:
            told.append(element("NextKeyMarker", text(shown[-1][0])))
            told.append(element("NextUploadIdMarker", shown[-1][1]))
        for name, upload_id, initiated in shown:
            if upload_id:
                told.append(self.upload_entry(text(name), upload_id, initiated))
            else:
                told.append(f"<CommonPrefixes>{element('Prefix', text(name))}</CommonPrefixes>")
        return document("ListMultipartUploadsResult", "".join(told))

    def upload_entry(self, key: str, upload_id: str, initiated: int) -> str:
        """Return the entry of one upload."""
        told = element("Key", key) + element("UploadId", upload_id) + element("StorageClass", "STANDARD")
        return f"<Upload>{told}{element('Initiated', iso_time(initiated))}</Upload>"

    def upload_items(self, call: Call, bucket: Bucket) -> Iterator[tuple[str, str, int]]:
        """Yield the uploads after the markers by key and id, with the time they began; groups have no id."""
        parameters = call.parameters
        prefix, delimiter = parameters.get("prefix", ""), parameters.get("delimiter", "")
        key_marker, id_marker = parameters.get("key-marker", ""), parameters.get("upload-id-marker", "")
        previous = None
        for key, name in sorted((upload.key, upload.id) for upload in bucket.uploads.values()):
            if not key.startswith(prefix):
                continue
            end = end_of_group(key, prefix, delimiter)
            if end >= 0:
                group = key[:end]
                if group != previous and group > key_marker:
                    yield group, "", 0
                previous = group
            elif key > key_marker or (key == key_marker and id_marker and name > id_marker):
                yield key, name, bucket.uploads[name].initiated
