"""Asking a reference server about objects in a memory store, for the tests of the server."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import cbor2
import numpy as np

from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.embedded.memory_store import MemoryStoreServer
from fuzz.subjects.reductions.reference_server import ReferenceServer, ServerLimits

OWNER = ("owner-key", "owner-secret")
STRANGER = ("stranger-key", "stranger-secret")
LIMITS = ServerLimits(stored_bytes=2**20, decoded_bytes=2**20, store_seconds=5)


class Asker:
    """A server, a store, and short ways to say what is asked."""

    def __init__(self, server: ReferenceServer, store: MemoryStoreServer) -> None:
        self.server = server
        self.store = store

    def fields(self, data: bytes | np.ndarray, **fields: object) -> dict[str, object]:
        """A v2 request about an object with this content."""
        content = data if isinstance(data, bytes) else data.tobytes()
        self.store.put("private", "object", content)
        dtype = {} if isinstance(data, bytes) else {"dtype": data.dtype.name}
        url = f"{self.store.url}/private/object"
        return {"interface_type": "s3", "url": url, **dtype, **fields}

    def send(self, operation: str, body: object, version: int = 2, **headers: str) -> HttpResponse:
        """The answer to a request with this body, by the owner of everything unless said otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "host": "server",
            "content-type": "application/json",
            "authorization": basic(*OWNER),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        sent = {name: value for name, value in sent.items() if value}
        answer = self.server.handle(HttpRequest("POST", f"/v{version}/{operation}/", sent, raw))
        assert isinstance(answer, HttpResponse)
        return answer

    def ask(self, operation: str, data: bytes | np.ndarray, **fields: object) -> dict[str, Any]:
        """The map that answers a request."""
        answer = self.send(operation, self.fields(data, **fields))
        assert answer.status == 200, answer.body
        assert answer.headers["content-type"] == "application/cbor"
        result: dict[str, Any] = cbor2.loads(answer.body)
        return result

    def values(self, operation: str, data: bytes | np.ndarray, **fields: object) -> list[Any]:
        """The elements of the result, as they are laid out."""
        result = self.ask(operation, data, **fields)
        values: list[Any] = np.frombuffer(result["bytes"], result["dtype"]).tolist()
        return values

    def counts(self, operation: str, data: bytes | np.ndarray, **fields: object) -> list[int]:
        """The counts of the result."""
        counts: list[int] = self.ask(operation, data, **fields)["count"]
        return counts

    def refusal(self, operation: str, data: bytes | np.ndarray, **fields: object) -> str:
        """The text that refuses a request with status 400."""
        return self.refusal_of(self.send(operation, self.fields(data, **fields)))

    def refusal_of(self, answer: HttpResponse, status: int = 400) -> str:
        """The text of an error answer."""
        assert answer.headers["content-type"] == "application/json"
        error = json.loads(answer.body)["error"]
        assert answer.status == status, error
        return " ".join([error["message"], *error.get("caused_by", [])])


def basic(access_key: str, secret: str) -> str:
    """A header for HTTP Basic authorisation."""
    return "Basic " + base64.b64encode(f"{access_key}:{secret}".encode()).decode()


@contextlib.contextmanager
def asking(server: ReferenceServer | None = None) -> Iterator[Asker]:
    """A server and a store that last as long as the block."""
    server = server or ReferenceServer(LIMITS)
    store = MemoryStoreServer(
        owner=OWNER[0], secrets=dict([OWNER, STRANGER]), buckets={"private": False, "public": True}
    )
    with store:
        yield Asker(server, store)
    server.close()
