"""List every way to break a request's body that does not depend on chance, each with what the schema proves of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specs.itself import Itself
from specs.reductions.proof import Flaw, refused, schema_faults
from specs.reductions.schemas import Schema
from specs.reductions.schemas.places import example, inlined, pointer
from strategies.reductions.json_text import put
from strategies.reductions.mutations import Mutation, breaks_of, mutation, plain, reached, rules_of


@dataclass(frozen=True, slots=True)
class ProvedMutation:
    """A mutation and its proof: if it is `open`, a server may accept it as well as refuse it.

    `words` are names of which an error's text must hold one; none, if the body as a whole is at fault.
    """

    mutation: Mutation
    open: bool
    words: tuple[str, ...]

    @property
    def kind(self) -> str:
        return self.mutation.kind

    @property
    def place(self) -> str:
        return self.mutation.place

    @property
    def field(self) -> str:
        return self.mutation.field

    @property
    def body(self) -> str:
        return self.mutation.body


def every_mutation(body: Mapping[str, Any], schema: Schema) -> Iterator[ProvedMutation]:
    """List all mutations that the schema proves, or of which it is open whether they are at fault.

    Lists are broken at their first item.
    """
    whole = plain(body)
    for rule in rules_of(Itself(schema)):
        tree, path, value = reached(whole, inlined(schema), rule.pattern, lambda _: 0)
        for change in breaks_of(rule, value):
            made = mutation(rule, (*path, *change.below), change, put(tree, path, change.node))
            faults = proof(made.body, schema)
            if refused(faults) or change.questionable:
                yield ProvedMutation(made, not refused(faults), _words(faults))


def mutation_kinds(schema: Schema) -> tuple[tuple[str, str], ...]:
    """List every kind of mutation with the place, as a pattern, where it is applied."""
    return tuple((rule.kind, pointer(rule.pattern)) for rule in rules_of(Itself(schema)))


def proof(text: str, schema: Schema) -> tuple[Flaw, ...]:
    """Return the faults of a body, in which the names of required fields in braces stand for valid values."""
    fields = inlined(schema).get("properties", {})
    for name in schema.get("required", ()):
        if f"{{{name}}}" in text:
            text = text.replace(f"{{{name}}}", str(example(fields[name])))
    return schema_faults(text, schema)


def _words(faults: tuple[Flaw, ...]) -> tuple[str, ...]:
    named = [fault.words for fault in faults if not fault.open or not refused(faults)]
    return tuple(dict.fromkeys(word for words in named for word in words)) if all(named) else ()
