"""Write JSON text that json.dumps would not write: raw tokens and repeated keys within plain values."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specs.reductions.schemas.places import PlaceStep


@dataclass(frozen=True, slots=True)
class Raw:
    """Text that is written in place of a value, as it is."""

    text: str


def render(node: Any) -> str:
    """Return the text of a value that may contain raw text."""
    if isinstance(node, Raw):
        return node.text
    try:
        # This writes the same text, many times as fast; it knows no raw text.
        return json.dumps(node)
    except TypeError:
        pass
    if isinstance(node, dict):
        return members(list(node.items()))
    if isinstance(node, list):
        return f"[{', '.join(map(render, node))}]"
    return json.dumps(node)


def members(pairs: Sequence[tuple[str, Any]]) -> str:
    """Return the text of an object whose keys may repeat."""
    return "{" + ", ".join(f"{json.dumps(key)}: {render(value)}" for key, value in pairs) + "}"


def put(tree: Any, path: Sequence[PlaceStep], node: Any) -> Any:
    """Copy the tree with another node at the path."""
    if not path:
        return node
    step, *rest = path
    if isinstance(tree, dict):
        return {**tree, str(step): put(tree.get(step), rest, node)}
    return [put(item, rest, node) if at == step else item for at, item in enumerate(tree)]
