"""A reference server in a process of its own answers, and ends with those who started it."""

import http.client
import json
import os
import platform
import select
import signal
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse
from fuzz.embedded.processes import ReferenceServerError
from fuzz.subjects.reductions.processes import start_reference_server
from fuzz.subjects.reductions.reference_server import ReferenceServer
from tests.unit.reference_asking import OWNER, asking, basic


class Teapot(ReferenceServer):
    """A server that answers everything alike."""

    def handle(self, request: HttpRequest) -> Answer:
        return HttpResponse(418, {"content-type": request.headers["accept"]})


def status_of(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=100)
    connection.request("GET", "/v2/sum/", headers={"accept": "x/y"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_it_answers_until_the_end_of_the_block() -> None:
    with start_reference_server() as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert status_of(server.port) == 405
    with pytest.raises(ConnectionError):
        status_of(server.port)


def test_classes_replace_its_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    with start_reference_server([Teapot]) as server:
        assert status_of(server.port) == 418


def test_a_class_that_is_none_is_an_error() -> None:
    with (
        pytest.raises(ReferenceServerError, match="ended with code"),
        start_reference_server(["fuzz.embedded.processes:stop"]),
    ):
        pass


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when another's child ends")
def test_it_ends_when_its_parent_is_killed() -> None:
    program = (
        "from fuzz.subjects.reductions.processes import start_reference_server\n"
        "import time\n"
        "with start_reference_server() as server:\n"
        "    print(server.process_id, flush=True)\n"
        "    time.sleep(100)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        watch = os.pidfd_open(child)
        parent.send_signal(signal.SIGKILL)
    try:
        assert wait_for_end(watch)
    finally:
        os.close(watch)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="memory is kept by a setting of glibc")
def test_large_objects_are_reduced_in_memory_that_is_kept_whatever_the_connection() -> None:
    elements = np.zeros(2**20, "float32")
    pages = elements.nbytes // os.sysconf("SC_PAGE_SIZE")
    with asking() as asker, start_reference_server() as server:
        body = json.dumps(asker.fields(elements))
        connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=100) for _ in range(4)]
        faults = []
        for _ in range(12):
            before = page_faults(server.process_id)
            for connection in connections:
                sent = {"content-type": "application/json", "authorization": basic(*OWNER)}
                connection.request("POST", "/v2/sum/", body, sent)
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()
            faults.append((page_faults(server.process_id) - before) / len(connections))
        for connection in connections:
            connection.close()
    # At first memory is taken; later the same is used again, but for a little now and then.
    assert median(faults[4:]) < pages / 4, faults


def page_faults(process_id: int) -> int:
    """How many pages a process has been given so far."""
    return int(Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[7])


def wait_for_end(watch: int) -> bool:
    """Whether a watched process ends within some seconds."""
    return bool(select.select([watch], [], [], 10)[0])
