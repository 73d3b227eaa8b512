"""Errors that fail their form."""

import json
from collections.abc import Mapping

from fuzz.embedded.http_messages import HttpRequest, HttpResponse
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import Reduction, StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.reference_server.store_connection import StoreAnswer


class HtmlForUnknownPaths(ReferenceServer):
    """A 404 is a page of HTML."""

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        if refusal.status != 404:
            return super().error_answer(refusal)
        return HttpResponse(404, {"content-type": "text/html"}, b"<h1>Not Found</h1>")


class EmptyBodyOfDenials(ReferenceServer):
    """A 401 or 403 has no body."""

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        answer = super().error_answer(refusal)
        return HttpResponse(answer.status, answer.headers) if answer.status in (401, 403) else answer


class PlainTextOfBadMethods(ReferenceServer):
    """A 405 is plain text."""

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        if refusal.status != 405:
            return super().error_answer(refusal)
        return HttpResponse(405, {"content-type": "text/plain", "allow": "POST"}, b"Method Not Allowed")


class ErrorIsAString(ReferenceServer):
    """The error is a string instead of an object."""

    def error_body(self, refusal: Refusal) -> bytes:
        return json.dumps({"error": refusal.message}).encode()


class CausesAreAString(ReferenceServer):
    """The causes of an error are a string instead of a list."""

    def error_body(self, refusal: Refusal) -> bytes:
        error = {"message": refusal.message} | ({"caused_by": refusal.causes[0]} if refusal.causes else {})
        return json.dumps({"error": error}).encode()


class MessageUnhelpful(ReferenceServer):
    """Every error with status 400 says no more than that the request is bad."""

    def error_body(self, refusal: Refusal) -> bytes:
        return super().error_body(Refusal(400, "Bad Request")) if refusal.status == 400 else super().error_body(refusal)


class SelectionErrorsUnnamed(ReferenceServer):
    """Errors about a selection do not name the field."""

    def error_body(self, refusal: Refusal) -> bytes:
        found = refusal.message.startswith("selection")
        return super().error_body(Refusal(400, "index out of bounds") if found else refusal)


class ErrorsWithStatus200(ReferenceServer):
    """Undecodable data is an error with the status 200."""

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        answer = super().error_answer(refusal)
        return HttpResponse(200, answer.headers, answer.body) if "decoded" in refusal.message else answer


class UndecodableDataIsAServerError(ReferenceServer):
    """Data that cannot be decoded is answered by 500."""

    def decompress(self, stored: bytes, compression: str | None, limit: int) -> bytes:
        try:
            return super().decompress(stored, compression, limit)
        except Refusal as refusal:
            raise Refusal(500, refusal.message, *refusal.causes) from refusal


class MisfitDataIsAServerError(ReferenceServer):
    """Data that does not fit its shape is answered by 500."""

    def check_data_length(self, reduction: Reduction, data: bytes) -> None:
        try:
            super().check_data_length(reduction, data)
        except Refusal as refusal:
            raise Refusal(500, refusal.message) from refusal


class MissingObjectIsAServerError(ReferenceServer):
    """An object that is not in the store is answered by 502."""

    def status_of_store_error(self, status: int, code: str) -> int:
        return 502 if code in ("NoSuchKey", "NoSuchBucket") else super().status_of_store_error(status, code)


class RangeErrorIsAServerError(ReferenceServer):
    """An offset beyond the object is answered by 500."""

    def status_of_store_error(self, status: int, code: str) -> int:
        return 500 if status == 416 else super().status_of_store_error(status, code)


class UpstreamCodeHidden(ReferenceServer):
    """The text of an error does not hold the store's code."""

    def store_refusal(self, answer: StoreAnswer, reduction: Reduction) -> Refusal:
        return Refusal(super().store_refusal(answer, reduction).status, "url: the object cannot be read")


class WrongStatusForBadFields(ReferenceServer):
    """An integer field with a bad value is answered by 404."""

    def read_integer(self, field: str, value: object, least: int) -> int:
        try:
            return super().read_integer(field, value, least)
        except Refusal as refusal:
            raise Refusal(404, refusal.message) from refusal


class BadJsonIsAServerError(ReferenceServer):
    """A body that is not JSON is answered by 500."""

    def read_json(self, text: str) -> object:
        try:
            return super().read_json(text)
        except Refusal as refusal:
            raise Refusal(500, refusal.message) from refusal


class TraceShownToTheClient(ReferenceServer):
    """An error about a field shows where in the program it was found."""

    def error_body(self, refusal: Refusal) -> bytes:
        if not refusal.message.startswith("missing"):
            return super().error_body(refusal)
        trace = 'Traceback (most recent call last):\n  File "reduction.py", line 12, in missing'
        return super().error_body(Refusal(refusal.status, refusal.message, trace))


class SecretShownToTheClient(ReferenceServer):
    """An error of the store shows the secret that the store was asked with."""

    def fetch(self, reduction: Reduction, credentials: StoreCredentials | None) -> bytes:
        try:
            return super().fetch(reduction, credentials)
        except Refusal as refusal:
            secret = credentials.secret.decode("latin-1") if credentials else "nobody"
            raise Refusal(refusal.status, refusal.message, f"asked as {secret}") from refusal


class AuthorizationShownToTheClient(ReferenceServer):
    """A refused request is shown with its headers."""

    def error_answer(self, refusal: Refusal) -> HttpResponse:
        shown = getattr(refusal, "asked_with", None)
        if shown is None:
            return super().error_answer(refusal)
        return super().error_answer(Refusal(refusal.status, refusal.message, f"headers: {shown}"))

    def answer(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().answer(request)
        except Refusal as refusal:
            refusal.asked_with = dict(request.headers)  # type: ignore[attr-defined]
            raise


class ErrorsSaidToBeText(ReferenceServer):
    """The errors' content type is not that of JSON."""

    def error_headers(self, status: int) -> Mapping[str, str]:
        return {**super().error_headers(status), "content-type": "text/plain; charset=utf-8"}
