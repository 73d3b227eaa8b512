"""`asfuzz serve --subject objects` gives people an object store, which keeps in a directory what it has."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzz.running.store import Credentials
from fuzz.running.store.s3 import S3Options, s3_client


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """What the command prints before it waits."""
    command = [sys.executable, "-m", "fuzz.cli", "serve", "--subject", "objects", "--dir", str(directory)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        yield "".join(lines)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=100)
    assert process.returncode == 0


def test_an_object_is_there_the_next_time(tmp_path: Path) -> None:
    for first in (True, False):
        with served(tmp_path) as told:
            url = re.search(r"^store +(http\S+)", told, re.MULTILINE)
            account = re.search(r"^account +access key (\S+), secret (\S+)", told, re.MULTILINE)
            assert url is not None, told
            assert account is not None, told
            client = s3_client(url[1], Credentials(account[1], account[2]), S3Options())
            if first:
                client.create_bucket(Bucket="kept")
                client.put_object(Bucket="kept", Key="greeting", Body=b"hello")
            assert client.get_object(Bucket="kept", Key="greeting")["Body"].read() == b"hello"
