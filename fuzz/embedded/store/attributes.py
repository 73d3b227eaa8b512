"""Reads from a request what goes with an object: its headers, its metadata and its tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.sigv4 import query_pairs
from fuzz.embedded.store.state import Attributes

META = "x-amz-meta-"
MOST_METADATA_BYTES = 2048
STORED: Mapping[str, str] = MappingProxyType(
    {
        "content-type": "Content-Type",
        "cache-control": "Cache-Control",
        "content-disposition": "Content-Disposition",
        "content-encoding": "Content-Encoding",
        "content-language": "Content-Language",
        "expires": "Expires",
    }
)
MOST_TAGS = 10
LONGEST_TAG_KEY, LONGEST_TAG_VALUE = 128, 256


def attributes_of(headers: Mapping[str, str]) -> Attributes:
    """Return what a request says about the object that it writes; raises S3Error."""
    return Attributes(stored_headers(headers), metadata(headers), header_tags(headers))


def stored_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are kept with the object."""
    found = {STORED[name]: value for name, value in headers.items() if name in STORED}
    if "Content-Encoding" in found:
        codings = [coding.strip() for coding in found["Content-Encoding"].split(",")]
        # A framing of this one request, and no part of the object.
        kept = ", ".join(coding for coding in codings if coding.lower() != "aws-chunked")
        if kept:
            found["Content-Encoding"] = kept
        else:
            del found["Content-Encoding"]
    return {name: value for name, value in found.items() if value}


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata by name; raises S3Error for too much of it."""
    found = {name.removeprefix(META): value for name, value in headers.items() if name.startswith(META)}
    if sum(len(name) + len(value) for name, value in found.items()) > MOST_METADATA_BYTES:
        raise S3Error("MetadataTooLarge")
    return found


def header_tags(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the tags that a header gives as a query; raises S3Error."""
    return checked_tags(query_pairs(headers.get("x-amz-tagging", "")))


def checked_tags(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the tags, if they are few, short and different; raises S3Error."""
    found = tuple(tags)
    if len(found) > MOST_TAGS:
        raise S3Error("InvalidTag", f"Object tags cannot be greater than {MOST_TAGS}.")
    if len({key for key, _ in found}) < len(found):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key.")
    for key, value in found:
        if not 1 <= len(key) <= LONGEST_TAG_KEY or len(value) > LONGEST_TAG_VALUE:
            raise S3Error("InvalidTag", "The key or the value of a tag is too long or empty.")
    return found
