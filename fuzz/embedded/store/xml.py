"""S3's XML: documents that are answered, and documents that come with requests."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.s3_errors import XML_HEADER, XML_TYPE, S3Error, xml_text

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
MOST_BYTES = 4 * 1024 * 1024


def document(root: str, content: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return an answer with status 200 and an XML document."""
    text = f"{XML_HEADER}<{root} {NAMESPACE}>{content}</{root}>"
    return HttpResponse(200, {"Content-Type": XML_TYPE, **(headers or {})}, text.encode("utf-8", "replace"))


def element(name: str, value: str | int) -> str:
    """Return one element of text."""
    return f"<{name}>{xml_text(str(value))}</{name}>"


def truth(value: bool) -> str:
    """Return a truth value as XML has it."""
    return "true" if value else "false"


def iso_time(seconds: int) -> str:
    """Return a time as S3's XML gives it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def parsed(data: bytes, root: str) -> ElementTree.Element:
    """Parse the document that came, with or without a namespace; raises S3Error."""
    if len(data) > MOST_BYTES or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise S3Error("MalformedXML")
    try:
        found = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise S3Error("MalformedXML") from None
    if local(found) != root:
        raise S3Error("MalformedXML")
    return found


def local(node: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return node.tag.rpartition("}")[2]


def children(node: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Return the elements of that name right below another."""
    return [one for one in node if local(one) == name]


def text_of(node: ElementTree.Element, name: str) -> str | None:
    """Return the text of the only element of that name below another, None if there is none.

    Raises S3Error for several.
    """
    found = children(node, name)
    if len(found) > 1:
        raise S3Error("MalformedXML")
    return (found[0].text or "") if found else None


def needed(node: ElementTree.Element, name: str) -> str:
    """Return the text of the one element of that name; raises S3Error."""
    found = text_of(node, name)
    if found is None:
        raise S3Error("MalformedXML")
    return found
