"""Asks an embedded object store by http.client, with requests that botocore signs."""

from __future__ import annotations

import hashlib
import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from fuzz.embedded.http_server import HttpServer
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving

OWNER, OTHER = "OWNER", "OTHER"
ACCOUNTS = {OWNER: "a/secret+with=signs", OTHER: "another"}
EMPTY_HASH = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Told:
    """An answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        found = re.search(rb"<Code>(\w+)</Code>", self.body)
        return found[1].decode() if found else ""

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(re.sub(rb' xmlns="[^"]*"', b"", self.body))

    def texts(self, path: str) -> list[str]:
        return [one.text or "" for one in self.xml.iterfind(path)]

    def text(self, path: str) -> str:
        return self.xml.findtext(path) or ""


class Payload(S3SigV4Auth):
    """Signs the payload hash that it is told, or that of the body."""

    def __init__(self, credentials: Credentials, told: str | None) -> None:
        super().__init__(credentials, "s3", "us-east-1")
        self._told = told

    def payload(self, request: AWSRequest) -> Any:
        return self._told or super().payload(request)


class Client:
    """One connection to a store."""

    def __init__(self, server: HttpServer) -> None:
        self.url = server.url
        self.port = server.port
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=100)

    def signed(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], who: str | None, secret: str = ""
    ) -> dict[str, str]:
        sent = dict(headers)
        if who is None:
            return sent
        request = AWSRequest(method, self.url + target, headers=sent, data=body)
        payload = headers.get("X-Amz-Content-SHA256")
        Payload(Credentials(who, secret or ACCOUNTS[who]), payload).add_auth(request)
        return dict(request.headers.items())

    def __call__(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        who: str | None = OWNER,
    ) -> Told:
        sent = self.signed(method, target, body, headers or {}, who)
        return self.send(method, target, body, sent)

    def send(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Told:
        self._connection.request(method, target, body or None, dict(headers))
        answer = self._connection.getresponse()
        return Told(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def put(self, path: str, body: bytes = b"", **headers: str) -> Told:
        """Put an object that must be taken."""
        told = self("PUT", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        assert told.status == 200, told
        return told

    def upload(self, path: str, *parts: bytes, **headers: str) -> Told:
        """Put an object in parts."""
        name = self.begin(path, **headers)
        etags = [self.put(f"{path}?partNumber={n}&uploadId={name}", part) for n, part in enumerate(parts, 1)]
        return self.complete(path, name, [(n, told.headers["etag"]) for n, told in enumerate(etags, 1)])

    def begin(self, path: str, **headers: str) -> str:
        told = self("POST", f"{path}?uploads", b"", {name.replace("_", "-"): value for name, value in headers.items()})
        assert told.status == 200, told
        return told.text("UploadId")

    def complete(self, path: str, upload: str, parts: list[tuple[int, str]], **headers: str) -> Told:
        listed = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in parts)
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("POST", f"{path}?uploadId={upload}", body, sent)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def asking(kind: type[ObjectStore] = ObjectStore, directory: Path | None = None) -> Iterator[Client]:
    """A store with a bucket `box`, and a connection to it."""
    with serving(ACCOUNTS, kind=kind, directory=directory) as server:
        client = Client(server)
        try:
            assert client("PUT", "/box").status in (200, 409)
            yield client
        finally:
            client.close()


def path_of(key: str) -> str:
    """The path of a key in the bucket `box`."""
    return f"/box/{quote(key, safe='/~')}"
