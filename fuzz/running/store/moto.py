"""Run moto's S3 in this process, as a second implementation of S3; it accepts any secret."""

import atexit
import logging
import socket

from fuzz.running.store.protocol import Credentials, StoreError
from fuzz.running.store.s3 import S3Store


class MotoStore(S3Store):
    """A threaded moto server, started for this store and stopped with it."""

    verifies_signatures = False

    def __init__(
        self,
        *,
        advertise: str | None = None,
        port: int = 0,
        owner: Credentials | None = None,
        prefix: str = "asfuzz",
        run: str | None = None,
    ) -> None:
        """Listen on all interfaces if `advertise` is given, which is then the host in URLs."""
        try:
            from moto.server import ThreadedMotoServer
        except ImportError as error:
            raise StoreError("moto is not installed; run in asfuzz's own folder: pip install -e '.[moto]'") from error
        # One line for each request would drown the suite's own output.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        host = "0.0.0.0" if advertise else "127.0.0.1"
        check_free(host, port)
        self._server = ThreadedMotoServer(ip_address=host, port=port, verbose=False)
        self._server.start()
        _, actual = self._server.get_host_and_port()
        try:
            super().__init__(
                f"http://127.0.0.1:{actual}",
                owner or Credentials("MOTO", "moto-accepts-any-secret"),
                prefix=prefix,
                run=run,
                advertise_url=f"http://{advertise}:{actual}" if advertise else None,
            )
        except BaseException:
            self._server.stop()
            raise

    def close(self) -> None:
        """Remove the run's buckets, and stop the server."""
        try:
            super().close()
        finally:
            atexit.unregister(self.close)
            self._server.stop()


def check_free(host: str, port: int) -> None:
    """Raise StoreError unless the port is free; moto itself would wait for ever."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise StoreError(f"moto cannot listen on {host}:{port}: {error.strerror}; port 0 finds a free one") from error
