"""The store in memory is a process of its own: in order, told when it ends, and gone with the suite."""

import os
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import urllib3

from fuzz.running.store import MemoryStore, StoreError

SECONDS = 60


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as opened:
        yield opened


def test_what_was_put_is_there_for_every_request_that_follows(store: MemoryStore) -> None:
    """The store is not waited for when something is put; a read that comes too early would find what was before."""
    pool = urllib3.PoolManager()
    for number in range(200):
        data = b"%d" % number * (1 if number % 20 else 100_000)
        store.put("public", "k", data)
        assert pool.request("GET", store.url("public", "k", "s3")).data == data
    store.delete("public", "k")
    assert pool.request("GET", store.url("public", "k", "http")).status == 404


def test_it_counts_what_it_holds(store: MemoryStore) -> None:
    before = store.count()
    store.put("public", "one", b"")
    store.put("private", "one", b"\n{}\n")
    assert store.count() == before + 2
    store.delete("public", "one")
    assert store.count() == before + 1


def test_a_manner_that_there_is_not_is_refused_at_once(store: MemoryStore) -> None:
    with pytest.raises(ValueError, match="no object is served 'politely'"):
        store.put("public", "k", b"", "politely")


def test_narrow_ways_lead_to_the_same_objects() -> None:
    with MemoryStore(mbps=(1000.0, 100.0)) as store:
        store.put("public", "k", b"x" * 1000)
        path = urlsplit(store.url("public", "k", "s3")).path
        for base in (store.s3_url, *store.narrowed):
            assert urllib3.request("GET", f"{base}{path}").data == b"x" * 1000
        assert len({store.s3_url, *store.narrowed}) == 3


def test_a_store_that_has_ended_is_told_with_what_to_do() -> None:
    with MemoryStore() as store:
        os.kill(store.process_id, signal.SIGKILL)
        os.waitid(os.P_PID, store.process_id, os.WEXITED | os.WNOWAIT)
        with pytest.raises(StoreError, match=r"the memory store has ended with code -9; .* --store URL"):
            store.put("public", "k", b"x" * 1_000_000)
        with pytest.raises(StoreError, match="the memory store has ended"):
            store.count()


def test_closed_it_listens_no_more() -> None:
    with MemoryStore() as store:
        parts = urlsplit(store.s3_url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname or "", parts.port or 0), SECONDS)


def test_it_does_not_outlive_a_suite_that_is_killed() -> None:
    script = """
        import sys
        from fuzz.running.store import MemoryStore
        store = MemoryStore()
        print(store.process_id, flush=True)
        sys.stdin.read()
    """
    suite = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert suite.stdout is not None
    pid = os.pidfd_open(int(suite.stdout.readline()))
    suite.kill()
    suite.communicate()
    ended = select.poll()
    ended.register(pid, select.POLLIN)
    assert ended.poll(1000 * SECONDS)
    os.close(pid)
