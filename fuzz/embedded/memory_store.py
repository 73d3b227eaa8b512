"""An object store in memory: S3 under `/bucket/key`, plain HTTP under `/plain/bucket/key`, one port."""

import hashlib
import socket
from collections.abc import Mapping
from typing import Self

from fuzz.embedded.bad_service import check_manner
from fuzz.embedded.http_server import Answer, HttpLimits, HttpRequest, HttpServer
from fuzz.embedded.pace import SharedBandwidth
from fuzz.embedded.plain_front import PlainFront
from fuzz.embedded.s3_errors import protocol_error
from fuzz.embedded.store.content import in_memory
from fuzz.embedded.store.effects import BucketSet, VersionGone, VersionPut
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import NULL_VERSION, State, Version

PLAIN_PREFIX = "/plain/"
PUBLIC = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", '
    '"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::%s", "arn:aws:s3:::%s/*"]}]}'
)


class MemoryStoreServer:
    """Serves buckets from memory; signatures are verified, and only the owner reads private objects."""

    def __init__(
        self,
        *,
        owner: str,
        secrets: Mapping[str, str],
        buckets: Mapping[str, bool],
        host: str = "127.0.0.1",
        port: int = 0,
        listener: socket.socket | None = None,
    ) -> None:
        """Take the secrets by access key, and the buckets by name with whether each is public.

        A `listener` listens already, and is asked for no address.
        """
        reserved = PLAIN_PREFIX.strip("/")
        self._s3 = ObjectStore(dict(secrets), reserved=frozenset({reserved}))
        for name, public in buckets.items():
            if name == reserved:
                raise ValueError(f"bucket name {name!r} is the path of plain HTTP; choose another")
            self._s3.commit(BucketSet(name, owner, self._s3.now(), PUBLIC % (name, name) if public else ""))
        self._plain = PlainFront(self._s3, PLAIN_PREFIX)
        self._limits = HttpLimits()
        self._server = HttpServer(
            self._handle,
            host=host,
            port=port,
            on_error=protocol_error,
            limits=self._limits,
            listener=listener,
            reception=self._s3.reception,
        )

    @property
    def state(self) -> State:
        """Return the state of the store: its buckets and objects."""
        return self._s3.state

    @property
    def port(self) -> int:
        """Return the port listened on."""
        return self._server.port

    @property
    def url(self) -> str:
        """Return the S3 endpoint, as a client on this machine finds it."""
        return self._server.url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Serve in the background."""
        self._server.start()

    def close(self) -> None:
        """Stop serving; the objects stay until the store itself goes."""
        self._server.close()

    def narrowed(self, mbps: float, listener: socket.socket | None = None) -> HttpServer:
        """Return another server of the same objects, not yet started, behind a network of so many Mbit/s."""
        return HttpServer(
            self._handle,
            listener=listener,
            on_error=protocol_error,
            limits=self._limits,
            pace=SharedBandwidth(mbps),
            reception=self._s3.reception,
        )

    def put(self, bucket: str, key: str, data: bytes, served: str = "well") -> None:
        """Store an object, without a detour over the network; `served` is one of `bad_service.SERVED`, or well."""
        check_manner(served)
        etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
        content = in_memory(data)
        with self._s3.lock:
            serial = self._s3.next_serial()
            version = Version(NULL_VERSION, serial, self._s3.now(), content, etag, served=served)
            self._s3.commit(VersionPut(bucket, key, version))

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is no error, as on S3."""
        self._s3.commit(VersionGone(bucket, key, NULL_VERSION))

    def _handle(self, request: HttpRequest) -> Answer:
        if request.target.startswith(PLAIN_PREFIX):
            return self._plain(request)
        return self._s3(request)
