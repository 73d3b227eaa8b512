"""A store in a directory has, after it was killed, all that it acknowledged and nothing that was never put."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from fuzz.embedded.processes import read_announcement, stop
from tests.unit.store_asking import ACCOUNTS, Client, asking

WRITERS = 3


@contextmanager
def process(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A store in a process of its own; its `url` is told by `started`."""
    command = [sys.executable, "-m", "fuzz.embedded.store"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert child.stdin is not None
        child.stdin.write(json.dumps({"accounts": ACCOUNTS, "directory": str(directory)}).encode() + b"\n")
        child.stdin.flush()
        yield child
    finally:
        stop(child)


def body_of(key: str, number: int) -> bytes:
    """Content that shows which write it is of; some are large enough to come in pieces."""
    seed = hashlib.sha256(f"{key} {number}".encode()).digest()
    return seed * (1 + (number % 7) * 2000)


class Writer(threading.Thread):
    """Puts, completes and deletes until the store goes away; remembers what was acknowledged and what was not."""

    def __init__(self, client: Client, name: str, seen: bytes | None) -> None:
        super().__init__()
        self.client, self.key = client, f"/box/{name}"
        self.acknowledged = self.seen = seen
        self.pending: tuple[bytes | None, ...] = ()
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            for number in range(100_000):
                self.write(number)
        except (OSError, http.client.HTTPException, AssertionError) as error:
            self.error = error

    def write(self, number: int) -> None:
        data = body_of(self.key, number)
        kind = number % 5
        if kind == 4:
            self.pending = (None,)
            assert self.client("DELETE", self.key).status == 204
            self.acknowledged, self.pending = None, ()
        elif kind == 2:
            self.pending = (data,)
            told = self.client.upload(self.key, data)
            assert told.status == 200
            self.acknowledged, self.pending = data, ()
        else:
            self.pending = (data,)
            self.client.put(self.key, data)
            self.acknowledged, self.pending = data, ()


def killed_while_writing(directory: Path, moments: Sequence[float]) -> None:
    """Kill the store in the midst of writes at each moment, start it again and compare."""
    writers: list[Writer] = []
    for seconds in (*moments, None):
        with process(directory) as child:
            server = read_announcement(child)
            client = Client(server)
            if writers:
                compare(client, writers)
            assert client("PUT", "/box").status in (200, 409)
            if seconds is None:
                return
            kept = [writer.seen for writer in writers] or [None] * WRITERS
            writers = [Writer(Client(server), f"w{name}", seen) for name, seen in enumerate(kept)]
            for writer in writers:
                writer.start()
            writers[0].join(seconds)
            os.kill(child.pid, signal.SIGKILL)
            for writer in writers:
                writer.join(100)
                assert not isinstance(writer.error, AssertionError), writer.error


def compare(client: Client, writers: Sequence[Writer]) -> None:
    """Compare what is there with what was acknowledged; what was under way is there as a whole or not at all."""
    listed = client("GET", "/box").texts("Contents/Key")
    for writer in writers:
        got = client("GET", writer.key)
        data = got.body if got.status == 200 else None
        assert data in (writer.acknowledged, *writer.pending), (writer.key, got.status, len(got.body))
        assert (writer.key.removeprefix("/box/") in listed) == (data is not None)
        if data is not None and "-" not in got.headers["etag"]:
            assert got.headers["etag"] == f'"{hashlib.md5(data).hexdigest()}"'
        writer.seen = data
    assert set(listed) <= {writer.key.removeprefix("/box/") for writer in writers}


def test_killed_in_the_midst_of_writes_it_has_what_it_acknowledged(tmp_path: Path) -> None:
    killed_while_writing(tmp_path, (0.3, 0.1, 0.5))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_two_hundred_times_it_has_what_it_acknowledged(tmp_path: Path) -> None:
    moments = random.Random(19)
    killed_while_writing(tmp_path, [moments.uniform(0.0, 0.6) for _ in range(200)])


def test_everything_is_there_again(tmp_path: Path) -> None:
    part = b"p" * (5 * 2**20)
    with asking(directory=tmp_path) as client:
        client.put("/box/a%20b", b"abc", x_amz_meta_m="1", x_amz_tagging="t=1", Content_Type="x/y")
        client.upload("/box/m", part, b"end")
        client.put("/box/copy", b"", x_amz_copy_source="box/m")
        client("DELETE", "/box/m")
        open_upload = client.begin("/box/u")
        etag = client.put(f"/box/u?partNumber=2&uploadId={open_upload}", b"two").headers["etag"]
        status = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        client("PUT", "/box?versioning", status)
        version = client.put("/box/v", b"one").headers["x-amz-version-id"]
        client.put("/box/v", b"two")
        before = client("GET", "/box/a%20b")
        listing = client("GET", "/box?versions").body
    for _ in range(2):
        with asking(directory=tmp_path) as client:
            after = client("GET", "/box/a%20b")
            assert after.body == b"abc"
            same = set(before.headers) - {"date", "x-amz-request-id"}
            assert {name: after.headers[name] for name in same} == {name: before.headers[name] for name in same}
            assert client("GET", "/box?versions").body == listing
            assert client("GET", "/box/copy").body == part + b"end"
            assert client("GET", f"/box/v?versionId={version}").body == b"one"
            assert client("GET", f"/box/u?uploadId={open_upload}").texts("Part/ETag") == [etag]
    files = list((tmp_path / "contents").iterdir())
    with asking(directory=tmp_path) as client:
        assert client.complete("/box/u", open_upload, [(2, etag)]).status == 200
        assert client("GET", "/box/u").body == b"two"
        client("DELETE", "/box/copy")
    assert len(files) >= 4


def test_what_nobody_wants_any_more_takes_no_room(tmp_path: Path) -> None:
    contents = tmp_path / "contents"
    with asking(directory=tmp_path) as client:
        for number in range(5):
            client.put("/box/k", bytes([number]) * 10)
        client.put("/box/copy", b"", x_amz_copy_source="box/k")
        assert len(list(contents.iterdir())) == 1
        client("DELETE", "/box/k")
        assert client("GET", "/box/copy").body == bytes([4]) * 10
        client("DELETE", "/box/copy")
        assert client("PUT", "/box/bad", b"x", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}).code == "BadDigest"
        assert not list(contents.iterdir())


def test_a_journal_that_is_cut_short_tells_what_came_before(tmp_path: Path) -> None:
    with asking(directory=tmp_path) as client:
        client.put("/box/one", b"1")
        whole = (tmp_path / "journal").read_bytes()
        client.put("/box/two", b"2")
        cut = (tmp_path / "journal").read_bytes()[:-1]
    assert len(cut) > len(whole)
    (tmp_path / "journal").write_bytes(cut)
    with asking(directory=tmp_path) as client:
        assert client("GET", "/box").texts("Contents/Key") == ["one"]
        assert client("GET", "/box/one").body == b"1"
