"""The shelf's server: a dictionary, and the ways to break it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fuzz.subject import Animal

ANIMALS = {
    "truncating": Animal("truncating", "Keeps eight bytes of a value.", "values"),
    "blind-to-case": Animal("blind-to-case", "Takes keys in upper and in lower case for the same.", "keys"),
    "keeping-all": Animal("keeping-all", "Deletes nothing.", "keys"),
}


def handler(broken: Sequence[str]) -> type[BaseHTTPRequestHandler]:
    held: dict[str, bytes] = {}

    class Shelf(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        @property
        def key(self) -> str:
            return self.path.lower() if "blind-to-case" in broken else self.path

        def do_PUT(self) -> None:
            value = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            held[self.key] = value[:8] if "truncating" in broken else value
            self.answer(204)

        def do_GET(self) -> None:
            self.answer(200 if self.key in held else 404, held.get(self.key, b""))

        def do_DELETE(self) -> None:
            there = self.key in held
            if "keeping-all" not in broken:
                held.pop(self.key, None)
            self.answer(204 if there else 404)

        def answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Shelf


@contextmanager
def serve(broken: Sequence[str], host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A shelf on loopback until the end of the block."""
    with ThreadingHTTPServer((host, port), handler(broken)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), handler(sys.argv[2:])) as forever:
        forever.serve_forever()
