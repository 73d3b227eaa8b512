"""Runs asfuzz for tests: in a process of its own, or, where the process is not what matters, in this one."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from fuzz.cli import main

COMMAND = (sys.executable, "-m", "fuzz.cli")
# Far beyond what any command here takes, so that a busy machine breaks none.
SECONDS = 350
STRIDE_IGNORED = "fuzz.subjects.reductions.zoo.selections:StrideIgnored"


def environment(**more: str) -> dict[str, str]:
    """This process's, less what would configure the suite."""
    prefixes = ("ASFUZZ_", "AWS_", "NO_COLOR", "COLUMNS", "GITHUB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


def started(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as a shell starts it."""
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def asfuzz(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command in this process: the same words, output and exit code without a second for an interpreter."""
    out, errors = _Heard(), _Heard()
    with (
        _handlers_kept(),
        patch.dict(os.environ, environment(**more), clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
    ):
        try:
            code: object = main(words)
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int), code
    return subprocess.CompletedProcess(words, code, out.text(), errors.text())


class _Heard(io.TextIOWrapper):
    """A stream as a pipe gives it, of which the text is kept."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    def text(self) -> str:
        return self._bytes.getvalue().decode()


@contextlib.contextmanager
def _handlers_kept() -> Iterator[None]:
    """Give signals back to whom they went to before: a command takes them for itself."""
    kept = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in kept.items():
            signal.signal(one, handler)
