"""Send requests in HTTP/1.1; this package's names are those that subjects need."""

from fuzz.transport.http.client import HttpClient
from fuzz.transport.http.message import HttpMessage
from fuzz.transport.http.transport import HTTP

__all__ = ["HTTP", "HttpClient", "HttpMessage"]
