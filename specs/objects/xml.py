"""Read the XML of answers, whatever its namespace and its further elements are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree

MOST_XML_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Element:
    """An element without its namespace: its name, its own text and its children."""

    name: str
    text: str = ""
    children: tuple[Element, ...] = field(default=())

    def all(self, name: str) -> Iterator[Element]:
        """List the children of that name."""
        return (one for one in self.children if one.name == name)

    def first(self, name: str) -> Element | None:
        """Return the first child of that name, if there is one."""
        return next(self.all(name), None)


def read_xml(body: bytes) -> Element | None:
    """Return the root of a well-formed document, after white space if there is any; None for any other body."""
    if len(body) > MOST_XML_BYTES or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return None
    try:
        return _plain(ElementTree.fromstring(body.lstrip()))
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def _plain(node: ElementTree.Element) -> Element:
    name = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
    return Element(name, node.text or "", tuple(map(_plain, node)))


def text_of(element: Element, name: str) -> str | None:
    """Return the text of the first child of that name; None if there is no such child."""
    child = element.first(name)
    return None if child is None else child.text
