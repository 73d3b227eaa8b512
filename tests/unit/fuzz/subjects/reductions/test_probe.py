"""A probe concludes what a server can do from what it does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import ClassVar

import pytest

from fuzz.errors import CannotRun
from fuzz.running.session import Session
from fuzz.running.store import Store, open_store
from fuzz.subjects.reductions.probe import LEAST_PATIENCE_SECONDS, Probe, probe
from fuzz.subjects.reductions.probe_table import matrix
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.profile_text import profile_text
from fuzz.subjects.reductions.serving import SERVING
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.protocol import Came, Exchange
from specs.outcome import NoReply, Reply
from specs.reductions import profile as profiles
from specs.reductions.profile import Profile


def ended(outcome: Reply | NoReply) -> Exchange:
    """The exchange of a request that is never sent."""
    return Came(outcome)
    yield


class NarrowClient(HttpClient):
    """Refuses what it is told to before it reaches the server."""

    refuse_fields: tuple[str, ...] = ()
    refuse_paths: tuple[str, ...] = ()

    def exchange(self, message: HttpMessage) -> Exchange:
        given = json.loads(bytes(message.body))
        if any(name in given for name in self.refuse_fields) or message.path.startswith(self.refuse_paths or ("?",)):
            text = json.dumps({"error": {"message": "not supported here"}}).encode()
            return ended(Reply(400, (("content-type", "application/json"),), text))
        return super().exchange(message)


class DeafClient(HttpClient):
    """Reaches nothing."""

    def exchange(self, message: HttpMessage) -> Exchange:  # noqa: ARG002
        return ended(NoReply("refused", "cannot connect"))


class SilentAboutMaxima(HttpClient):
    """Is never told a maximum; notes how long each answer would be waited for."""

    waits: ClassVar[list[tuple[str, float]]] = []

    def exchange(self, message: HttpMessage) -> Exchange:
        self.waits.append((message.path, self.settings.timeout_seconds))
        if message.path.startswith("/v2/max"):
            return ended(NoReply("timeout", "no byte of an answer"))
        return super().exchange(message)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with open_store("memory") as one:  # type: ignore[attr-defined]
        yield one


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with start_reference_server() as server:
        yield server.url


def probed(url: str, store: Store, kind: type[HttpClient] = HttpClient) -> Probe:
    return probe(lambda profile: Session(REDUCTIONS, kind(url), store, profile), store)


def test_the_reference_server_is_found_to_do_everything(url: str, store: Store) -> None:
    found = probed(url, store)
    assert {one.reading for one in found.findings if one.capability not in ("chunk_cache", "interfaces")} == {"yes"}
    assert [one.reading for one in found.findings if one.capability == "chunk_cache"] == ["absent"]
    reference = profiles.load("reference")
    assert replace(found.profile, name=reference.name, title=reference.title) == reference


def test_what_is_refused_is_not_claimed(url: str, store: Store) -> None:
    class Narrow(NarrowClient):
        refuse_fields = ("compression", "axis", "option_count_as_bytes")

    found = probed(url, store, Narrow)
    assert found.profile.compressions == ()
    assert found.profile.axis_forms == ()
    assert found.profile.options == ("option_disable_chunk_cache", "option_shape_as_bytes")
    assert found.profile.selections
    told = "\n".join(matrix(found))
    assert "– gzip" in told
    assert "not supported here" in told


def test_what_is_ignored_is_read_as_wrong_and_stays_a_claim(url: str, store: Store) -> None:
    class Forgetful(HttpClient):
        def exchange(self, message: HttpMessage) -> Exchange:
            rest = {name: value for name, value in json.loads(bytes(message.body)).items() if name != "missing"}
            return super().exchange(replace(message, body=json.dumps(rest).encode()))

    found = probed(url, store, Forgetful)
    missing = [one for one in found.findings if one.capability == "missing_kinds"]
    assert {one.reading for one in missing} == {"wrong"}
    assert found.profile.missing_kinds == profiles.load("reference").missing_kinds


def test_a_server_of_the_first_version_is_told_by_its_path(url: str, store: Store) -> None:
    class Old(NarrowClient):
        refuse_paths = ("/v2/",)

    found = probed(url, store, Old)
    assert found.profile.api == "v1"
    assert found.profile.count_form == "list"
    assert found.profile.interfaces == ("s3",)
    assert found.profile.options == ()


def test_a_server_that_answers_nothing_cannot_be_probed(store: Store) -> None:
    with pytest.raises(CannotRun, match=r"neither|no plain request") as error:
        probed("http://127.0.0.1:9", store, DeafClient)
    assert "cannot connect" in str(error.value)


def test_the_profile_written_loads_as_the_profile_probed(url: str, store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = probed(url, store)
    path = tmp_path / "mine.toml"
    path.write_text(profile_text(found, "mine"), "utf-8")
    loaded = SERVING.load(str(path))
    for one in fields(Profile):
        if one.name not in ("name", "known"):
            assert getattr(loaded, one.name) == getattr(found.profile, one.name)


def test_once_an_answer_has_not_come_others_are_waited_for_less_long(url: str, store: Store) -> None:
    SilentAboutMaxima.waits.clear()
    found = probed(url, store, SilentAboutMaxima).findings
    readings = {one.value: one.reading for one in found if one.capability == "operations"}
    assert (readings["max"], readings["sum"], readings["select"]) == ("failed", "yes", "yes")
    first, *later = [seconds for path, seconds in SilentAboutMaxima.waits if path.startswith("/v2/max")]
    assert later
    assert all(LEAST_PATIENCE_SECONDS <= seconds < first for seconds in later)
