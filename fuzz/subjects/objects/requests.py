"""Write the plain request of each step: method, path, query, headers and body."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape

from fuzz.subjects.objects.lazy import Body, body_of, pieces_of
from fuzz.subjects.objects.signing import Plain, escaped
from specs.objects import steps
from specs.objects.checksums import digest
from specs.objects.model.buckets import policy_text
from specs.objects.words import BUCKET_IN_KEY, Memory, filled

XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
Query = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Names:
    """The real names of a case's buckets, and what earlier answers told."""

    host: str
    buckets: Mapping[str, str]
    memory: Memory
    now: float

    def bucket(self, logical: str) -> str:
        """Return the real name of a bucket; a logical name that begins with = is a real one."""
        return logical[1:] if logical.startswith("=") else self.buckets.get(logical, logical)

    def key(self, text: str) -> str:
        """Return a key with the real names of the buckets that it names."""
        return BUCKET_IN_KEY.sub(lambda found: self.bucket(found[1]), text) if "~bucket-" in text else text


def plain_request(step: Any, names: Names) -> Plain:
    """Return the request of a step, not signed yet."""
    query, body = _parts(step, names)
    key = getattr(step, "key", "")
    path = b"/"
    if not isinstance(step, steps.ListBuckets):
        path += names.bucket(step.bucket).encode()
        path += b"/" + names.key(key).encode("utf-8", "surrogateescape") if key else b""
    headers = [(name, filled(value, names.memory, lambda: pieces_of(body), names.now)) for name, value in step.headers]
    headers += _own_headers(step, names, body)
    more = [(name, filled(value, names.memory, lambda: pieces_of(body), names.now)) for name, value in step.query]
    method = getattr(step, "verb", step.method)
    if isinstance(step, steps.Malformed) and step.operation in ("tagging", "versioning"):
        method = "PUT"
    return Plain(method, names.host, path, (*query, *more), tuple(headers), body)


def _own_headers(step: Any, names: Names, body: Body) -> Iterator[tuple[str, str]]:
    match step:
        case steps.CopyObject() | steps.UploadPartCopy():
            key = names.key(step.source_key).encode("utf-8", "surrogateescape")
            source = f"/{names.bucket(step.source_bucket)}/{escaped(key, slashes=True)}"
            version = filled(step.source_version, names.memory)
            yield "x-amz-copy-source", f"{source}?versionId={escaped(version)}" if version else source
        case steps.DeleteObjects() if step.digest:
            kind = step.digest.removeprefix("wrong ")
            value = digest(kind, chain(pieces_of(body), (b"!",) if kind != step.digest else ()))
            yield ("Content-MD5" if kind == "md5" else f"x-amz-checksum-{kind}"), value
        case steps.Malformed(operation="delete"):
            yield "Content-MD5", digest("md5", pieces_of(body))


def _parts(step: Any, names: Names) -> tuple[Query, Body]:
    """Return the query and the body that a step's operation has."""
    made = _WRITERS.get(type(step))
    if made is not None:
        return made(step, names)
    content = getattr(step, "content", None)
    return [], b"" if content is None else body_of(content)


def _told(pairs: Mapping[str, str]) -> Query:
    return [(name, value) for name, value in pairs.items() if value]


def _list_objects(step: steps.ListObjects, names: Names) -> tuple[Query, bytes]:
    query = [("list-type", "2")] if step.v2 else []
    query += _told({"prefix": step.prefix, "delimiter": step.delimiter, "max-keys": step.max_keys})
    query += [("encoding-type", "url")] if step.url else []
    if step.after:
        word, name = ("token", "continuation-token") if step.v2 else ("marker", "marker")
        query += [(name, names.memory.known(word, step.after) or "no-such-page")]
    if step.start and (step.v2 or not step.after):
        query += [("start-after" if step.v2 else "marker", step.start)]
    return query, b""


def _list_uploads(step: steps.ListUploads, names: Names) -> tuple[Query, bytes]:
    told = {"prefix": step.prefix, "delimiter": step.delimiter, "max-uploads": step.most}
    query = [("uploads", ""), *_told(told), *([("encoding-type", "url")] if step.url else [])]
    if step.after:
        query += [("key-marker", names.memory.known("key-marker", step.after) or "")]
        query += _told({"upload-id-marker": names.memory.known("upload-marker", step.after) or ""})
    return query, b""


def _list_versions(step: steps.ListVersions, names: Names) -> tuple[Query, bytes]:
    query = [("versions", ""), *_told({"prefix": step.prefix, "max-keys": step.most})]
    query += [("encoding-type", "url")] if step.url else []
    if step.after:
        query += [("key-marker", names.memory.known("key-marker", step.after) or "")]
        query += _told({"version-id-marker": names.memory.known("version-marker", step.after) or ""})
    return query, b""


def _of_upload(step: Any, names: Names) -> tuple[Query, Body]:
    query = [("uploadId", names.memory.of("upload", step.upload))]
    match step:
        case steps.UploadPart():
            return [("partNumber", step.number), *query], body_of(step.content)
        case steps.UploadPartCopy():
            return [("partNumber", step.number), *query], b""
        case steps.ListParts():
            return [*query, *_told({"max-parts": step.most, "part-number-marker": step.marker})], b""
        case steps.CompleteUpload():
            return query, complete_xml([(one.number, filled(one.etag, names.memory)) for one in step.parts])
    return query, b""


def complete_xml(parts: list[tuple[str, str]]) -> bytes:
    """Return the body of a Complete that lists these parts."""
    inner = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(etag)}</ETag></Part>" for number, etag in parts
    )
    return f"<CompleteMultipartUpload {XMLNS}>{inner}</CompleteMultipartUpload>".encode()


def xml_text(text: str) -> str:
    """Return a text as XML has it; a carriage return is escaped, since parsers read it as a line feed."""
    return escape(text, {"\r": "&#13;"})


def delete_xml(keys: list[tuple[str, str]], *, quiet: bool) -> bytes:
    """Return the body of a request that deletes several keys, each with a version if one is named."""
    inner = "".join(
        f"<Object><Key>{xml_text(key)}</Key>{f'<VersionId>{xml_text(version)}</VersionId>' if version else ''}</Object>"
        for key, version in keys
    )
    return f"<Delete {XMLNS}>{'<Quiet>true</Quiet>' if quiet else ''}{inner}</Delete>".encode(
        "utf-8", "surrogateescape"
    )


def _delete_objects(step: steps.DeleteObjects, names: Names) -> tuple[Query, bytes]:
    keys = [(one.key, filled(one.version, names.memory)) for one in step.keys]
    return [("delete", "")], delete_xml(keys, quiet=step.quiet)


def tagging_xml(tags: steps.Pairs) -> bytes:
    """Return the body of a request that sets tags."""
    inner = "".join(f"<Tag><Key>{xml_text(key)}</Key><Value>{xml_text(value)}</Value></Tag>" for key, value in tags)
    return f"<Tagging {XMLNS}><TagSet>{inner}</TagSet></Tagging>".encode()


def versioning_xml(status: str) -> bytes:
    """Return the body of a request that turns versions on or off."""
    return f"<VersioningConfiguration {XMLNS}><Status>{status}</Status></VersioningConfiguration>".encode()


def _malformed(step: steps.Malformed, names: Names) -> tuple[Query, bytes]:
    query = {"delete": [("delete", "")], "tagging": [("tagging", "")], "versioning": [("versioning", "")]}
    upload = [("uploadId", names.memory.of("upload", step.upload))]
    return query.get(step.operation, upload), step.body.data


def _policy(step: steps.PutPolicy, names: Names) -> tuple[Query, bytes]:
    text = step.text or policy_text(names.bucket(step.bucket), step.statements)
    return [("policy", "")], text.encode()


_WRITERS: Mapping[type, Callable[[Any, Names], tuple[Query, Body]]] = {
    steps.ListObjects: _list_objects,
    steps.ListUploads: _list_uploads,
    steps.ListVersions: _list_versions,
    steps.CreateUpload: lambda _step, _names: ([("uploads", "")], b""),
    steps.UploadPart: _of_upload,
    steps.UploadPartCopy: _of_upload,
    steps.ListParts: _of_upload,
    steps.CompleteUpload: _of_upload,
    steps.AbortUpload: _of_upload,
    steps.DeleteObjects: _delete_objects,
    steps.PutTagging: lambda step, _names: ([("tagging", "")], tagging_xml(step.tags)),
    steps.GetTagging: lambda _step, _names: ([("tagging", "")], b""),
    steps.DeleteTagging: lambda _step, _names: ([("tagging", "")], b""),
    steps.PutVersioning: lambda step, _names: ([("versioning", "")], versioning_xml(step.status)),
    steps.GetVersioning: lambda _step, _names: ([("versioning", "")], b""),
    steps.PutPolicy: _policy,
    steps.GetPolicy: lambda _step, _names: ([("policy", "")], b""),
    steps.DeletePolicy: lambda _step, _names: ([("policy", "")], b""),
    steps.SubResource: lambda step, _names: ([(step.name, "")] if step.name else [], step.content.data),
    steps.Malformed: _malformed,
}
