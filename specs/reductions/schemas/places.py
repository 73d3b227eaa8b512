"""Walk through a schema: its places, with references followed and alternatives laid side by side."""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from specs.itself import Itself
from specs.reductions.schemas import Schema, exact_validator

PlaceStep = str | int
Pattern = tuple[PlaceStep, ...]

ANY_ITEM = "*"


def inlined(schema: Schema) -> dict[str, Any]:
    """Return the schema with every local `$ref` replaced by its target; cached, so callers must not change it."""
    return _inlined(Itself(schema))


def variants(schema: Schema) -> Iterator[Schema]:
    """List the schema itself and every member of its allOf, anyOf and oneOf, at any depth."""
    yield schema
    for keyword in ("allOf", "anyOf", "oneOf"):
        for member in schema.get(keyword, ()):
            yield from variants(member)


def children(schema: Schema) -> Iterator[tuple[PlaceStep, Schema]]:
    """List every place one step down: fields by name, the items of a tuple by number, other items as `*`."""
    for variant in variants(schema):
        yield from variant.get("properties", {}).items()
        items = variant.get("items")
        if isinstance(items, list):
            yield from enumerate(items)
        elif isinstance(items, dict):
            yield ANY_ITEM, items


def places(schema: Schema, pattern: Pattern = ()) -> Iterator[tuple[Pattern, Schema]]:
    """List every place of an inlined schema, outermost first."""
    yield pattern, schema
    for step, child in children(schema):
        yield from places(child, (*pattern, step))


def place(schema: Schema, *path: PlaceStep) -> Schema:
    """Return the schema at a path of an inlined schema; `*` may be left out; definitions count as fields."""
    found = schema
    for depth, step in enumerate(path):
        here = dict(children(found)) if depth else {**schema.get("definitions", {}), **dict(children(found))}
        while step not in here and ANY_ITEM in here:
            here = dict(children(here[ANY_ITEM]))
        if step not in here:
            known = ", ".join(map(str, here)) or "nothing"
            where = pointer(path[:depth]) or "its top"
            raise LookupError(f"the schema has no {step!r} at {where}; it has {known}")
        found = here[step]
    return found


def types(schema: Schema) -> frozenset[str]:
    """Return the JSON types that a place allows, over all its variants; every type where none is named."""
    named: set[str] = set()
    for variant in variants(schema):
        kind = variant.get("type", ())
        named.update([kind] if isinstance(kind, str) else kind)
    return frozenset(named or {"null", "boolean", "integer", "number", "string", "array", "object"})


def without_null(schema: Schema) -> dict[str, Any]:
    """Return the same place with null not allowed."""
    narrowed = dict(schema)
    if isinstance(schema.get("type"), list):
        narrowed["type"] = [kind for kind in schema["type"] if kind != "null"]
    if "enum" in schema:
        narrowed["enum"] = [value for value in schema["enum"] if value is not None]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            narrowed[keyword] = [member for member in schema[keyword] if member.get("type") != "null"]
    return narrowed


def limits(schema: Schema) -> tuple[int | float | None, int | float | None]:
    """Return the least and the greatest number that a place allows; None where there is no limit."""
    least = [value for variant in variants(schema) if (value := _least(variant)) is not None]
    greatest = [value for variant in variants(schema) if (value := _greatest(variant)) is not None]
    return max(least, default=None), min(greatest, default=None)


def example(schema: Schema) -> Any:
    """Return a valid value of an inlined schema, never null if another value is valid."""
    return _example(Itself(schema))


def narrow(schema: Schema, *path: str | int, **keywords: Any) -> dict[str, Any]:
    """Copy a schema with keywords at one place replaced: `narrow(schema, "dtype", enum=["int32"])`."""
    copy: dict[str, Any] = json.loads(json.dumps(inlined(schema)))
    found = place(copy, *path)
    if not isinstance(found, dict):
        raise TypeError(f"the schema's place {path} is {found!r}; only an object can be narrowed")
    found.update(keywords)
    return copy


def without(schema: Schema, *fields: str) -> dict[str, Any]:
    """Copy a schema without these top-level fields."""
    unknown = [field for field in fields if field not in schema["properties"]]
    if unknown:
        raise LookupError(f"the schema has no field {unknown[0]!r}; it has {', '.join(schema['properties'])}")
    properties = {name: of for name, of in schema["properties"].items() if name not in fields}
    required = [name for name in schema.get("required", ()) if name not in fields]
    return {**schema, "properties": properties, "required": required}


def pointer(path: Sequence[PlaceStep]) -> str:
    """Return the path as text: /selection/0/2."""
    return "".join(f"/{step}" for step in path)


@functools.lru_cache(maxsize=1024)
def _example(key: Itself[Schema]) -> Any:
    narrowed = without_null(key.it)
    check = exact_validator(narrowed)
    for value in _candidates(narrowed):
        if check.is_valid(value):
            return value
    raise LookupError(f"no example of {json.dumps(key.it)} is known; give it a valid one under 'examples'")


def _candidates(schema: Schema) -> Iterator[Any]:
    for variant in variants(schema):
        yield from variant.get("examples", ())
        yield from variant.get("enum", ())
        if "const" in variant:
            yield variant["const"]
    kinds = types(schema)
    if kinds & {"integer", "number"}:
        least, greatest = limits(schema)
        yield from (value for value in (1, least, greatest, 0, 2) if value is not None)
    if "array" in kinds:
        items = [child for step, child in children(schema) if step == ANY_ITEM]
        fixed = [example(child) for step, child in children(schema) if isinstance(step, int)]
        yield fixed or [example(items[0])] * max(schema.get("minItems", 1), 1) if items or fixed else []
        yield []
    if "object" in kinds:
        fields = dict(children(schema))
        wanted = schema.get("required") or list(fields)[: schema.get("minProperties", 0)]
        yield {name: example(fields[str(name)]) for name in wanted}
    yield from ("text", 0, False, [], {}, None)


@functools.lru_cache(maxsize=64)
def _inlined(key: Itself[Schema]) -> dict[str, Any]:
    return {name: _inline(node, key.it, ()) for name, node in key.it.items()}


def _inline(node: Any, root: Schema, seen: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_inline(item, root, seen) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return {key: _inline(value, root, seen) for key, value in node.items()}
    if reference in seen or not reference.startswith("#/"):
        raise ValueError(f"$ref {reference!r} cannot be inlined; refer to a definition of the same file")
    target: Any = root
    for step in reference[2:].split("/"):
        target = target[step]
    return _inline(target, root, (*seen, reference))


def _least(schema: Schema) -> int | float | None:
    exclusive: int | None = schema.get("exclusiveMinimum")
    least: int | float | None = schema.get("minimum") if exclusive is None else exclusive + 1
    return least


def _greatest(schema: Schema) -> int | float | None:
    exclusive: int | None = schema.get("exclusiveMaximum")
    greatest: int | float | None = schema.get("maximum") if exclusive is None else exclusive - 1
    return greatest
