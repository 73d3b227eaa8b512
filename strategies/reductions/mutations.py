"""Break requests in one named way, at every place and by every rule of a JSON Schema."""

import functools
import json
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specs.reductions.proof import Flaw, refused, schema_faults
from specs.reductions.schemas import Key, Schema
from specs.reductions.schemas.places import Pattern, children, example, inlined, places, pointer, types, variants
from strategies.drawing import Choice, Draw, Unfit, assume, composite, integers, sampled_from
from strategies.reductions.breakers import BEYOND_KEYWORDS, BREAKERS, Break
from strategies.reductions.json_text import put, render

_WORDS_ONLY = frozenset({"$schema", "$id", "$comment", "title", "description", "default", "examples"})
_STRUCTURE = frozenset({"properties", "items", "allOf", "anyOf", "oneOf", "definitions"})
Pick = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A request's body, broken on purpose; if it is `open`, a server may accept it as well as refuse it.

    `words` are names of which an error's text must hold one; none, if the body as a whole is at fault.
    """

    kind: str
    place: str
    field: str
    detail: str
    body: str
    open: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Rule:
    kind: str
    pattern: Pattern
    part: Schema


def broken(
    body: Mapping[str, Any],
    schema: Schema,
    *,
    kinds: Collection[str] | None = None,
    allow_open: bool = True,
    proved: bool = True,
) -> Choice[Mutation]:
    """Break a valid body by one rule at one place; fields that the body leaves out may be put in, broken.

    The value of a required field may be its own name in braces, `{url}`, to be filled in later with a valid one.
    Without proof, which takes longer than all else, a body may turn out to be valid after all: the caller has to
    judge that, and `open` and `words` mean nothing.
    """
    return _broken(_plain(body), schema, _chosen(schema, kinds), allow_open, proved)


def twice_broken(body: Mapping[str, Any], schema: Schema, *, proved: bool = True) -> Choice[Mutation]:
    """Break a valid body in two fields, or in one field and by a field too many or too few."""
    return _twice_broken(_plain(body), schema, proved)


def every_mutation(body: Mapping[str, Any], schema: Schema) -> Iterator[Mutation]:
    """List all ways to break a body that do not depend on chance: lists are broken at their first item."""
    whole = _plain(body)
    for rule in _rules(Key(schema)):
        tree, path, value = _reach(whole, inlined(schema), rule.pattern, _first)
        for change in _breaks(rule, value):
            made = _mutation(rule, path, change, put(tree, path, change.node), schema)
            if made is not None:
                yield made


def mutation_kinds(schema: Schema) -> tuple[tuple[str, str], ...]:
    """List every kind of mutation with the place, as a pattern, where it is applied."""
    return tuple((rule.kind, pointer(rule.pattern)) for rule in _rules(Key(schema)))


@composite
def _broken(
    draw: Draw, body: dict[str, Any], schema: Schema, rules: tuple[_Rule, ...], allow_open: bool, proved: bool
) -> Mutation:
    group = draw(sampled_from(_by_field(rules) + _by_kind(rules)))
    return (_drawn(draw, body, schema, group, allow_open) if proved else _unproved(draw, body, schema, group))[0]


def _unproved(
    draw: Draw, body: dict[str, Any], schema: Schema, rules: tuple[_Rule, ...]
) -> tuple[Mutation, dict[str, Any]]:
    rule = draw(sampled_from(rules))
    tree, path, value = _reach(body, inlined(schema), rule.pattern, _picker(draw))
    breaks = _breaks(rule, value)
    change = breaks[draw(integers(0, len(breaks) - 1))]
    steps = (*path, *change.below)
    changed = put(tree, path, change.node)
    field = str(steps[0]) if steps else ""
    return Mutation(rule.kind, pointer(steps), field, change.detail, render(changed), True, ()), changed


@composite
def _twice_broken(draw: Draw, body: dict[str, Any], schema: Schema, proved: bool) -> Mutation:
    rules = tuple(rule for rule in _rules(Key(schema)) if rule.pattern or rule.kind not in {"type", "duplicate"})
    groups = _by_field(rules)
    at = draw(integers(0, len(groups) - 1))
    ahead = draw(integers(1, len(groups) - 1))
    sides = groups[at], groups[(at + ahead) % len(groups)]
    (first, one), (second, other) = (
        _drawn(draw, body, schema, side, True) if proved else _unproved(draw, body, schema, side) for side in sides
    )
    assume(not _changed(body, one) & _changed(body, other))
    text = render(_merged(body, one, other))
    faults = _proof(text, schema) if proved else ()
    return Mutation(
        kind=f"{first.kind} and {second.kind}",
        place=f"{first.place} and {second.place}",
        field=first.field,
        detail=f"{first.detail} and {second.detail}",
        body=text,
        open=not refused(faults),
        words=_words(faults),
    )


def _drawn(
    draw: Draw, body: dict[str, Any], schema: Schema, rules: tuple[_Rule, ...], allow_open: bool
) -> tuple[Mutation, Any]:
    rule = draw(sampled_from(rules))
    tree, path, value = _reach(body, inlined(schema), rule.pattern, _picker(draw))
    breaks = _breaks(rule, value)
    start = draw(integers(0, len(breaks) - 1))
    for change in breaks[start:] + breaks[:start]:
        changed = put(tree, path, change.node)
        made = _mutation(rule, path, change, changed, schema)
        if made is not None and (allow_open or not made.open):
            return made, changed
    raise Unfit


def _changed(body: dict[str, Any], tree: dict[str, Any]) -> set[str]:
    return {key for key in {**body, **tree} if key not in body or key not in tree or body[key] is not tree[key]}


def _merged(body: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    changed = _changed(body, other)
    kept = {key: node for key, node in one.items() if key not in changed}
    return {**kept, **{key: node for key, node in other.items() if key in changed}}


def _mutation(rule: _Rule, path: Pattern, change: Break, tree: Any, schema: Schema) -> Mutation | None:
    """Return the mutation, if the schema proves it at fault or its kind is questionable by nature."""
    text = render(tree)
    faults = _proof(text, schema)
    certain = refused(faults)
    if not certain and not change.questionable:
        return None
    steps = (*path, *change.below)
    field = str(steps[0]) if steps else ""
    return Mutation(rule.kind, pointer(steps), field, change.detail, text, not certain, _words(faults))


def _proof(text: str, schema: Schema) -> tuple[Flaw, ...]:
    fields = inlined(schema).get("properties", {})
    for name in schema.get("required", ()):
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", str(example(fields[name])))
    return schema_faults(text, schema)


def _words(faults: tuple[Flaw, ...]) -> tuple[str, ...]:
    named = [fault.words for fault in faults if not fault.open or not refused(faults)]
    return tuple(dict.fromkeys(word for words in named for word in words)) if all(named) else ()


@functools.lru_cache(maxsize=64)
def _rules(key: Key) -> tuple[_Rule, ...]:
    found: dict[tuple[str, Pattern], _Rule] = {}
    for pattern, here in places(inlined(key.schema)):
        for part in variants(here):
            for keyword in part:
                if keyword in _WORDS_ONLY or keyword in _STRUCTURE:
                    continue
                if keyword not in BREAKERS:
                    where = pointer(pattern) or "its top"
                    raise LookupError(f"keyword {keyword!r} at {where} has no breaker; add one to BREAKERS")
                rule = _Rule(keyword, pattern, here if keyword == "type" else {**part, **_shared(here)})
                found.setdefault((keyword, pattern), rule)
        for kind in _beyond(pattern, here):
            found[kind, pattern] = _Rule(kind, pattern, here)
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
def _of_kinds(key: Key, kinds: frozenset[str]) -> tuple[_Rule, ...]:
    return tuple(rule for rule in _rules(key) if rule.kind in kinds)


@functools.lru_cache(maxsize=64)
def _by_field(rules: tuple[_Rule, ...]) -> tuple[tuple[_Rule, ...], ...]:
    """Group the rules by field, so that a field of many places is broken no more often than another."""
    return _grouped(rules, lambda rule: rule.pattern[:1])


def _by_kind(rules: tuple[_Rule, ...]) -> tuple[tuple[_Rule, ...], ...]:
    """Group the rules by kind, so that kinds that apply at one place only come often enough."""
    return _grouped(rules, lambda rule: rule.kind)


def _grouped(rules: tuple[_Rule, ...], by: Callable[[_Rule], Hashable]) -> tuple[tuple[_Rule, ...], ...]:
    groups: dict[Hashable, list[_Rule]] = {}
    for rule in rules:
        groups.setdefault(by(rule), []).append(rule)
    return tuple(map(tuple, groups.values()))


def _chosen(schema: Schema, kinds: Collection[str] | None) -> tuple[_Rule, ...]:
    if kinds is None:
        return _rules(Key(schema))
    chosen = _of_kinds(Key(schema), frozenset(kinds))
    missing = set(kinds) - {rule.kind for rule in chosen}
    if missing:
        known = ", ".join(sorted({rule.kind for rule in _rules(Key(schema))}))
        raise LookupError(f"the schema has no mutation of kind {min(missing)!r}; it has {known}")
    return chosen


def _breaks(rule: _Rule, value: Any) -> list[Break]:
    breaker = BREAKERS[rule.kind] if rule.kind in BREAKERS else BEYOND_KEYWORDS[rule.kind]
    return list(breaker(rule.part, value))


def _reach(value: Any, schema: Schema, pattern: Pattern, pick: Pick) -> tuple[Any, Pattern, Any]:
    """Return a value with a valid value put in at the place if it is missing, the path, and the value at the place."""
    if value is None:
        value = example(schema)
    if not pattern:
        return value, (), value
    step, rest = pattern[0], pattern[1:]
    child = dict(children(schema))[step]
    if isinstance(step, str) and step != "*":
        members = value if isinstance(value, dict) else {}
        inner, path, found = _reach(members.get(step), child, rest, pick)
        return _with_member(members, step, inner, schema), (step, *path), found
    items = value if isinstance(value, list) and value else _full(schema)
    at = pick(len(items)) if step == "*" else int(step)
    inner, path, found = _reach(items[at], child, rest, pick)
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


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(body)))
    return plain


def _picker(draw: Draw) -> Pick:
    return lambda count: draw(integers(0, count - 1))


def _first(_: int) -> int:
    return 0
