"""Break requests in one named way, at every place and by every rule of a JSON Schema."""

import functools
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specs.itself import Itself
from specs.reductions.schemas import Schema
from specs.reductions.schemas.places import Pattern, children, example, inlined, places, pointer, types, variants
from strategies.drawing import Choice, Draw, assume, composite, integers, sampled_from
from strategies.reductions.breakers import BEYOND_KEYWORDS, BREAKERS, Break
from strategies.reductions.json_text import put, render

_WORDS_ONLY = frozenset({"$schema", "$id", "$comment", "title", "description", "default", "examples"})
_STRUCTURE = frozenset({"properties", "items", "allOf", "anyOf", "oneOf", "definitions"})
Pick = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A request's body, broken on purpose: by which kind of rule, at which place, in which field, and how."""

    kind: str
    place: str
    field: str
    detail: str
    body: str


@dataclass(frozen=True, slots=True, eq=False)
class PlacedRule:
    """One rule of a schema at one place, given as a pattern, with the part of the schema that says it."""

    kind: str
    pattern: Pattern
    part: Schema


@composite
def broken(draw: Draw, body: Mapping[str, Any], schema: Schema) -> Mutation:
    """Break a valid body by one rule at one place; fields that the body leaves out may be put in, broken.

    The value of a required field may be its own name in braces, `{url}`, to be filled in later with a valid one.
    A body may turn out to be valid after all, which the caller has to judge.
    """
    rules = rules_of(Itself(schema))
    group = draw(_groups(rules))
    return _broken(draw, plain(body), schema, group)[0]


@composite
def twice_broken(draw: Draw, body: Mapping[str, Any], schema: Schema) -> Mutation:
    """Break a valid body in two fields, or in one field and by a field too many or too few."""
    whole = plain(body)
    rules = tuple(rule for rule in rules_of(Itself(schema)) if rule.pattern or rule.kind not in {"type", "duplicate"})
    groups = _by_field(rules)
    at = draw(integers(0, len(groups) - 1))
    ahead = draw(integers(1, len(groups) - 1))
    sides = groups[at], groups[(at + ahead) % len(groups)]
    (first, one), (second, other) = (_broken(draw, whole, schema, side) for side in sides)
    assume(not _changed(whole, one) & _changed(whole, other))
    return Mutation(
        kind=f"{first.kind} and {second.kind}",
        place=f"{first.place} and {second.place}",
        field=first.field,
        detail=f"{first.detail} and {second.detail}",
        body=render(_merged(whole, one, other)),
    )


def _broken(
    draw: Draw, body: dict[str, Any], schema: Schema, rules: tuple[PlacedRule, ...]
) -> tuple[Mutation, dict[str, Any]]:
    rule = draw(sampled_from(rules))
    tree, path, value = reached(body, inlined(schema), rule.pattern, lambda count: draw(integers(0, count - 1)))
    breaks = breaks_of(rule, value)
    change = breaks[draw(integers(0, len(breaks) - 1))]
    changed = put(tree, path, change.node)
    return mutation(rule, (*path, *change.below), change, changed), changed


def mutation(rule: PlacedRule, path: Pattern, change: Break, tree: Any) -> Mutation:
    """Return the mutation that a change at a place of a body makes."""
    return Mutation(rule.kind, pointer(path), str(path[0]) if path else "", change.detail, render(tree))


def _changed(body: dict[str, Any], tree: dict[str, Any]) -> set[str]:
    return {key for key in {**body, **tree} if key not in body or key not in tree or body[key] is not tree[key]}


def _merged(body: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    changed = _changed(body, other)
    kept = {key: node for key, node in one.items() if key not in changed}
    return {**kept, **{key: node for key, node in other.items() if key in changed}}


@functools.lru_cache(maxsize=64)
def rules_of(key: Itself[Schema]) -> tuple[PlacedRule, ...]:
    """List the rules of a schema at all their places; raises LookupError for a rule that nothing can break."""
    found: dict[tuple[str, Pattern], PlacedRule] = {}
    for pattern, here in places(inlined(key.it)):
        for part in variants(here):
            for keyword in part:
                if keyword in _WORDS_ONLY or keyword in _STRUCTURE:
                    continue
                if keyword not in BREAKERS:
                    where = pointer(pattern) or "its top"
                    raise LookupError(f"keyword {keyword!r} at {where} has no breaker; add one to BREAKERS")
                rule = PlacedRule(keyword, pattern, here if keyword == "type" else {**part, **_shared(here)})
                found.setdefault((keyword, pattern), rule)
        for kind in _beyond(pattern, here):
            found[kind, pattern] = PlacedRule(kind, pattern, here)
    return tuple(found.values())


def _beyond(pattern: Pattern, here: Schema) -> Iterator[str]:
    allowed = types(here)
    named = any("type" in part for part in variants(here))
    if named and "integer" in allowed and "number" not in allowed:
        yield "spelling"
    if named and allowed & {"integer", "number"}:
        yield from ("huge", "non-finite")
    if len(pattern) == 1:
        yield "depth"
    if named and "object" in allowed:
        yield "duplicate"


def _shared(here: Schema) -> dict[str, Any]:
    """Return the examples beside the alternatives of a place, which apply to each alternative."""
    return {"examples": here["examples"]} if "examples" in here else {}


@functools.lru_cache(maxsize=64)
def _groups(rules: tuple[PlacedRule, ...]) -> Choice[tuple[PlacedRule, ...]]:
    return sampled_from(_by_field(rules) + _by_kind(rules))


@functools.lru_cache(maxsize=64)
def _by_field(rules: tuple[PlacedRule, ...]) -> tuple[tuple[PlacedRule, ...], ...]:
    """Group the rules by field, so that a field of many places is broken no more often than another."""
    return _grouped(rules, lambda rule: rule.pattern[:1])


def _by_kind(rules: tuple[PlacedRule, ...]) -> tuple[tuple[PlacedRule, ...], ...]:
    """Group the rules by kind, so that kinds that apply at one place only come often enough."""
    return _grouped(rules, lambda rule: rule.kind)


def _grouped(rules: tuple[PlacedRule, ...], by: Callable[[PlacedRule], Hashable]) -> tuple[tuple[PlacedRule, ...], ...]:
    groups: dict[Hashable, list[PlacedRule]] = {}
    for rule in rules:
        groups.setdefault(by(rule), []).append(rule)
    return tuple(map(tuple, groups.values()))


def breaks_of(rule: PlacedRule, value: Any) -> list[Break]:
    """List the ways to break a rule, given the value at its place."""
    breaker = BREAKERS[rule.kind] if rule.kind in BREAKERS else BEYOND_KEYWORDS[rule.kind]
    return list(breaker(rule.part, value))


def reached(value: Any, schema: Schema, pattern: Pattern, pick: Pick) -> tuple[Any, Pattern, Any]:
    """Return a value with a valid value put in at the place if it is missing, the path, and the value at the place."""
    if value is None:
        value = example(schema)
    if not pattern:
        return value, (), value
    step, rest = pattern[0], pattern[1:]
    child = dict(children(schema))[step]
    if isinstance(step, str) and step != "*":
        members = value if isinstance(value, dict) else {}
        inner, path, found = reached(members.get(step), child, rest, pick)
        return _with_member(members, step, inner, schema), (step, *path), found
    items = value if isinstance(value, list) and value else _full(schema)
    at = pick(len(items)) if step == "*" else int(step)
    inner, path, found = reached(items[at], child, rest, pick)
    return put(items, (at,), inner), (at, *path), found


def _with_member(members: dict[str, Any], name: str, inner: Any, schema: Schema) -> dict[str, Any]:
    most = min((part["maxProperties"] for part in variants(schema) if "maxProperties" in part), default=None)
    if most is not None and name not in members and len(members) >= most:
        return {name: inner}
    fields = dict(children(schema))
    needed = {wanted: example(fields[wanted]) for part in variants(schema) for wanted in part.get("required", ())}
    return {**needed, **members, name: inner}


def _full(schema: Schema) -> list[Any]:
    return [example(child) for step, child in children(schema) if step == "*" or isinstance(step, int)]


def plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a body in plain lists and dictionaries, as JSON has them."""
    copied: dict[str, Any] = json.loads(json.dumps(dict(body)))
    return copied
