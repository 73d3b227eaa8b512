"""Changes answers and calls, for animals that do all as they should and then something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fuzz.embedded.http_messages import Answer, HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.content import Content
from fuzz.embedded.store.keeper import Keeper


def with_headers(answer: Answer, **headers: str | None) -> Answer:
    """Return the answer with other headers; underscores in names stand for hyphens, None drops a header."""
    if not isinstance(answer, HttpResponse):
        return answer
    changes = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    kept = {name: value for name, value in answer.headers.items() if name.lower() not in changes}
    kept |= {name: value for name, value in changes.items() if value is not None}
    return replace(answer, headers=kept)


def edited(answer: HttpResponse, old: str, new: str) -> HttpResponse:
    """Return the answer with other text in its body."""
    return replace(answer, body=answer.body.replace(old.encode(), new.encode()))


def without(call: Call, *names: str) -> Call:
    """Return the call as if some headers had not been sent."""
    return replace(call, headers={name: value for name, value in call.headers.items() if name not in names})


def asking(call: Call, **parameters: str | None) -> Call:
    """Return the call with other parameters; underscores in names stand for hyphens, None drops one."""
    changes = {name.replace("_", "-"): value for name, value in parameters.items()}
    kept: Mapping[str, str] = {name: value for name, value in call.parameters.items() if name not in changes}
    return replace(call, parameters={**kept, **{name: value for name, value in changes.items() if value is not None}})


def kept(store: Keeper, data: bytes) -> Content:
    """Keep content in the store, and return it."""
    sink = store.sink()
    if data:
        sink.write(data)
    return sink.content()


def holding(store: Keeper, call: Call, data: bytes) -> Call:
    """Return the call with another body, kept where the store keeps its contents."""
    return replace(call, body=replace(call.body, content=kept(store, data)))
