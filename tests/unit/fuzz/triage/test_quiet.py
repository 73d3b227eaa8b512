"""A request that met something else beside others fails alone too, if the server says the same to it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

from fuzz.subjects.reductions.reading import Reading
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.zoo.fetching import MissingObjectIsEmpty
from fuzz.triage.quiet import Quiet
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions import profile as profiles
from specs.reductions.steps import Put, Send
from specs.violation import Way
from tests.unit.broken import lab_with

SEND = Send("select", Fields({"dtype": "int32"}), "a")


class ObjectsAreGone(MissingObjectIsEmpty):
    """A server for which every object has just been deleted."""

    def fetch(self, *_asked: object) -> bytes:
        return b""


class EveryObjectIsOne(ReferenceServer):
    """A server for which every object holds the same number, there or not."""

    def fetch(self, *_asked: object) -> bytes:
        return bytes(4)


def test_a_request_fails_for_an_object_that_had_gone_as_it_does_where_there_is_none() -> None:
    reading = Reading(profiles.load("reference"))
    with lab_with(ObjectsAreGone) as lab:
        (first,) = lab.ask(trial_of(Case("x", (Put("a", bytes(8)), replace(SEND, lane=1))), reading))
    assert first.signature.way is Way.VALUES
    none_there = trial_of(Case("x", (SEND,)), reading)
    for animal, way in ((MissingObjectIsEmpty, Way.ACCEPTED), (EveryObjectIsOne, None)):
        with lab_with(animal) as lab:
            seen = Quiet(lab, lambda: nullcontext(False)).fails(none_there, first)
        assert (None if seen is None else seen.signature.way) is way
