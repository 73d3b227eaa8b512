"""Compute the exact bytes that a badly serving store sends, for scripts that take the store's place."""

from __future__ import annotations

from collections.abc import Iterable

from fuzz.embedded.bad_service import ELSEWHERE, served
from fuzz.embedded.byte_ranges import RangeNotSatisfiable
from fuzz.embedded.http_messages import (
    Answer,
    HttpRequest,
    HttpResponse,
    RawAnswer,
    encode_head,
    may_have_body,
)
from fuzz.embedded.memory_objects import stored_object
from fuzz.embedded.object_reads import response_to
from specs.case import Case
from specs.reductions.steps import Put, Send

HEAD = "HEAD"
# The script replaces this by the object's path.
PATH = "{path}"


def answers(put: Put, case: Case) -> dict[str, list[str]]:
    """Return the pieces of each answer as hex digits, by the Range header that the case's requests call for.

    The key is empty for a request without Range. A key that begins with a word is for the place a redirect leads to.
    """
    ranges = dict.fromkeys(["", *(_range(one) for one in case.steps if isinstance(one, Send) and one.key == put.key)])
    found = {wanted: _sent(put, wanted) for wanted in ranges}
    found |= {f"{ELSEWHERE} {wanted}": _sent(put, wanted, query=f"?{ELSEWHERE}=null") for wanted in ranges}
    return {**found, HEAD: _sent(put, "", method=HEAD)}


def _range(send: Send) -> str:
    offset, size = send.fields.get("offset") or 0, send.fields.get("size")
    if not isinstance(offset, int) or not isinstance(size, int | None):
        return ""
    if size is None:
        return f"bytes={offset}-" if offset else ""
    return f"bytes={offset}-{offset + size - 1}"


def _sent(put: Put, wanted: str, *, method: str = "GET", query: str = "") -> list[str]:
    request = HttpRequest(method, PATH + query, {"range": wanted} if wanted else {})
    stored = stored_object(put.data, put.served)
    try:
        answer = served(request, stored, response_to(request, stored))
    except RangeNotSatisfiable:
        answer = HttpResponse(416, {})
    return [piece.hex() for piece in _pieces(answer, method)]


def _pieces(answer: Answer, method: str) -> Iterable[bytes]:
    match answer:
        case RawAnswer():
            length = -(-len(answer.data) // answer.pieces)
            return [answer.data[at : at + length] for at in range(0, len(answer.data), length)]
        case HttpResponse():
            body = answer.body if method != HEAD and may_have_body(answer.status) else b""
            return [encode_head(answer, keep_alive=False) + body]
    return []
