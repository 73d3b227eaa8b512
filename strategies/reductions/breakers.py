"""Break each rule that a JSON Schema can make: turn a valid value into near misses."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specs.reductions.schemas import Schema
from specs.reductions.schemas.places import PlaceStep, children, example, types
from strategies.reductions.json_text import Raw, members


@dataclass(frozen=True, slots=True)
class Break:
    """The value to put in place of a valid one; `below` leads on to the member at fault."""

    detail: str
    node: Any
    below: tuple[PlaceStep, ...] = ()
    questionable: bool = False


Breaker = Callable[[Schema, Any], Iterator[Break]]

DEPTHS = (100, 1_000, 5_000)

# Values that a client could write in good faith, but that no schema lists.
_PLAUSIBLE = (
    "float16", "int8", "uint8", "int16", "bool", "complex64", "float", "int", "object", "<i4", ">f8", "i4",
    "A", "K", "<", "=", "native", "S3", "file", "ftp", "swift", "lz4", "zstd", "snappy", "blosc",
    "bitshuffle", "delta", "none", "null", "0",
)  # fmt: skip
_STRANGERS = (
    "x", "", "$schema", "__proto__", "operation", "source", "bucket", "object", "url", "interface_type",
    "codec", "level", "fill_value", "missing_value", "id", "shuffle",
    "\U0001f30d", "\ud83c", "\u0000", "dtype\u0000",
)  # fmt: skip


def _type(schema: Schema, value: Any) -> Iterator[Break]:
    allowed = types(schema)
    wanted = " or ".join(sorted(allowed - {"null"})) or "null"
    looks = value if isinstance(value, str) else json.dumps(value)
    wrong: dict[str, tuple[Any, ...]] = {
        "null": (None,),
        "boolean": (True, False),
        "string": ("text", "", "8", "null", looks),
        "array": ([], [value], [None]),
        "object": ({}, {"value": value}, {"0": value}),
    }
    if not allowed & {"integer", "number"}:
        wrong["integer"] = (8, 0, -1)
    if "number" not in allowed:
        # The first number, cut or rounded to an integer, is the valid value again.
        near = (value + 0.25,) if isinstance(value, int) and not isinstance(value, bool) else ()
        wrong["number"] = (*near, 8.5, -0.5, 1e-9)
    for kind, nodes in wrong.items():
        if kind not in allowed:
            yield from (Break(f"{kind} instead of {wanted}", node) for node in nodes)


def _enum(schema: Schema, _: Any) -> Iterator[Break]:
    for value in schema.get("enum", [schema.get("const")]):
        if not isinstance(value, str):
            continue
        for detail, near in (
            ("case", value.upper()),
            ("case", value.lower()),
            ("case", value.title()),
            ("leading space", f" {value}"),
            ("trailing space", f"{value} "),
            ("trailing newline", f"{value}\n"),
            ("trailing zero byte", f"{value}\x00"),
            ("prefix", value[:-1]),
            ("longer", f"{value}{value[-1:]}"),
            ("doubled", value * 2),
            ("quoted", json.dumps(value)),
        ):
            yield Break(f"{detail}: {near!r}", near)
    yield Break("empty", "")
    yield from (Break(f"plausible: {value}", value) for value in _PLAUSIBLE)


def _minimum(schema: Schema, _: Any) -> Iterator[Break]:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    assert least is not None
    if "exclusiveMinimum" in schema:
        yield Break("at the bound", least)
    for step in (1, 2**31, 2**63, 2**64):
        yield Break(f"{step} below", int(least) - step)
    yield Break("far below", int(least) - 10**30)
    yield from (Break("far below", Raw(f"-{far}")) for far in ("1e400", f"1{'0' * 400}"))


def _maximum(schema: Schema, _: Any) -> Iterator[Break]:
    greatest = schema.get("maximum", schema.get("exclusiveMaximum"))
    assert greatest is not None
    if "exclusiveMaximum" in schema:
        yield Break("at the bound", greatest)
    for step in (1, 2**31, 2**63, 2**64):
        yield Break(f"{step} above", int(greatest) + step)
    yield from (Break("far above", Raw(far)) for far in ("1e309", "1e400", f"1{'0' * 400}"))


def _min_length(schema: Schema, value: Any) -> Iterator[Break]:
    text = value if isinstance(value, str) else ""
    yield from (Break(f"{length} characters", text[:length]) for length in range(schema["minLength"]))


def _max_length(schema: Schema, value: Any) -> Iterator[Break]:
    text = value if isinstance(value, str) and value else "x"
    for more in (1, 1000):
        length = schema["maxLength"] + more
        yield Break(f"{length} characters", (text * length)[:length])


def _pattern(_: Schema, value: Any) -> Iterator[Break]:
    rest = value.partition("://")[2] if isinstance(value, str) else ""
    for detail, text in (
        ("empty", ""),
        ("one word", "text"),
        ("number", "8"),
        ("no scheme", rest),
        ("empty scheme", f"://{rest}"),
        ("path", f"/{rest}"),
    ):
        yield Break(detail, text)


def _min_items(schema: Schema, value: Any) -> Iterator[Break]:
    items = _items(schema, value)
    for length in range(schema["minItems"]):
        yield Break(f"{length} items", (items * schema["minItems"])[:length])


def _max_items(schema: Schema, value: Any) -> Iterator[Break]:
    items = _items(schema, value)
    for more in (1, 2, 100):
        length = schema["maxItems"] + more
        yield Break(f"{length} items", (items * length)[:length])


def _additional_items(schema: Schema, value: Any) -> Iterator[Break]:
    items = _items(schema, value)
    yield Break("one item more", [*items, items[-1] if items else None])


def _unique_items(schema: Schema, value: Any) -> Iterator[Break]:
    items = _items(schema, value)
    yield Break("first item repeated", [items[0], *items])
    yield Break("last item repeated", [*items, items[-1]])
    yield Break("all items repeated", items * 2)


def _required(schema: Schema, value: Any) -> Iterator[Break]:
    for name in schema["required"]:
        whole = _members(schema, value)
        rest = {key: member for key, member in whole.items() if key != name}
        yield Break(f"without {name}", rest, (name,))
        yield Break(f"{name} is null", {**whole, name: None}, (name,))


def _additional_properties(schema: Schema, value: Any) -> Iterator[Break]:
    known = schema.get("properties", {})
    whole = _members(schema, value)
    for name in _STRANGERS:
        if name not in known:
            for node in (1, "x", None):
                yield Break(f"unknown field {name!r}", {**whole, name: node}, (name,))
    for name in known:
        given = whole.get(name, 1)
        for near in _near_names(name):
            if near in known:
                continue
            yield Break(f"unknown field {near!r}", {**whole, near: given}, (near,))
            renamed = {near if key == name else key: member for key, member in whole.items()}
            if near in renamed:
                yield Break(f"{name} renamed to {near!r}", renamed, (near,))


def _min_properties(schema: Schema, value: Any) -> Iterator[Break]:
    for count in range(schema["minProperties"]):
        yield Break(f"{count} members", dict(list(_members(schema, value).items())[:count]))


def _max_properties(schema: Schema, value: Any) -> Iterator[Break]:
    whole = _members(schema, value)
    more = dict(whole)
    for step, child in children(schema):
        more.setdefault(str(step), example(child))
        if len(more) > schema["maxProperties"]:
            yield Break(f"{len(more)} members: {', '.join(more)}", dict(more))
    for step, child in children(schema):
        if step not in whole:
            yield Break(f"{step} as well", {**whole, str(step): example(child)})


def _not(schema: Schema, value: Any) -> Iterator[Break]:
    forbidden = schema["not"]
    for node in forbidden.get("enum", [forbidden["const"]] if "const" in forbidden else [example(forbidden)]):
        yield Break(f"{json.dumps(node)} is forbidden", node)
        if node == 0:
            yield from (Break(f"{text} is forbidden", Raw(text)) for text in ("-0", "0.0", "0e5"))
    yield Break("the value itself", value)


def _spelling(_: Schema, value: Any) -> Iterator[Break]:
    number = value if isinstance(value, int) and not isinstance(value, bool) and value else 1
    for text in (f"{number}.0", f"{number}e0", f"{number}.0E+0", f"{number}0e-1", f"{number}.{'0' * 40}"):
        yield Break(f"integer spelled {text}", Raw(text), questionable=True)


def _huge(_: Schema, __: Any) -> Iterator[Break]:
    for number in (2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**30, -(2**63) - 1, -(10**30)):
        yield Break(f"{number}", number, questionable=True)
    for detail, text in (
        ("1e400", "1e400"),
        ("-1e400", "-1e400"),
        ("an exponent beyond 64 bits", f"1e{'9' * 25}"),
        ("400 digits", f"1{'0' * 400}"),
        ("5000 digits", "9" * 5000),
    ):
        yield Break(detail, Raw(text), questionable=True)


def _non_finite(_: Schema, __: Any) -> Iterator[Break]:
    for token in ("NaN", "Infinity", "-Infinity", "nan", "inf", "-NaN", "1e", "0x8"):
        yield Break(f"token {token}", Raw(token))


def _depth(_: Schema, __: Any) -> Iterator[Break]:
    for depth in DEPTHS:
        yield Break(f"{depth} arrays in one another", Raw("[" * depth + "]" * depth))
        yield Break(f"{depth} objects in one another", Raw('{"x": ' * depth + "0" + "}" * depth))


def _duplicate(schema: Schema, value: Any) -> Iterator[Break]:
    pairs = list(_members(schema, value).items())
    for name, member in pairs:
        for detail, other in (("same value", member), ("other value", "text"), ("null", None)):
            for where, both in (("again", [*pairs, (name, other)]), ("before", [(name, other), *pairs])):
                yield Break(f"{name} {where}, {detail}", Raw(members(both)), (name,), questionable=True)
        again = f"{members(pairs)[:-1]}, {_escaped(name)}: {json.dumps(member)}}}"
        yield Break(f"{name} again, escaped", Raw(again), (name,), questionable=True)


BREAKERS: Mapping[str, Breaker] = {
    "type": _type,
    "enum": _enum,
    "const": _enum,
    "minimum": _minimum,
    "exclusiveMinimum": _minimum,
    "maximum": _maximum,
    "exclusiveMaximum": _maximum,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "minItems": _min_items,
    "maxItems": _max_items,
    "additionalItems": _additional_items,
    "uniqueItems": _unique_items,
    "required": _required,
    "additionalProperties": _additional_properties,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "not": _not,
}

# Breaks that JSON allows and no keyword of the schema is about.
BEYOND_KEYWORDS: Mapping[str, Breaker] = {
    "spelling": _spelling,
    "huge": _huge,
    "non-finite": _non_finite,
    "depth": _depth,
    "duplicate": _duplicate,
}


def _items(schema: Schema, value: Any) -> list[Any]:
    if isinstance(value, list) and value:
        return value
    return [example(child) for step, child in children(schema) if isinstance(step, int) or step == "*"]


def _members(schema: Schema, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    return {str(step): example(child) for step, child in children(schema) if step in schema.get("required", ())}


def _escaped(name: str) -> str:
    """Write a field's name with its first letter as an escape."""
    return f'"\\u{ord(name[0]):04x}{name[1:]}"'


def _near_names(name: str) -> tuple[str, ...]:
    head, *tail = name.split("_")
    swapped = name[:-2] + name[-1:] + name[-2:-1]
    camel = head + "".join(part.title() for part in tail)
    return tuple(
        dict.fromkeys((f"{name}s", name[:-1], swapped, name.upper(), camel, f"{name} ", name.replace("_", "-")))
    )
