"""What a case leaves in a store is removed, by few requests where the store takes batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import pytest

from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.running.session import Session
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.transport.http import HttpClient
from specs.case import Case
from specs.objects.content import Content
from specs.objects.profile import load
from specs.objects.steps import DeleteObject, DeleteObjects, Named, PutObject, PutVersioning, Step

MANY = 6


class Counting(ObjectStore):
    """Counts requests by their methods."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.methods: Counter[str] = Counter()

    def answer(self, request: HttpRequest) -> HttpResponse:
        self.methods[request.method] += 1
        return super().answer(request)  # type: ignore[return-value]


class Lying(Counting):
    """Says that a batch is done, and deletes nothing."""

    def delete_objects(self, _call: Call) -> HttpResponse:
        return HttpResponse(200, {"Content-Type": "application/xml"}, b"<DeleteResult></DeleteResult>")


class Refusing(Counting):
    """Knows no batches."""

    def delete_objects(self, _call: Call) -> HttpResponse:
        raise S3Error("NotImplemented")


def puts(count: int) -> tuple[Step, ...]:
    return tuple(PutObject(key=f"k{number}", content=Content(b"x")) for number in range(count))


VERSIONS = (PutVersioning(status="Enabled"), *puts(2), *puts(3), DeleteObject(key="k1"))


@contextmanager
def met(kind: type[Counting]) -> Iterator[tuple[Session, Counting]]:
    """Yield a session with a store of that kind, and the store."""
    made: list[Counting] = []

    def store(*arguments: Any, **named: Any) -> Counting:
        made.append(kind(*arguments, **named))
        return made[-1]

    with serving({OWN[0].access_key: OWN[0].secret}, kind=store) as server:  # type: ignore[arg-type]
        access = Access({OWNER: OWN[0]})
        with closing(Session(OBJECTS, HttpClient(server.url), access, load("reference"))) as session:
            yield session, made[0]


def taken(kind: type[Counting], *cases: tuple[Step, ...]) -> Mapping[str, int]:
    """Take cases on a store, which must be left empty; return how many requests of each method that took."""
    with met(kind) as (session, store):
        for steps in cases:
            session.judge(Case("objects", steps))
            assert not store.state.buckets
            assert not session.stage.left_behind
        return store.methods


def test_many_keys_are_removed_by_one_request() -> None:
    methods = taken(Counting, puts(MANY))
    assert methods["POST"] == 1
    assert methods["DELETE"] == 1


def test_versions_are_removed_by_one_request() -> None:
    methods = taken(Counting, VERSIONS)
    assert methods["POST"] == 1
    assert methods["DELETE"] == 2


def test_a_case_about_batches_is_removed_without_one() -> None:
    methods = taken(Counting, (*puts(MANY), DeleteObjects(keys=(Named("k0"),))))
    assert methods["POST"] == 1
    assert methods["DELETE"] == MANY


@pytest.mark.parametrize("kind", [Lying, Refusing])
def test_a_store_that_does_no_batches_is_left_empty_and_asked_for_none_again(kind: type[Counting]) -> None:
    assert taken(kind, puts(MANY), puts(MANY), VERSIONS)["POST"] == 1
