"""Describe object stores to the suite: profiles, the suite's own store, and how a target is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fuzz.errors import CannotRun
from fuzz.profile_files import loader
from fuzz.running.store import Store
from fuzz.subject import Animal, Connect, Probed, Serving
from fuzz.subjects.objects.access import OWN, access
from fuzz.subjects.objects.example import example
from fuzz.subjects.objects.own_store import start_object_store
from fuzz.subjects.objects.probing import probe
from fuzz.subjects.objects.stage import in_short
from specs.case import Case
from specs.objects import profile as profiles
from specs.objects.content import Content
from specs.objects.profile import Profile
from specs.objects.steps import GetObject, PutObject
from specs.outcome import Reply

FIRST_QUESTION = Case("first-question", (PutObject(key="first", content=Content(b"hello")), GetObject(key="first")))


@contextmanager
def _own_store(animals: Sequence[str], host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    with start_object_store(_accounts(), animals, host=host, port=port) as store:
        yield store.url


@contextmanager
def _kept_store(directory: Path, animals: Sequence[str], host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    with start_object_store(_accounts(), animals, host=host, port=port, directory=directory) as store:
        yield store.url


def _accounts() -> dict[str, str]:
    """Return the secrets of the suite's own accounts by access key."""
    return {one.access_key: one.secret for one in OWN}


def _animals() -> dict[str, Animal]:
    """Return the broken stores of the zoo by id."""
    from fuzz.subjects.objects import zoo

    return {one.id: Animal(one.id, one.habit, one.kind) for one in zoo.animals().values()}


def check(connect: Connect, profile: Profile) -> None:
    """Put an object and read it; raises CannotRun where that does not work at all."""
    session = connect(profile)
    try:
        judgement = session.judge(FIRST_QUESTION)
    finally:
        session.close()
    if judgement.unstorable:
        raise CannotRun(
            f"{judgement.unstorable}. Does the target speak S3, and may the account of ASFUZZ_ACCESS_KEY make buckets?"
        )
    for step, outcome in zip(FIRST_QUESTION.steps, judgement.transcript.outcomes):
        if not isinstance(outcome, Reply) or outcome.status >= 300:
            raise CannotRun(f"the store does not keep an object: {step.method} gets {in_short(outcome)}")


def _probed(connect: Connect, store: Store, revive: Callable[[], None] | None) -> Probed:
    """Probe a store that keeps an object; raises CannotRun where it does not."""
    check(connect, profiles.load("reference"))
    return probe(connect, store, revive)


SERVING = Serving(
    load=loader(profiles.shipped, profiles.load, profiles.parsed),
    shipped=profiles.shipped,
    own="reference",
    own_name="the embedded object store",
    start=_own_store,
    start_in=_kept_store,
    check=check,
    probe=_probed,
    animals=_animals,
    example=example,
    open_store=access,
)
