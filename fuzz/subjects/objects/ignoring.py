"""Alter requests in the way of stores that ignore a header, a parameter or a sub-resource."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from specs.objects import steps

WITHOUT = "the answer without {}"
SUB_RESOURCE = "a sub-resource in the query"


def of_things_ignored(several: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the steps without a header or parameter that they have, or without sub-resources, with a description."""
    for name in dict.fromkeys(name.lower() for step in several for name, _ in step.headers):
        yield WITHOUT.format(f"the header {name}"), [_without_header(step, name) for step in several]
    for name in dict.fromkeys(name for step in several for name, _ in step.query):
        yield WITHOUT.format(f"{name} in the query"), [_without_parameter(step, name) for step in several]
    plain = [_without_sub_resource(step) for step in several]
    if plain != list(several):
        yield WITHOUT.format(SUB_RESOURCE), plain


def _without_header(step: Any, name: str) -> Any:
    return replace(step, headers=tuple(pair for pair in step.headers if pair[0].lower() != name))


def _without_parameter(step: Any, name: str) -> Any:
    return replace(step, query=tuple(pair for pair in step.query if pair[0] != name))


def _without_sub_resource(step: Any) -> Any:
    """Return the request that is left of one about a sub-resource, if there is such a request."""
    if not isinstance(step, steps.SubResource):
        return step
    sent: dict[str, Any] = {"bucket": step.bucket, "sent": step.sent, "headers": step.headers, "called": step.called}
    if not step.key:
        return steps.ListObjects(**sent, v2=False, url=False) if step.verb == "GET" else step
    if step.verb == "PUT":
        return steps.PutObject(**sent, key=step.key, content=step.content)
    plain = {"GET": steps.GetObject, "DELETE": steps.DeleteObject}.get(step.verb)
    return step if plain is None else plain(**sent, key=step.key)
