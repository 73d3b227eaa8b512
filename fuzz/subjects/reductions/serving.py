"""Describe reduction servers to the suite: profiles, the embedded server, and how a target is checked and probed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fuzz.embedded.processes import ReferenceServerError
from fuzz.errors import CannotRun, UsageError
from fuzz.profile_files import loader
from fuzz.running.store import Store
from fuzz.subject import Animal, Connect, Probed, Serving
from fuzz.subjects.reductions.example import example
from fuzz.subjects.reductions.first_question import check
from fuzz.subjects.reductions.probe import held_to_its_version, probe
from fuzz.subjects.reductions.probe_table import matrix
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.profile_text import profile_text
from specs.reductions import profile as profiles


@contextmanager
def _embedded_server(animals: Sequence[str], host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    try:
        with start_reference_server(animal_classes(tuple(animals)), host=host, port=port) as server:
            yield server.url
    except ReferenceServerError as error:
        raise CannotRun(str(error)) from error


def animal_classes(animals: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path of each broken server's class: looked up in the zoo, or `module:name` as given."""
    if not animals:
        return ()
    from fuzz.embedded.broken_classes import UnknownAnimal
    from fuzz.subjects.reductions import zoo

    try:
        return tuple(one if ":" in one else zoo.find(one).path for one in animals)
    except UnknownAnimal as error:
        raise UsageError(f"--animal: {error}") from error


def _animals() -> dict[str, Animal]:
    """Return the broken servers of the zoo by id."""
    from fuzz.subjects.reductions import zoo

    return {one.id: Animal(one.id, one.habit, one.kind) for one in zoo.animals().values()}


def _probed(connect: Connect, store: Store, revive: Callable[[], None] | None) -> Probed:
    """Probe a server; it is held to the version that it speaks, as far as it does what that version asks for."""
    probed = probe(connect, store, revive)
    refused = [f"{one.capability} {one.value}".strip() for one in probed.findings if one.reading == "refused"]
    doubt = (
        f"the target refused when probed: {', '.join(refused)}. "
        "If that is meant, say so in a profile: asfuzz probe --write FILE"
    )
    doubts = (doubt,) if refused else ()
    return Probed(
        held_to_its_version(probed.profile), doubts, tuple(matrix(probed)), lambda name: profile_text(probed, name)
    )


SERVING = Serving(
    load=loader(profiles.shipped, profiles.load, profiles.parsed),
    shipped=profiles.shipped,
    own="reference",
    own_name="the embedded reference server",
    start=_embedded_server,
    check=check,
    probe=_probed,
    animals=_animals,
    example=example,
)
