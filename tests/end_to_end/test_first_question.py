"""A target that is not what it is taken for is told in one line, before anything is blamed on it."""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzz.config import AUTO, Settings
from fuzz.embedded.http_messages import Answer
from fuzz.embedded.s3_errors import S3Error
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.errors import CannotRun
from fuzz.running.targets import open_target
from tests.end_to_end.command_line import asfuzz

ERROR = json.dumps({"error": {"message": "dispatch failure: no such host"}}).encode()


SILENCE = 0


class Pretender(http.server.BaseHTTPRequestHandler):
    """Answers by what its server says of a path: a status, and the body that goes with it; 0 is silence."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        for start, (status, kind, body) in self.server.says.items():  # type: ignore[attr-defined]
            if self.path.startswith(start):
                if status == SILENCE:
                    self.server.over.wait()  # type: ignore[attr-defined]
                    return
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
        self.send_error(404)

    def do_PUT(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


class Pretending(http.server.ThreadingHTTPServer):
    daemon_threads = True
    says: dict[str, tuple[int, str, bytes]]
    over: threading.Event


@pytest.fixture
def server() -> Iterator[Pretending]:
    with Pretending(("127.0.0.1", 0), Pretender) as one:
        one.says = {}
        one.over = threading.Event()
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        try:
            yield one
        finally:
            one.over.set()
            one.shutdown()
            thread.join()


def told(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line that the command has to say."""
    assert (ran.returncode, ran.stdout) == (3, ""), ran.stdout + ran.stderr
    (line,) = ran.stderr.splitlines()
    return line


HTML = "text/html;charset=utf-8"


@pytest.mark.parametrize("profile", [AUTO, "reductionist"])
@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (
            {"/": (501, HTML, b"<!DOCTYPE HTML>")},
            "this is no active-storage server: POST /v2/count/ gets 501 text/html",
        ),
        ({}, "this is no active-storage server: POST /v2/count/ gets 404 text/html"),
        ({"/v2": (500, "application/json", ERROR)}, "Does it reach the store at http://127.0.0.1:"),
        ({"/v2": (SILENCE, "", b"")}, "the target answers no plain request: POST /v2/count/ gets no answer: timeout"),
    ],
)
def test_a_target_that_answers_no_plain_request_is_told_in_a_line(
    server: Pretending, says: dict[str, tuple[int, str, bytes]], expected: str, profile: str
) -> None:
    server.says = says
    settings = Settings(target=f"http://127.0.0.1:{server.server_port}", profile=profile, timeout_seconds=2.0)
    with pytest.raises(CannotRun) as caught, open_target(settings):
        pass
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_target_of_another_version_is_told_in_a_line(server: Pretending, tmp_path: Path) -> None:
    server.says = {"/v1": (200, "application/octet-stream", b"")}
    url = f"http://127.0.0.1:{server.server_port}"
    line = told(asfuzz(tmp_path, "run", "--target", url, "--profile", "reductionist"))
    assert "the target speaks version 1 of the API, and profile reductionist is about version 2" in line


def test_a_target_with_the_version_in_its_url_is_told_to_leave_it_out(server: Pretending, tmp_path: Path) -> None:
    server.says = {"/v2/v2": (404, "application/json", b"{}")}
    line = told(asfuzz(tmp_path, "run", "--target", f"http://127.0.0.1:{server.server_port}/v2"))
    assert "leave out /v2" in line


def test_a_profile_of_another_server_is_not_tried_on_the_embedded_one(tmp_path: Path) -> None:
    ran = asfuzz(tmp_path, "run", "--profile", "reductionist")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "is about another server than the embedded one" in ran.stderr
    assert "--launch 'reductionist --host 127.0.0.1 --port {port}'" in ran.stderr


ACCOUNT = {"ASFUZZ_ACCESS_KEY": "someone", "ASFUZZ_SECRET_KEY": "a secret of theirs"}
OF_A_STORE = ("run", "--subject", "objects", "--seconds", "3", "--target")


def test_a_target_that_is_no_store_is_told_in_a_line(server: Pretending, tmp_path: Path) -> None:
    server.says = {"/": (501, HTML, b"<!DOCTYPE HTML>")}
    line = told(asfuzz(tmp_path, *OF_A_STORE, f"http://127.0.0.1:{server.server_port}", **ACCOUNT))
    assert re.search(r"no bucket for the case: PUT /\S+ gets 501 text/html\S*\. Does the target speak S3", line), line


def test_a_store_that_does_not_know_the_account_is_told_in_a_line(tmp_path: Path) -> None:
    with serving({"another": "account"}) as store:
        line = told(asfuzz(tmp_path, *OF_A_STORE, store.url, **ACCOUNT))
    assert "gets 403 InvalidAccessKeyId. Does the target" in line
    assert "may the account of ASFUZZ_ACCESS_KEY make buckets?" in line


class Forgetful(ObjectStore):
    """A store that has no objects."""

    def get_object(self, _call: object) -> Answer:
        raise S3Error("NoSuchKey")


def test_a_store_that_keeps_no_object_is_told_in_a_line(tmp_path: Path) -> None:
    with serving(dict([tuple(ACCOUNT.values())]), kind=Forgetful) as store:
        line = told(asfuzz(tmp_path, *OF_A_STORE, store.url, **ACCOUNT))
    assert line.endswith("the store does not keep an object: GET gets 404 NoSuchKey")
