"""Describe reduction servers to the suite: profiles, the embedded server, and how a target is checked and probed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fuzz.embedded.processes import ReferenceServerError
from fuzz.errors import CannotRun, UsageError
from fuzz.running.store import Store
from fuzz.subject import Connect, Serving
from fuzz.subjects.reductions.first_question import check
from fuzz.subjects.reductions.probe import held_to_its_version, probe
from fuzz.subjects.reductions.processes import start_reference_server
from specs.reductions import profile as profiles
from specs.reductions.profile import Profile


@contextmanager
def _embedded_server(animals: Sequence[str]) -> Iterator[str]:
    try:
        with start_reference_server(animal_classes(tuple(animals))) as server:
            yield server.url
    except ReferenceServerError as error:
        raise CannotRun(str(error)) from error


def animal_classes(animals: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path of each broken server's class: looked up in the zoo, or `module:name` as given."""
    if not animals:
        return ()
    from fuzz.subjects.reductions import zoo
    from fuzz.subjects.reductions.zoo.catalogue import UnknownAnimal

    try:
        return tuple(one if ":" in one else zoo.find(one).path for one in animals)
    except UnknownAnimal as error:
        raise UsageError(f"--animal: {error}") from error


def _probed(connect: Connect, store: Store, revive: Callable[[], None] | None) -> tuple[Profile, tuple[str, ...]]:
    """Probe a server, and return the profile that it is held to and doubts to tell the user."""
    probed = probe(connect, store, revive)
    refused = [f"{one.capability} {one.value}".strip() for one in probed.findings if one.reading == "refused"]
    doubt = (
        f"the target refused when probed: {', '.join(refused)}. "
        "If that is meant, say so in a profile: asfuzz probe --write FILE"
    )
    return held_to_its_version(probed.profile), (doubt,) if refused else ()


SERVING = Serving(
    load=profiles.load,
    shipped=profiles.shipped,
    own="reference",
    own_name="the embedded reference server",
    start=_embedded_server,
    check=check,
    probe=_probed,
)
