"""Send plain requests to an object store over many connections, signed by botocore: the bare loop that signs."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from types import SimpleNamespace

import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from fuzz.errors import CannotRun
from fuzz.subjects.objects.access import OWNER, Access

BUCKET = "asfuzz-bench-signed"
KEYS = 8
# Of ten requests so many are of each kind, all about a key of the connection's own but for the listing.
MIX = ("PUT", "GET", "HEAD", "PUT", "GET", "GET", "LIST", "PUT", "GET", "DELETE")
DONE = frozenset({200, 204})
MISSING = 404


class SigningClient:
    """One connection to a store, all whose requests are signed with their bodies' digests as the owner's."""

    def __init__(self, url: str, access: Access) -> None:
        owner = access.credentials[OWNER]
        self._url = url.rstrip("/")
        self._signer = S3SigV4Auth(Credentials(owner.access_key, owner.secret), "s3", access.region)
        self._connection = urllib3.PoolManager(maxsize=1, retries=False)

    def send(self, method: str, path: str, body: bytes = b"") -> int:
        """Sign and send a request; return the status of its answer, all of which is read."""
        url = self._url + path
        request = AWSRequest(method=method, url=url, data=body)
        request.context["payload_signing_enabled"] = True
        request.context["client_config"] = SimpleNamespace(s3=None)
        self._signer.add_auth(request)
        headers = dict(request.headers.items())
        return self._connection.request(method, url, body=body or None, headers=headers).status

    def close(self) -> None:
        self._connection.clear()


def signed_rate(url: str, access: Access, connections: int, seconds: float) -> float:
    """Send the mix over and over for so long, in a bucket of its own; return how many were answered in a second."""
    clients = [SigningClient(url, access) for _ in range(connections)]
    try:
        _done(clients[0].send("PUT", f"/{BUCKET}"), "the bucket is made")
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(connections) as several:
            answered = sum(several.map(partial(_sends, end), clients, range(connections)))
        _clean(clients[0], connections)
    finally:
        for client in clients:
            client.close()
    return answered / seconds


def _sends(end: float, client: SigningClient, number: int) -> int:
    """Send what is next in the mix until the time is up; return how many were answered by then."""
    answered = 0
    for at, kind in enumerate(cycle(MIX)):
        path = f"/{BUCKET}/{number}/{at % KEYS}"
        status = (
            client.send("GET", f"/{BUCKET}?list-type=2")
            if kind == "LIST"
            else client.send(kind, path, b"content %d" % at if kind == "PUT" else b"")
        )
        if status != MISSING or kind not in ("GET", "HEAD"):
            _done(status, f"{kind} is answered")
        if time.monotonic() >= end:
            break
        answered += 1
    return answered


def _clean(client: SigningClient, connections: int) -> None:
    """Delete all keys, and the bucket."""
    for number in range(connections):
        for at in range(KEYS):
            client.send("DELETE", f"/{BUCKET}/{number}/{at}")
    _done(client.send("DELETE", f"/{BUCKET}"), "the bucket is deleted")


def _done(status: int, wanted: str) -> None:
    if status not in DONE:
        raise CannotRun(f"the loop of signed requests needs that {wanted}; the store said {status}")
