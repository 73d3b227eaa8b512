"""Put the stages of the server together, and serve it over HTTP."""

import ssl

from fuzz.embedded.http_messages import Answer, HttpLimits, HttpRequest, HttpResponse
from fuzz.embedded.http_server import HttpServer
from fuzz.subjects.reductions.reference_server.answering import Answering
from fuzz.subjects.reductions.reference_server.arranging import Arranging
from fuzz.subjects.reductions.reference_server.consistency import ConsistencyChecking
from fuzz.subjects.reductions.reference_server.credential_reading import CredentialReading
from fuzz.subjects.reductions.reference_server.decoding import Decoding
from fuzz.subjects.reductions.reference_server.fetching import Fetching
from fuzz.subjects.reductions.reference_server.field_reading import FieldReading
from fuzz.subjects.reductions.reference_server.reducing import Reducing
from fuzz.subjects.reductions.reference_server.reduction import Array, Reduction, ServerLimits, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.reference_server.request_reading import RequestReading
from fuzz.subjects.reductions.reference_server.store_connection import StoreConnections


class ReferenceServer(
    RequestReading,
    CredentialReading,
    FieldReading,
    ConsistencyChecking,
    Fetching,
    Decoding,
    Arranging,
    Reducing,
    Answering,
):
    """A complete active-storage server that keeps nothing from one request to the next."""

    def __init__(self, limits: ServerLimits | None = None, store_tls: ssl.SSLContext | None = None) -> None:
        self.limits = limits or ServerLimits()
        self.connections = StoreConnections(store_tls)

    def handle(self, request: HttpRequest) -> Answer:
        """Return the answer to any request; a refusal is answered by an error."""
        try:
            return self.answer(request)
        except Refusal as refusal:
            return self.error_answer(refusal)

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the answer to a valid request; raise Refusal for others."""
        version, operation = self.route(request)
        credentials = self.read_credentials(request.headers)
        self.check_content_type(request)
        reduction = self.read_reduction(version, operation, self.read_body(request.body))
        self.check_consistency(reduction)
        outcome = self.reduce(self.load(reduction, credentials), reduction)
        return self.answer_result(reduction, outcome)

    def load(self, reduction: Reduction, credentials: StoreCredentials | None) -> Array:
        """Return the selected elements, fresh from the store."""
        stored = self.fetch(reduction, credentials)
        data = self.decode(reduction, stored)
        return self.select(self.to_array(reduction, data), reduction)

    def protocol_error(self, status: int, message: str) -> HttpResponse:
        """Return the answer to bytes that are not an HTTP request."""
        return self.error_answer(Refusal(status, message))

    def close(self) -> None:
        """Give back the connections to the stores."""
        self.connections.close()


def serve(
    server: ReferenceServer,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: HttpLimits | None = None,
    tls: ssl.SSLContext | None = None,
) -> HttpServer:
    """Return an HTTP server, not yet started, that answers by a reference server."""
    return HttpServer(server.handle, host=host, port=port, on_error=server.protocol_error, limits=limits, tls=tls)
