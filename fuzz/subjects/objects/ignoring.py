"""Alter requests in the way of stores that ignore a header, a parameter or a sub-resource."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from specs.objects import steps

WITHOUT = "the answer without {}"
SUB_RESOURCE = "a sub-resource in the query"
ETAGS_OF_PARTS = "the ETags of listed parts"
FIRST = "the answer for the first of {} alone"
KEYS, ACTIONS = "the keys in policies", "the actions in policies"
# In these ways a store may misread the statements of a policy.
OF_POLICIES: Mapping[str, Callable[[steps.Statement], steps.Statement]] = MappingProxyType(
    {
        WITHOUT.format(KEYS): lambda one: replace(one, keys=("*",)),
        WITHOUT.format(ACTIONS): lambda one: replace(one, actions=("s3:*",)),
        WITHOUT.format("the principals in policies"): lambda one: replace(one, principal="*"),
        FIRST.format(KEYS): lambda one: replace(one, keys=one.keys[:1]),
        FIRST.format(ACTIONS): lambda one: replace(one, actions=one.actions[:1]),
    }
)


def of_things_ignored(several: Sequence[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield the steps without a header or parameter that they have, or without sub-resources, with a description."""
    for name in dict.fromkeys(name.lower() for step in several for name, _ in step.headers):
        yield WITHOUT.format(f"the header {name}"), [_without_header(step, name) for step in several]
    for name in dict.fromkeys(name for step in several for name, _ in step.query):
        yield WITHOUT.format(f"{name} in the query"), [_without_parameter(step, name) for step in several]
    plain = [_without_sub_resource(step) for step in several]
    if plain != list(several):
        yield WITHOUT.format(SUB_RESOURCE), plain
    for words, misread in OF_POLICIES.items():
        if any(isinstance(step, steps.PutPolicy) for step in several):
            yield words, [_with_statements(step, misread) for step in several]
    listed = _with_their_etags([_called(step, number) for number, step in enumerate(several)])
    if any(isinstance(step, steps.CompleteUpload) for step in several):
        yield WITHOUT.format(ETAGS_OF_PARTS), listed


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


def _called(step: Any, number: int) -> Any:
    """Return the step with a name, if it sends a part and has none."""
    return replace(step, called=f"step {number}") if isinstance(step, steps.UploadPart) and not step.called else step


def _with_their_etags(several: Sequence[Any]) -> list[Any]:
    """Return the steps in which each part that is listed has the ETag of what was sent last under its number."""
    sent = {(step.upload, step.number): step.called for step in several if isinstance(step, steps.UploadPart)}
    return [
        replace(step, parts=tuple(_with_etag(part, sent.get((step.upload, part.number))) for part in step.parts))
        if isinstance(step, steps.CompleteUpload)
        else step
        for step in several
    ]


def _with_etag(part: steps.Part, sent: str | None) -> steps.Part:
    return part if sent is None else replace(part, etag=f"{{etag {sent}}}")


def _with_statements(step: Any, misread: Callable[[steps.Statement], steps.Statement]) -> Any:
    return replace(step, statements=tuple(map(misread, step.statements))) if isinstance(step, steps.PutPolicy) else step
