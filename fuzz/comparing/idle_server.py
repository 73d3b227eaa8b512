"""A server that does nothing: each request gets the same short answer, so that asking it shows what asking costs."""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys

BODY = b"\0" * 150
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\ncontent-length: 150\r\n\r\n" + BODY
READ_BYTES = 65536


def main() -> int:
    """Serve until standard input ends. A request must come in one piece, which over loopback those of this suite do."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    port = listener.getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "port": port}), flush=True)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                accepted, _ = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(accepted, selectors.EVENT_READ)
            elif isinstance(key.fileobj, socket.socket):
                _answer(key.fileobj, selector)
            elif not os.read(sys.stdin.fileno(), READ_BYTES):
                return 0


def _answer(client: socket.socket, selector: selectors.BaseSelector) -> None:
    try:
        if client.recv(READ_BYTES):
            client.sendall(ANSWER)
            return
    except OSError:
        pass
    selector.unregister(client)
    client.close()


if __name__ == "__main__":
    sys.exit(main())
