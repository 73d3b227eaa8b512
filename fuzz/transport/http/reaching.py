"""Check whether a server can be reached, and say why not."""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import closing
from urllib.parse import SplitResult, urlsplit

from fuzz.errors import CannotRun, UsageError
from fuzz.transport.protocol import ClientSettings

CONNECT_SECONDS = 5.0
LIFE_SECONDS = 2.0


def split(url: str) -> SplitResult:
    """Return the parts of a server's URL; raises UsageError unless it is an http or https URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"--target {url!r} is not an http or https URL, such as http://127.0.0.1:8080")
    return parts


def address(parts: SplitResult) -> tuple[str, int]:
    """Return the host and the port of a URL."""
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def accepts(url: str) -> bool:
    """Say whether the server at the URL accepts connections."""
    try:
        socket.create_connection(address(split(url)), timeout=LIFE_SECONDS).close()
    except OSError:
        return False
    return True


def check_reachable(url: str, client: ClientSettings) -> None:
    """Raise CannotRun unless something at the URL answers in HTTP."""
    parts = split(url)
    host, port = address(parts)
    seconds = min(client.timeout_seconds, CONNECT_SECONDS)
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=client.ca_cert)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=seconds, context=trusted
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    with closing(connection):
        try:
            connection.request("GET", parts.path or "/")
            connection.getresponse().read()
        except ssl.SSLCertVerificationError as error:
            raise CannotRun(
                f"the certificate of {url} is not trusted: {error.verify_message}. "
                "Give the authority's certificate by --ca-cert FILE"
            ) from error
        except ssl.SSLError as error:
            raise CannotRun(f"no TLS at {url}: {error.reason}. Is it http:// rather than https://?") from error
        except socket.gaierror as error:
            raise CannotRun(f"the host of {url} is unknown: {error.strerror}. Is the name right?") from error
        except ConnectionRefusedError as error:
            raise CannotRun(f"nothing answers at {url}: is the server running, and on that port?") from error
        except TimeoutError as error:
            raise CannotRun(f"{url} does not answer within {seconds:g} s: is the server running?") from error
        except (http.client.HTTPException, ConnectionError) as error:
            raise CannotRun(f"what listens at {url} does not speak HTTP: {error or type(error).__name__}") from error
        except OSError as error:
            raise CannotRun(f"{url} cannot be reached: {error.strerror or error}") from error
