"""The contenders of a comparison: servers asked over HTTP, and the bypass that needs none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from fuzz.comparing.bypass import Reduced, client, fetched_and_reduced
from fuzz.comparing.judging import Prepared, as_reply
from fuzz.comparing.lanes import Timed, TimedLanes
from fuzz.comparing.results import BYPASS
from fuzz.embedded.processes import stop
from fuzz.subjects.reductions.objects import Objects
from fuzz.transport.http import HttpClient
from specs.outcome import NoReply, Reply

if TYPE_CHECKING:
    from fuzz.running.store.protocol import Credentials
    from fuzz.running.targets import Target

UNREACHABLE = ("refused",)
DYING_SECONDS = 1.0
MOST_LETTERS = 400


@dataclass(frozen=True, slots=True)
class Block:
    """The answers to some requests, and the seconds that all of them took together."""

    came: Sequence[Timed]
    seconds: float


class Contender(Protocol):
    """Whoever answers questions."""

    @property
    def name(self) -> str: ...

    @property
    def mbps(self) -> float:
        """Return the bandwidth of the network to the store; 0 where it is not narrowed."""

    def ask(self, prepared: Prepared, key: str, requests: int, clients: int) -> Block:
        """Ask the same question some times, by so many clients at the same time."""

    def hang_up(self) -> None:
        """End all connections; the next request opens another."""

    @property
    def is_ours(self) -> bool:
        """Say whether this process starts and ends it."""

    def start_anew(self) -> None:
        """End it and start it again; raises CannotRun."""

    def bytes_to_client(self, prepared: Prepared, came: Timed) -> int:
        """Say how much of an answer went over the network to the client."""

    def last_words(self) -> str:
        """Say why nothing comes any more, as far as is known."""


@dataclass(slots=True)
class Server:
    """A server that is asked over HTTP; `start` ends it, if it runs, and starts it."""

    name: str
    target: Target
    start: Callable[[], Target] | None = None
    mbps: float = 0.0
    _lanes: TimedLanes = field(init=False)
    _client: HttpClient = field(init=False)
    _objects: Objects = field(init=False)

    def __post_init__(self) -> None:
        self._objects = Objects(self.target.store, self.target.profile)
        self._open()

    def _open(self) -> None:
        url, settings = self.target.url, self.target.client
        self._client = HttpClient(url, settings)
        self._lanes = TimedLanes(url, settings.timeout_seconds, settings.ca_cert)

    @property
    def is_ours(self) -> bool:
        return self.start is not None

    def start_anew(self) -> None:
        assert self.start is not None
        self.close()
        self.target = self.start()
        self._open()

    def ask(self, prepared: Prepared, key: str, requests: int, clients: int) -> Block:
        came, seconds = self._lanes.ask([self.message(prepared, key)] * requests, clients)
        return Block(came, seconds)

    def message(self, prepared: Prepared, key: str) -> bytes:
        """Return a question as the server gets it."""
        asked = self._objects.message_about(prepared.send, key)
        assert isinstance(asked.body, bytes)
        return self._client.head(asked) + asked.body

    def hang_up(self) -> None:
        self._lanes.close()

    def bytes_to_client(self, prepared: Prepared, came: Timed) -> int:  # noqa: ARG002
        reply = came.outcome
        if isinstance(reply, NoReply):
            return 0
        return len(reply.body) + sum(len(name) + len(value) + 4 for name, value in reply.headers)

    def last_words(self) -> str:
        launcher = self.target.launcher
        if launcher is None:
            return ""
        launcher.await_end(DYING_SECONDS)
        return launcher.last_words()[-MOST_LETTERS:]

    def close(self) -> None:
        self._client.close()
        self._lanes.close()


@dataclass(slots=True)
class Bypass:
    """Clients that fetch the object and reduce it themselves: one in this process, several in others."""

    store_url: str
    bucket: str
    credentials: Credentials
    region: str = "us-east-1"
    verify_tls: bool | str = True
    mbps: float = 0.0
    name: str = BYPASS
    _fetching: Any = None
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def ask(self, prepared: Prepared, key: str, requests: int, clients: int) -> Block:
        return self._several(prepared, key, requests, clients) if clients > 1 else self._one(prepared, key, requests)

    def hang_up(self) -> None:
        """Close the client; one of boto3 opens connections again when it is asked."""
        if self._fetching is not None:
            self._fetching.close()

    @property
    def is_ours(self) -> bool:
        """It lives in this process, which cannot be started anew."""
        return False

    def start_anew(self) -> None:
        """Do nothing."""

    def bytes_to_client(self, prepared: Prepared, came: Timed) -> int:
        return 0 if isinstance(came.outcome, NoReply) else len(prepared.data)

    def last_words(self) -> str:
        return ""

    def close(self) -> None:
        for process in self._processes:
            with suppress(BrokenPipeError):
                stop(process)

    def _one(self, prepared: Prepared, key: str, requests: int) -> Block:
        if self._fetching is None:
            self._fetching = client(self.store_url, self.credentials, self.region, self.verify_tls)
        began = time.perf_counter()
        came = [self._timed(prepared, key) for _ in range(requests)]
        seconds = time.perf_counter() - began
        return Block([Timed(ms, _outcome(result)) for ms, result in came], seconds)

    def _timed(self, prepared: Prepared, key: str) -> tuple[float, Reduced | str]:
        begun = time.perf_counter()
        try:
            result: Reduced | str = fetched_and_reduced(self._fetching, self.bucket, key, prepared.question)
        except Exception as error:  # noqa: BLE001  (boto3 raises many types; that the store fails is told, not raised)
            result = f"{type(error).__name__}: {error}"
        return (time.perf_counter() - begun) * 1000, result

    def _several(self, prepared: Prepared, key: str, requests: int, clients: int) -> Block:
        """NumPy and boto3 would wait for each other in one process, where a server's clients do not."""
        processes = min(clients, os.cpu_count() or 1, requests)
        while len(self._processes) < processes:
            self._processes.append(self._started())
        asked = {"bucket": self.bucket, "key": key, "question": asdict(prepared.question)}
        chosen = self._processes[:processes]
        for process, threads, share in zip(chosen, shares(clients, processes), shares(requests, processes)):
            assert process.stdin is not None
            process.stdin.write(json.dumps({**asked, "threads": threads, "requests": share}).encode() + b"\n")
            process.stdin.flush()
        came: list[Timed] = []
        begun, ended = [], []
        for process in chosen:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline() or '{"timed": [], "results": []}')
            results = [_outcome(one if isinstance(one, str) else _reduced(one)) for one in told["results"]]
            for begin, end, number in told["timed"]:
                begun.append(begin)
                ended.append(end)
                came.append(Timed((end - begin) * 1000, results[number]))
        return Block(came, max(ended, default=0.0) - min(begun, default=0.0))

    def _started(self) -> subprocess.Popen[bytes]:
        # Its own session keeps Ctrl-C from ending it with a traceback; it ends with its standard input.
        command = [sys.executable, "-m", "fuzz.comparing.bypass_process"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert process.stdin is not None
        said = {
            "url": self.store_url,
            "access_key": self.credentials.access_key,
            "secret": self.credentials.secret,
            "region": self.region,
            "verify_tls": self.verify_tls,
        }
        process.stdin.write(json.dumps(said).encode() + b"\n")
        process.stdin.flush()
        return process


def shares(whole: int, parts: int) -> list[int]:
    """Return a number split into parts as even as can be."""
    return [whole * (one + 1) // parts - whole * one // parts for one in range(parts)]


def unreachable(came: Timed) -> bool:
    """Say whether not even a connection could be made."""
    return isinstance(came.outcome, NoReply) and came.outcome.reason in UNREACHABLE


def _outcome(result: Reduced | str) -> Reply | NoReply:
    return NoReply("closed", result) if isinstance(result, str) else as_reply(result)


def _reduced(told: Any) -> Reduced:
    return Reduced(told["dtype"], tuple(told["shape"]), told["count"], bytes.fromhex(told["data"]))
