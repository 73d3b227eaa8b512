"""Elements of HTML: what goes into them is escaped by construction."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

Child = Element | str | None


def element(tag: str, *children: Child | Iterable[Child], **attributes: str) -> Element:
    """Return an element with its attributes and children.

    `class_` is the attribute class, `aria_label` is aria-label.
    """
    made = Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    for child in children:
        if child is None or isinstance(child, str | Element):
            append(made, child)
        else:
            for one in child:
                append(made, one)
    return made


def append(parent: Element, child: Child) -> None:
    """Add an element or text at the end."""
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + legible(child)
    else:
        parent.text = (parent.text or "") + legible(child)


def legible(text: str) -> str:
    """Return text without what HTML cannot hold: control characters and halves of surrogate pairs."""
    return "".join(
        one if one in "\n\t" or not ("\ud800" <= one <= "\udfff" or one < " " or "\x7f" <= one < "\xa0") else "\ufffd"
        for one in text
    )


def document(root: Element) -> str:
    """Return the whole text of a page."""
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"
