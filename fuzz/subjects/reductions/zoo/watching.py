"""Watch whether an animal's broken method was reached, and whether it changed an answer; the suite knows of neither."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.catalogue import Animal, overrides


class WatchedSoFar:
    """Requests handled; by animal, those that reached its code and those that it answered otherwise."""

    def __init__(self) -> None:
        self.handled = 0
        self.reached: Counter[str] = Counter()
        self.triggered: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, reached: set[str], triggered: set[str]) -> None:
        """Count one request."""
        with self._lock:
            self.handled += 1
            self.reached.update(reached)
            self.triggered.update(triggered)

    def told(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        with self._lock:
            return {"handled": self.handled, "reached": dict(self.reached), "triggered": dict(self.triggered)}


class RequestNotes(threading.local):
    """What happened during the request that a thread is answering."""

    def __init__(self) -> None:
        self.reached: set[str] = set()
        self.stirred: set[str] = set()


def watched(animals: list[Animal], tally: WatchedSoFar) -> ReferenceServer:
    """Return one server with all the animals' habits, which keeps the tally."""
    visit = RequestNotes()
    classes = [observed(animal, visit) for animal in animals]
    server: type[ReferenceServer] = type("Watched", (*classes, ReferenceServer), {})
    healthy = ReferenceServer()

    class Gate(server):  # type: ignore[valid-type, misc]
        """Compares an answer with the healthy one where something on the way differed."""

        def handle(self, request: HttpRequest) -> Answer:
            visit.reached, visit.stirred = set(), set()
            try:
                answer: Answer = super().handle(request)
                crashed = False
            except Exception:
                crashed = True
                raise
            finally:
                changed = bool(visit.stirred) and (crashed or answer != healthy.handle(request))
                tally.take(visit.reached, visit.stirred if changed else set())
            return answer

    return Gate()


def observed(animal: Animal, visit: RequestNotes) -> type[ReferenceServer]:
    """Return the animal's class, each of its methods compared with what it replaces."""
    methods = {name: compared(animal, name, visit) for name in overrides(animal.server)}
    return type(animal.server.__name__, (animal.server,), methods)


def compared(animal: Animal, name: str, visit: RequestNotes) -> Callable[..., Any]:
    """Return the animal's method, wrapped to note whether its outcome differs from the healthy one."""
    broken = getattr(animal.server, name)

    def method(self: ReferenceServer, *arguments: Any) -> Any:
        visit.reached.add(animal.id)
        if animal.id in visit.stirred:
            return broken(self, *arguments)
        spare = [bytearray(one) if isinstance(one, bytearray) else one for one in arguments]
        outcome, error = attempt(broken, self, *arguments)
        if not same((outcome, error), attempt(getattr(super(animal.server, self), name), *spare)):
            visit.stirred.add(animal.id)
        if error is not None:
            raise error
        return outcome

    return method


def attempt(method: Callable[..., Any], *arguments: Any) -> tuple[Any, Exception | None]:
    """Return what a call gives, or what it raises."""
    try:
        return method(*arguments), None
    except Exception as error:  # noqa: BLE001  (an animal may fail in any way)
        return None, error


def same(one: Any, other: Any) -> bool:
    """Say whether two outcomes are the same in every bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    if isinstance(one, Exception):
        return bool(vars(one) == vars(other) and one.args == other.args)
    return bool(one == other)
