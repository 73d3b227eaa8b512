"""S3's XML about buckets and their objects."""

import base64
import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.memory_objects import Bucket
from fuzz.embedded.s3_errors import XML_HEADER, XML_TYPE, S3Error, xml_text

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
MOST_KEYS = 1000


def xml_document(root: str, content: str) -> HttpResponse:
    """A 200 with an XML document."""
    document = f"{XML_HEADER}<{root} {NAMESPACE}>{content}</{root}>"
    return HttpResponse(200, {"Content-Type": XML_TYPE}, document.encode("utf-8", "replace"))


def element(name: str, value: str | int) -> str:
    """One element of text."""
    return f"<{name}>{xml_text(str(value))}</{name}>"


def bucket_list(owner: str, names: Iterable[str]) -> HttpResponse:
    """The answer to ListBuckets."""
    created = iso_time(0)
    buckets = (f"<Bucket>{element('Name', name)}{element('CreationDate', created)}</Bucket>" for name in names)
    who = f"<Owner>{element('ID', owner)}{element('DisplayName', owner)}</Owner>"
    return xml_document("ListAllMyBucketsResult", f"{who}<Buckets>{''.join(buckets)}</Buckets>")


def object_list(bucket: Bucket, query: Mapping[str, str]) -> HttpResponse:
    """The answer to ListObjects, of version 2 or 1."""
    second = query.get("list-type") == "2"
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = list_start(query) if second else query.get("marker", "")
    limit = key_limit(query.get("max-keys"))
    encoded = query.get("encoding-type") == "url"

    def text(key: str) -> str:
        return quote(key, safe="/-_.~*") if encoded else key

    names = sorted(key for key in list(bucket.objects) if key.startswith(prefix) and key > after)
    entries = grouped(names, prefix, delimiter, after)
    page = list(itertools.islice(entries, limit + 1))
    truncated = len(page) > limit
    page = page[:limit]
    parts = [element("Name", bucket.name), element("Prefix", text(prefix)), element("MaxKeys", limit)]
    parts.append(element("IsTruncated", str(truncated).lower()))
    if encoded:
        parts.append(element("EncodingType", "url"))
    if delimiter:
        parts.append(element("Delimiter", text(delimiter)))
    if second:
        parts.append(element("KeyCount", len(page)))
    if truncated and page:
        last, _ = page[-1]
        parts.append(
            element("NextContinuationToken", base64.urlsafe_b64encode(last.encode()).decode())
            if second
            else element("NextMarker", text(last))
        )
    parts += (entry_xml(bucket, name, text(name), folded=folded) for name, folded in page)
    return xml_document("ListBucketResult", "".join(parts))


def grouped(names: Iterable[str], prefix: str, delimiter: str, after: str) -> Iterable[tuple[str, bool]]:
    """Keys; those alike up to the delimiter are folded into one entry that ends in it, marked True."""
    previous = None
    for name in names:
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        if end < 0:
            yield name, False
            continue
        entry = name[: end + len(delimiter)]
        if entry != previous and entry > after:
            yield entry, True
        previous = entry


def entry_xml(bucket: Bucket, name: str, shown: str, *, folded: bool) -> str:
    """An object's entry, or that of a common prefix."""
    if folded:
        return f"<CommonPrefixes>{element('Prefix', shown)}</CommonPrefixes>"
    stored = bucket.objects.get(name)
    if stored is None:
        # Deleted since the keys were collected.
        return ""
    return (
        f"<Contents>{element('Key', shown)}{element('LastModified', iso_time(stored.modified))}"
        f"{element('ETag', stored.etag)}{element('Size', len(stored.data))}"
        f"{element('StorageClass', 'STANDARD')}</Contents>"
    )


def list_start(query: Mapping[str, str]) -> str:
    """The key after which a listing goes on."""
    token = query.get("continuation-token")
    if token is None:
        return query.get("start-after", "")
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise S3Error("InvalidArgument", "The continuation token provided is incorrect.") from None


def key_limit(text: str | None) -> int:
    """How many keys a listing gives at most."""
    if text is None:
        return MOST_KEYS
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise S3Error("InvalidArgument", "Argument max-keys must be an integer between 0 and 2147483647.")
    return min(int(text), MOST_KEYS)


def keys_to_delete(body: bytes) -> list[str]:
    """The keys that a DeleteObjects document names."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise S3Error("MalformedXML", f"The XML is not well-formed: {error}") from None
    return [found.text or "" for found in root.iter() if found.tag.rpartition("}")[2] == "Key"]


def deletion_result(keys: Iterable[str]) -> HttpResponse:
    """The answer to DeleteObjects."""
    return xml_document("DeleteResult", "".join(f"<Deleted>{element('Key', key)}</Deleted>" for key in keys))


def iso_time(seconds: int) -> str:
    """A time as S3's XML gives it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
