"""Define the classes of refusals, and what each of them is in HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class RefusalClass(StrEnum):
    """A class of refusals: what a server says is wrong. Which statuses say so, the transport decides."""

    BAD_REQUEST = "bad-request"
    UNFIT_DATA = "unfit-data"
    ANY_OF_THE_CLIENT = "any-of-the-client"
    ANY_OF_THE_SERVER = "any-of-the-server"
    DENIED = "denied"
    FOREIGN_AUTHORIZATION = "foreign-authorization"
    UNKNOWN_OPERATION = "unknown-operation"
    UNKNOWN_PATH = "unknown-path"
    ODD_PATH = "odd-path"
    WRONG_METHOD = "wrong-method"
    ODD_METHOD = "odd-method"
    FRAMING = "framing"
    TOO_LARGE = "too-large"
    WRONG_TYPE = "wrong-type"


CLIENT_ERRORS = frozenset(range(400, 500))
SERVER_ERRORS = frozenset(range(500, 600))
HTTP_STATUSES: Mapping[RefusalClass, frozenset[int]] = MappingProxyType(
    {
        RefusalClass.BAD_REQUEST: frozenset({400, 422}),
        RefusalClass.UNFIT_DATA: frozenset({400}),
        RefusalClass.ANY_OF_THE_CLIENT: CLIENT_ERRORS,
        RefusalClass.ANY_OF_THE_SERVER: SERVER_ERRORS,
        RefusalClass.DENIED: frozenset({401, 403, 404}),
        RefusalClass.FOREIGN_AUTHORIZATION: frozenset({400, 401, 403}),
        RefusalClass.UNKNOWN_OPERATION: frozenset({404}),
        # A path that the API does not know may be the server's own path for another method.
        RefusalClass.UNKNOWN_PATH: frozenset({404, 405}),
        # A server may refuse a path that is no text before it looks for a path that it knows.
        RefusalClass.ODD_PATH: frozenset({400, 404, 405}),
        RefusalClass.WRONG_METHOD: frozenset({405}),
        RefusalClass.ODD_METHOD: frozenset({400, 404, 405, 501}),
        RefusalClass.FRAMING: CLIENT_ERRORS | {501, 505},
        RefusalClass.TOO_LARGE: frozenset({400, 408, 413, 414, 431}),
        RefusalClass.WRONG_TYPE: frozenset({400, 415, 422}),
    }
)


def statuses_of(classes: Iterable[RefusalClass]) -> frozenset[int]:
    """Return the statuses by which HTTP servers may say that a request is refused for one of these reasons."""
    return frozenset[int]().union(*(HTTP_STATUSES[one] for one in classes))
