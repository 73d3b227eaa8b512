"""The measurement of durability: a store that forgets is seen, the suite's own forgets nothing."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from fuzz.bench.killable import OwnStore
from fuzz.bench.killing import KillCounts, killed_often
from fuzz.cli import main
from fuzz.errors import CannotRun
from specs.objects.profile import load

REFERENCE = load("reference")


def test_the_own_store_has_what_it_acknowledged() -> None:
    found = KillCounts()
    with OwnStore().folder() as store:
        killed_often(store, REFERENCE, 2, 3, 0.5, found)
    assert (found.kills, found.lost, found.given_up) == (2, [], 0)
    assert found.surveyed == 6
    assert found.acknowledged > 0


@pytest.mark.parametrize("animal", ["etags-not-journaled", "parts-not-journaled"])
def test_a_store_that_forgets_is_seen(animal: str) -> None:
    found = KillCounts()
    with OwnStore((animal,)).folder() as store:
        killed_often(store, REFERENCE, 20, 3, 0.6, found, until_lost=True)
    assert found.lost


def test_the_own_store_comes_back_after_each_kill_and_ends_at_the_end() -> None:
    with OwnStore().folder() as store:
        urls = []
        for _ in range(3):
            urls.append(store.start())
            socket.create_connection(_place(urls[-1])).close()
            store.kill()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(_place(urls[-1]))
        assert len(set(urls)) == 1
        store.start()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(_place(urls[-1]))


def test_what_was_counted_is_told_of_a_store_that_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start, started = OwnStore.start, list[str]()

    def twice(store: OwnStore) -> str:
        if len(started) == 2:
            raise CannotRun("nothing listens")
        started.append(start(store))
        return started[-1]

    monkeypatch.setattr(OwnStore, "start", twice)
    assert main(["bench", "durability", "--times", "5", "--most-seconds", "0.1"]) != 0
    said = capsys.readouterr()
    assert "reference: killed 2 times" in said.out
    assert "nothing listens" in said.err


def _place(url: str) -> tuple[str, int]:
    at = urlsplit(url)
    assert at.hostname is not None
    assert at.port is not None
    return at.hostname, at.port
