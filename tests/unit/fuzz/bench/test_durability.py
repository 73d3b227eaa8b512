"""The measurement of durability: a store that forgets is seen, the suite's own forgets nothing."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from fuzz.bench.killable import OwnStore
from fuzz.bench.killing import killed_often
from specs.objects.profile import load

REFERENCE = load("reference")


def test_the_own_store_has_what_it_acknowledged() -> None:
    with OwnStore().folder() as store:
        found = killed_often(store, REFERENCE, 2, 3, 0.5)
    assert (found.kills, found.lost, found.given_up) == (2, [], 0)
    assert found.surveyed == 6
    assert found.acknowledged > 0


@pytest.mark.parametrize("animal", ["etags-not-journaled", "parts-not-journaled"])
def test_a_store_that_forgets_is_seen(animal: str) -> None:
    with OwnStore((animal,)).folder() as store:
        found = killed_often(store, REFERENCE, 20, 3, 0.6, until_lost=True)
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


def _place(url: str) -> tuple[str, int]:
    at = urlsplit(url)
    assert at.hostname is not None
    assert at.port is not None
    return at.hostname, at.port
