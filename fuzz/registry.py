"""The registry collects all subjects: built in, from other packages, or from modules named on the command line.

A package offers a subject, or an extension of one, by an entry point of the group `asfuzz`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any

from fuzz.config import DEFAULT_SUBJECT, modules_to_load
from fuzz.errors import UsageError
from fuzz.subject import Property, Subject
from specs.profile import did_you_mean
from specs.requirements import Requirement
from specs.violation import Aspect

GROUP = "asfuzz"
# These need no entry point, since a checkout may be newer than its installed metadata.
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {"reductions": "fuzz.subjects.reductions.subject:REDUCTIONS", "objects": "fuzz.subjects.objects.subject:OBJECTS"}
)


@dataclass(frozen=True, slots=True)
class Extension:
    """An addition to a subject: properties with checks of their own, and the requirements that these check."""

    subject: str
    properties: tuple[Property, ...] = ()
    requirements: tuple[Requirement, ...] = ()


class _Subjects(Mapping[str, Subject]):
    """The subjects by name. One that is built in is imported when it is looked up, as it brings much with it."""

    def __init__(self, offered: Mapping[str, Subject], extensions: Sequence[Extension] = ()) -> None:
        self._offered = offered
        self._extensions = extensions
        self._found: dict[str, Subject] = {}

    def __getitem__(self, name: str) -> Subject:
        if name not in self._found:
            subject = self._offered[name] if name in self._offered else _built_in(BUILT_IN[name])
            for one in self._extensions:
                if one.subject == name:
                    subject = _extended(subject, one)
            self._found[name] = subject
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in BUILT_IN or name in self._offered

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*BUILT_IN, *self._offered)))

    def __len__(self) -> int:
        return len({*BUILT_IN, *self._offered})


@dataclass(frozen=True, slots=True)
class Registry:
    """The subjects by name, with their extensions and without."""

    subjects: Mapping[str, Subject]
    without_extensions: Mapping[str, Subject]

    def subject(self, name: str = DEFAULT_SUBJECT) -> Subject:
        """Return the subject of that name; raises UsageError."""
        if name not in self.subjects:
            hint = f"{did_you_mean(name, self.subjects)} If a module of yours has it, name that module: --load MODULE"
            raise UsageError(f"there is no subject {name!r}.{hint}")
        return self.subjects[name]

    def plain(self, name: str = DEFAULT_SUBJECT) -> Subject:
        """Return the subject of that name without its extensions; raises UsageError."""
        return self.without_extensions[self.subject(name).name]

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the ids of all rules of all subjects."""
        return tuple(dict.fromkeys(str(rule) for one in self.subjects.values() for rule in one.rules))

    @property
    def aspects(self) -> tuple[str, ...]:
        """Return all values that an aspect of a violation may have."""
        return (*Aspect, *dict.fromkeys(name for one in self.subjects.values() for name in one.aspects))


def registry() -> Registry:
    """Return all subjects of this installation and of the modules asked for; raises UsageError."""
    return _registry(modules_to_load())


def subject_of(name: str) -> Subject:
    """Return the subject of a finding, the default one for an empty name; raises UsageError."""
    return registry().subject(name or DEFAULT_SUBJECT)


@cache
def _registry(load: tuple[str, ...]) -> Registry:
    offered = [one for place in (*_entry_points(), *load) for one in _offered(place)]
    plain = {one.name: one for one in offered if isinstance(one, Subject)}
    extensions = [one for one in offered if isinstance(one, Extension)]
    subjects = _Subjects(plain, extensions)
    for one in extensions:
        if one.subject not in subjects:
            raise UsageError(f"an extension of subject {one.subject!r}: {did_you_mean(one.subject, subjects)}")
    return Registry(subjects, _Subjects(plain))


def _built_in(place: str) -> Subject:
    module, _, name = place.partition(":")
    subject: Subject = getattr(importlib.import_module(module), name)
    return subject


def _extended(subject: Subject, extension: Extension) -> Subject:
    names = {one.name for one in subject.properties}
    added = tuple(one for one in extension.properties if one.name not in names)
    requirements = {**subject.requirements, **{one.id: one for one in extension.requirements}}
    return replace(subject, properties=(*subject.properties, *added), requirements=MappingProxyType(requirements))


def _entry_points() -> Iterator[str]:
    yield from sorted({one.value for one in entry_points(group=GROUP)} - set(BUILT_IN.values()))


def _offered(place: str) -> Iterator[Subject | Extension]:
    """List the subjects and extensions in a module, or the one that `module:name` names; raises UsageError."""
    module, _, name = place.partition(":")
    try:
        found: Any = importlib.import_module(module)
    except ImportError as error:
        raise UsageError(f"--load {place}: {error}") from error
    several = [getattr(found, name, None)] if name else list(vars(found).values())
    offered = [one for one in several if isinstance(one, Subject | Extension)]
    if not offered:
        raise UsageError(f"--load {place}: nothing in it is a Subject or an Extension of one (see README.md)")
    yield from offered
