"""An object store in this process: S3 under `/bucket/key`, plain HTTP under `/plain/bucket/key`, one port."""

import ssl
from collections.abc import Mapping
from typing import Self

from fuzz.embedded.bad_service import MANNERS
from fuzz.embedded.http_server import Answer, HttpLimits, HttpRequest, HttpResponse, HttpServer
from fuzz.embedded.memory_objects import Bucket, MemoryObjects, stored_object
from fuzz.embedded.pace import Pace
from fuzz.embedded.plain_front import PlainFront
from fuzz.embedded.s3_errors import xml_error
from fuzz.embedded.s3_front import S3Front

PLAIN_PREFIX = "/plain/"
LARGEST_PUT_BYTES = 64 * 2**20


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
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`secrets` are by access key; `buckets` says of each name whether it is public."""
        self.memory = MemoryObjects(owner, dict(secrets))
        reserved = PLAIN_PREFIX.strip("/")
        for name, public in buckets.items():
            if name == reserved:
                raise ValueError(f"bucket name {name!r} is the path of plain HTTP; choose another")
            self.memory.buckets[name] = Bucket(name, public)
        self._s3 = S3Front(self.memory, reserved=frozenset({reserved}))
        self._plain = PlainFront(self.memory, PLAIN_PREFIX)
        self._limits = HttpLimits(body_bytes=LARGEST_PUT_BYTES)
        self._server = HttpServer(
            self._handle, host=host, port=port, on_error=protocol_error, limits=self._limits, tls=tls
        )

    @property
    def port(self) -> int:
        """The port listened on."""
        return self._server.port

    @property
    def url(self) -> str:
        """The S3 endpoint, as a client on this machine finds it."""
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

    def narrowed(self, mbps: float, *, host: str = "127.0.0.1") -> HttpServer:
        """Another way to the same objects, not yet started: over a network of so many Mbit/s."""
        return HttpServer(self._handle, host=host, on_error=protocol_error, limits=self._limits, pace=Pace(mbps))

    def put(self, bucket: str, key: str, data: bytes, served: str = "well") -> None:
        """Store an object, without a detour over the network; `served` is one of `bad_service.MANNERS`, or well."""
        if served != "well" and served not in MANNERS:
            raise ValueError(f"no object is served {served!r}; the manners are: well, {', '.join(MANNERS)}")
        self.memory.buckets[bucket].objects[key] = stored_object(data, served)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object; one that is not there is no error, as on S3."""
        self.memory.buckets[bucket].objects.pop(key, None)

    def _handle(self, request: HttpRequest) -> Answer:
        if request.target.startswith(PLAIN_PREFIX):
            return self._plain(request)
        return self._s3(request)


def protocol_error(status: int, message: str) -> HttpResponse:
    """S3's way of telling an error of HTTP itself."""
    return xml_error(status, "InternalError" if status == 500 else "InvalidRequest", message)
