"""Name the subjects whose own servers can be broken in this process: how one is served, and asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from fuzz.config import DEFAULT_SUBJECT
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.errors import UsageError
from fuzz.subject import Subject
from fuzz.subjects.objects.access import OWN
from fuzz.subjects.objects.serving import FIRST_QUESTION
from fuzz.subjects.objects.subject import OBJECTS
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.__main__ import build
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.case import Case
from specs.fields import Fields
from specs.objects.profile import Profile as ObjectsProfile
from specs.profile import Profile
from specs.reductions.steps import Put, Send


@dataclass(frozen=True, slots=True)
class Zoo:
    """A subject whose server can be broken in this process.

    Animals derive from the `right` server. `first` is what a server that nobody has asked anything is asked first, and
    `served` serves one that is broken in some ways until the end of a block, and gives its URL.
    """

    subject: Subject
    right: type[Any]
    first: Case
    served: Callable[[Sequence[type[Any]]], AbstractContextManager[str]]


@contextmanager
def _reduction_server(animals: Sequence[type[Any]]) -> Iterator[str]:
    server = build(list(animals))
    try:
        with serve(server) as http:
            yield http.url
    finally:
        server.close()


@contextmanager
def _object_store(animals: Sequence[type[Any]]) -> Iterator[str]:
    accounts = {one.access_key: one.secret for one in OWN}
    with serving(accounts, kind=type("Broken", (*animals, ObjectStore), {})) as http:
        yield http.url


ZOOS = {
    DEFAULT_SUBJECT: Zoo(
        REDUCTIONS,
        ReferenceServer,
        Case("first", (Put("a", bytes(8)), Send("sum", Fields({"dtype": "int32", "byte_order": "little"}), "a"))),
        _reduction_server,
    ),
    OBJECTS.name: Zoo(OBJECTS, ObjectStore, FIRST_QUESTION, _object_store),
}


def zoo_of(subject: str) -> Zoo:
    """Return the zoo of the subject of that name; raises UsageError where it has none in this process."""
    if subject not in ZOOS:
        raise UsageError(f"--subject {subject}: there are animals to hunt of {' and '.join(ZOOS)}")
    return ZOOS[subject]


def zoo_for(profile: Profile) -> Zoo:
    """Return the zoo of the servers that a profile is about."""
    return ZOOS[OBJECTS.name if isinstance(profile, ObjectsProfile) else DEFAULT_SUBJECT]
