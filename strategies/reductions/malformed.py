"""Draw requests that break the schema: valid ones mutated on purpose, or whole ones drawn from the schema alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from specs.case import Case
from specs.fields import Fields
from specs.json_text import nests_too_deeply
from specs.reductions.locators import LOCATORS, usual_locators
from specs.reductions.profile import Profile
from specs.reductions.schemas import Schema
from specs.reductions.steps import Send, SendRaw, Step
from strategies.drawing import Draw, assume, composite, integers, sampled_from
from strategies.reductions.complete import VARIANTS, complete
from strategies.reductions.contents import Content, contents
from strategies.reductions.mutations import Mutation, broken, twice_broken
from strategies.reductions.raw_requests import JSON_TYPE, usual_path
from strategies.reductions.requests import requests
from strategies.reductions.schema import whole_requests

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MOST_BODY_BYTES = 2**20
LONGEST = 64
_COUNTS = sampled_from((1, 6, 9))
_TWICE = sampled_from((False,) * 15 + (True,))
_VARIANTS = integers(0, VARIANTS + VARIANTS // 4)


class _Unfaithful(ValueError):
    """The text differs from the one that json.dumps would write."""


def step_of(send: Send, text: str, profile: Profile) -> Step:
    """Return the request with another body: as fields if JSON would write the same text, or else as raw bytes."""
    try:
        if nests_too_deeply(text):
            raise _Unfaithful
        body = json.loads(
            text, object_pairs_hook=_once, parse_constant=_never, parse_float=_same_float, parse_int=_same_int
        )
    except ValueError:
        body = None
    if not isinstance(body, dict):
        path = usual_path(profile, send.operation)
        return SendRaw(
            "POST", path, (JSON_TYPE,), text.encode("utf-8", "replace"), send.key, send.bucket, send.credentials
        )
    return with_body(send, body, profile.api)


def with_body(send: Send, body: dict[str, Any], api: str) -> Send:
    """Return the request with the fields of a whole body; the client adds locating fields with their usual values."""
    usual = usual_locators(api, send.interface)
    fields = {name: value for name, value in body.items() if name not in usual or value != usual[name]}
    without = tuple(name for name in usual if name not in body)
    return replace(send, fields=Fields(fields), without=without)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Unfaithful("a key twice")
    return found


def _never(name: str) -> Any:
    raise _Unfaithful(name)


def _same_float(text: str) -> float:
    if repr(float(text)) != text:
        raise _Unfaithful(text)
    return float(text)


def _same_int(text: str) -> int:
    if str(int(text)) != text:
        raise _Unfaithful(text)
    return int(text)


@composite
def _base(draw: Draw, profile: Profile) -> tuple[Content, Send]:
    """Draw a request to be broken, mostly one with every field, as others take longer to draw than to break."""
    number = draw(_VARIANTS)
    if number < VARIANTS:
        return complete(profile, number)
    content = draw(contents(profile, longest=LONGEST, exotic_keys=False))
    return content, draw(requests(profile, (content,)))


@composite
def malformed(draw: Draw, profile: Profile, schema: Schema) -> Case:
    """Draw an object and valid requests about it, each broken by the schema in one named way, or in two.

    The model decides whether a body is at fault after all.
    """
    content, send = draw(_base(profile))
    steps: list[Step] = [content.put()]
    notes = []
    for _ in range(draw(_COUNTS)):
        body = {**usual_locators(profile.api, send.interface), **send.fields}
        mutation: Mutation = draw((twice_broken if draw(_TWICE) else broken)(body, schema))
        assume(len(mutation.body) <= MOST_BODY_BYTES)
        steps.append(step_of(send, mutation.body, profile))
        notes.append(f"{mutation.kind} at {mutation.place or 'the top'}: {mutation.detail}")
    return Case("malformed", tuple(steps), tuple(notes))


def whole_schema(profile: Profile, schema: Schema) -> SearchStrategy[Case]:
    """Draw an object and a request from the schema alone, valid or not, about the true place of the object."""
    from hypothesis import strategies as st

    content = contents(profile, longest=LONGEST, exotic_keys=False).strategy
    drawn = st.builds(_of_body, st.just(profile), content, whole_requests(schema), st.sampled_from(profile.operations))
    return drawn.filter(lambda case: len(case.steps[-1].fields.text) <= MOST_BODY_BYTES)


def _of_body(profile: Profile, content: Content, body: dict[str, Any], operation: str) -> Case:
    """Return the case of a drawn body."""
    located = LOCATORS[profile.api]
    fields = Fields({name: value for name, value in body.items() if name not in located})
    return Case("whole-schema", (content.put(), Send(operation, fields, content.key, content.bucket)))
