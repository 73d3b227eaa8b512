"""What a session puts and sends: keys by content or of their own, and nothing after a silence."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from fuzz.running.session import Session
from fuzz.running.store import Unstorable, open_store
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send

ASK = Fields({"dtype": "int32"})


class Notes:
    """A store that notes what is put into it."""

    def __init__(self, store) -> None:  # type: ignore[no-untyped-def]
        self._store = store
        self.puts: list[str] = []

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        return getattr(self._store, name)

    def put(self, bucket: str, key: str, data: bytes, served: str = "well") -> None:
        self.puts.append(key)
        self._store.put(bucket, key, data, served)


@pytest.fixture
def store() -> Iterator[Notes]:
    with open_store("memory") as one:  # type: ignore[attr-defined]
        yield Notes(one)


def session(store: Notes) -> Session:
    return Session(REDUCTIONS, HttpClient("http://127.0.0.1:9"), store, Profile("x"))  # type: ignore[arg-type]


def test_objects_of_one_case_share_a_prefix(store: Notes) -> None:
    session(store).run(Case("x", (Put("a b", b"1"), Put("a_20b", b"2"))))
    first, second = (key.rpartition("/")[0] for key in store.puts)
    assert first == second
    assert [key.rpartition("/")[2] for key in store.puts] == ["a b", "a_20b"]


def test_whoever_watches_hears_of_every_case(store: Notes) -> None:
    one, heard = session(store), []
    one.tick = lambda: heard.append(one.sent)
    for _ in range(2):
        one.run(Case("x", (Put("a", b"1"), Send("sum", ASK, "a"))))
    assert heard == [1, 2]


def test_the_same_objects_are_put_once(store: Notes) -> None:
    one = session(store)
    for operation in ("sum", "min"):
        one.run(Case("x", (Put("a", b"1"), Put("b", b"2"), Send(operation, ASK, "a"))))
    assert len(store.puts) == 2


def test_other_content_has_other_keys(store: Notes) -> None:
    one = session(store)
    one.run(Case("x", (Put("a", b"1"), Put("b", b"2"))))
    one.run(Case("x", (Put("a", b"2"), Put("b", b"1"))))
    assert len(set(store.puts)) == 4


def test_an_object_stays_while_a_case_is_about_it(store: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.subjects.reductions.objects.MOST_OBJECTS_KEPT", 1)
    deleted: list[str] = []
    monkeypatch.setattr(store, "delete", lambda _bucket, key: deleted.append(key), raising=False)
    stage = session(store).stage
    held = Case("x", (Put("held", b"1"), Send("sum", ASK, "held")))
    places = stage.begin(held, afresh=False)
    stage.prepare(held.steps[0], places)
    for number in range(3):
        other = Case("x", (Put("other", bytes([number])),))
        others = stage.begin(other, afresh=False)
        stage.prepare(other.steps[0], others)
        stage.end(others)
    assert [key.rpartition("/")[2] for key in deleted] == ["other"] * 3
    stage.end(places)


@pytest.mark.parametrize("after", [Put("a", b"2"), Delete("a")])
def test_a_key_whose_object_changes_is_used_once(store: Notes, after: Put | Delete) -> None:
    one = session(store)
    for _ in range(2):
        one.run(Case("x", (Put("a", b"1"), after)))
    assert len(set(store.puts)) == 2


def test_what_a_store_cannot_hold_is_no_failure(store: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Unstorable("too long a name")

    monkeypatch.setattr(store, "put", refuse)
    case = Case("x", (Put("a", b"1"), Send("sum", ASK, "a")))
    judgement = session(store).judge(case)
    assert judgement.violations == ()
    assert judgement.transcript.outcomes == (None, None)


def test_nothing_is_asked_after_a_request_that_is_not_answered_in_time(store: Notes) -> None:
    asked = session(store)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        asked.client = HttpClient(f"http://127.0.0.1:{silent.getsockname()[1]}", ClientSettings(timeout_seconds=0.05))
        transcript = asked.run(Case("x", (Put("a", b"1"), Send("sum", ASK, "a"), Send("min", ASK, "a"))))
    assert isinstance(transcript.outcomes[1], NoReply)
    assert transcript.outcomes[1].reason == "timeout"
    assert transcript.outcomes[2] is None
