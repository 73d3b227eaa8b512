"""A store in a process of its own, which needs no installation and keeps objects in memory.

Serving objects would otherwise take turns with the suite, as threads of one process do.
"""

import json
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from secrets import token_hex
from typing import Any, Self

from fuzz.embedded.bad_service import check_manner
from fuzz.embedded.http_server import listening
from fuzz.embedded.memory_store import PLAIN_PREFIX
from fuzz.running.store.protocol import (
    OWNER,
    STRANGER,
    Buckets,
    Credentials,
    StoreError,
    impostors,
    new_run,
    no_interface,
    object_url,
)
from specs.manners import WELL

COMMAND = (sys.executable, "-P", "-m", "fuzz.embedded.store_process")
ANSWER_SECONDS = 60.0


class MemoryStore:
    """Objects in memory, served over S3 and plain HTTP as soon as the store is made."""

    verifies_signatures = True
    public_readable = True
    basic_auth = True
    misserves = True

    def __init__(
        self,
        *,
        advertise: str | None = None,
        port: int = 0,
        owner: Credentials | None = None,
        stranger: Credentials | None = None,
        prefix: str = "asfuzz",
        run: str | None = None,
        mbps: Sequence[float] = (),
    ) -> None:
        """Listen on all interfaces if `advertise` is given, which is then the host in URLs.

        The store is served over a network of each bandwidth in `mbps` as well.
        """
        # Real secrets hold slashes and plus signs, and some stores take colons.
        owner = owner or Credentials(f"OWNER{token_hex(6).upper()}", f"{token_hex(16)}/+:%{token_hex(4)}=")
        stranger = stranger or Credentials(f"STRANGER{token_hex(5).upper()}", token_hex(20))
        self.credentials: Mapping[str, Credentials] = {
            OWNER: owner,
            STRANGER: stranger,
            **impostors(owner),
        }
        self.buckets = Buckets.of_run(prefix, run or new_run())
        self._counting = threading.Lock()
        self._process, ports = _started(
            {
                "owner": owner.access_key,
                "secrets": {who.access_key: who.secret for who in (owner, stranger)},
                "buckets": {self.buckets.private: False, self.buckets.public: True},
                "mbps": list(mbps),
            },
            "0.0.0.0" if advertise else "127.0.0.1",
            [port, *(0 for _ in mbps)],
        )
        self.s3_url, *narrowed = [f"http://{advertise or '127.0.0.1'}:{one}" for one in ports]
        self.narrowed = tuple(narrowed)
        self.http_url: str | None = f"{self.s3_url}{PLAIN_PREFIX.rstrip('/')}"
        self.interfaces = frozenset({"s3", "http"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, bucket: str, key: str, data: bytes, served: str = WELL) -> None:
        """Store an object in the `private` or the `public` bucket, to be served in that manner."""
        check_manner(served)
        where = {"do": "put", "bucket": self.buckets[bucket], "key": key, "served": served}
        self._order({**where, "bytes": len(data)}, data)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; a missing object is no error."""
        self._order({"do": "delete", "bucket": self.buckets[bucket], "key": key})

    def count(self) -> int:
        """Count the objects that the store holds."""
        assert self._process.stdout is not None
        waiting = select.poll()
        waiting.register(self._process.stdout, select.POLLIN)
        with self._counting:
            self._order({"do": "count"})
            answer = self._process.stdout.readline() if waiting.poll(1000 * ANSWER_SECONDS) else b""
        if not answer:
            raise self._gone()
        return int(answer)

    def check(self) -> None:
        """Raise StoreError if the store is there no more."""
        self.count()

    @property
    def process_id(self) -> int:
        """Return the number of the store's process."""
        return self._process.pid

    def url(self, bucket: str, key: str, interface: str) -> str:
        """Return the quoted URL of an object for an interface type."""
        if interface not in self.interfaces:
            raise no_interface(interface, "the memory store", self.interfaces)
        base = self.s3_url if interface == "s3" else f"{self.http_url}"
        return object_url(base, self.buckets[bucket], key)

    def close(self) -> None:
        """Stop serving, and forget every object."""
        # It holds nothing that would outlive it.
        self._process.kill()
        self._process.communicate()

    def _order(self, what: Mapping[str, Any], data: bytes = b"") -> None:
        """Tell the store what to do, which it does before it answers any request that is sent later."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(what).encode() + b"\n" + data)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise self._gone() from error

    def _gone(self) -> StoreError:
        code = self._process.poll()
        return StoreError(
            f"the memory store has ended{'' if code is None else f' with code {code}'}; "
            "if the machine ran out of memory, give it more or use --store URL"
        )


def _started(whose: Mapping[str, Any], host: str, ports: Sequence[int]) -> tuple[subprocess.Popen[bytes], list[int]]:
    """Start a store's process, and return it with the ports it listens at; raises StoreError.

    Requests that come before it is ready wait for it, as the ports listen from the beginning.
    """
    with ExitStack() as stack:
        try:
            listeners = [stack.enter_context(listening(host, port)) for port in ports]
        except OSError as error:
            raise StoreError(f"the memory store cannot start: {error.strerror}") from error
        numbers = [one.fileno() for one in listeners]
        # A session of its own keeps Ctrl-C from ending it before those who still need it.
        process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=numbers,
            start_new_session=True,
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps({**whose, "listeners": numbers}).encode() + b"\n")
        process.stdin.flush()
        return process, [one.getsockname()[1] for one in listeners]
