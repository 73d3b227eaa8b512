"""Requests misread, or refused, for how they are written."""

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fuzz.embedded.http_messages import Answer, DropConnection, HttpRequest
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.reduction import StoreCredentials
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.zoo.marks import OnlyInV1

LONG_NUMBER = 24
FRACTION = re.compile(r"-?[0-9]+\.[0-9]+")
LOWER_CASE_ESCAPE = re.compile(r"%(?=[0-9a-fA-F]{2})(?![0-9A-F]{2})")
EXACT_TYPE = "application/json"


def header(request: HttpRequest, name: str) -> str | None:
    """Return a header as it was written, by its name as it was written; None where no line begins so."""
    lines = request.written.lines[1:]
    return next((line.removeprefix(f"{name}:") for line in lines if line.startswith(f"{name}:")), None)


class ChunkedBodiesRefused(ReferenceServer):
    """A body without a Content-Length is refused with 411."""

    def check_content_type(self, request: HttpRequest) -> None:
        if request.written.chunks:
            raise Refusal(411, "header Content-Length: is missing")
        super().check_content_type(request)


class FirstChunkIsTheBody(ReferenceServer):
    """Of a body in chunks the first chunk is read."""

    def answer(self, request: HttpRequest) -> Any:
        if len(request.written.chunks) > 1:
            first = int(re.split("[ \t;]", request.written.chunks[0])[0], 16)
            request = replace(request, body=request.body[:first])
        return super().answer(request)


class ChunkExtensionsRefused(ReferenceServer):
    """A chunk's size may have nothing behind it."""

    def check_content_type(self, request: HttpRequest) -> None:
        odd = next((line for line in request.written.chunks if ";" in line), None)
        if odd is not None:
            raise Refusal(400, f"the body: {odd!r} is not the size of a chunk")
        super().check_content_type(request)


class TrailersEndTheConnection(ReferenceServer):
    """What comes behind the last chunk ends the connection, and the request with it."""

    def handle(self, request: HttpRequest) -> Answer:
        return DropConnection() if request.written.trailers else super().handle(request)


class ExpectationsRefused(ReferenceServer):
    """Whoever asks before sending the body is refused with 417."""

    def check_content_type(self, request: HttpRequest) -> None:
        if "expect" in request.headers:
            raise Refusal(417, "header Expect: is not supported")
        super().check_content_type(request)


class BodyIsWhatCameFirst(ReferenceServer):
    """Of a body that comes in pieces, the first piece is read."""

    def answer(self, request: HttpRequest) -> Any:
        if 0 < request.written.read_first < len(request.body):
            request = replace(request, body=request.body[: request.written.read_first])
        return super().answer(request)


class RequestsBehindOthersRefused(ReferenceServer):
    """A request that comes before the one before it is answered is taken for nonsense."""

    def check_content_type(self, request: HttpRequest) -> None:
        if request.written.behind:
            raise Refusal(400, "the request line: is malformed")
        super().check_content_type(request)


class HeaderNamesInOneCase(ReferenceServer):
    """Headers are known by their names with capitals alone."""

    def check_content_type(self, request: HttpRequest) -> None:
        if request.written.lines and header(request, "Content-Type") is None:
            request = replace(request, headers={**request.headers, "content-type": ""})
        super().check_content_type(request)


class HostComesFirst(ReferenceServer):
    """A request whose first header is not Host is refused."""

    def check_content_type(self, request: HttpRequest) -> None:
        if len(request.written.lines) > 1 and not request.written.lines[1].lower().startswith("host"):
            raise Refusal(400, "header Host: is not where it should be")
        super().check_content_type(request)


class SpacesBelongToValues(ReferenceServer):
    """A space or tab before a header's value, and what comes after it, are parts of the value."""

    def check_content_type(self, request: HttpRequest) -> None:
        value = header(request, "Content-Type")
        if value is not None and value.removeprefix(" ") != value.strip():
            raise Refusal(415, f"header Content-Type: must be application/json, not {value!r}")
        super().check_content_type(request)


class HeadersNeedASpace(ReferenceServer):
    """A header whose value follows its colon at once is not a header."""

    def check_content_type(self, request: HttpRequest) -> None:
        if header(request, "Content-Type") == EXACT_TYPE:
            raise Refusal(400, "header Content-Type: is missing; must be application/json")
        super().check_content_type(request)


class ContentTypeInOneCase(ReferenceServer):
    """The content type is compared in lower case only."""

    def check_content_type(self, request: HttpRequest) -> None:
        value = request.headers.get("content-type", "").partition(";")[0].strip()
        if value.lower() == EXACT_TYPE != value:
            raise Refusal(415, f"header Content-Type: must be application/json, not {value!r}")
        super().check_content_type(request)


class ContentTypeWithoutParameters(ReferenceServer):
    """A content type that names its charset is another type."""

    def check_content_type(self, request: HttpRequest) -> None:
        if ";" in request.headers.get("content-type", ""):
            raise Refusal(415, "header Content-Type: must be application/json")
        super().check_content_type(request)


class QuotesBelongToTheCharset(ReferenceServer):
    """A charset in quotes is unknown."""

    def check_content_type(self, request: HttpRequest) -> None:
        if '"' in request.headers.get("content-type", ""):
            raise Refusal(415, "header Content-Type: its charset is not supported")
        super().check_content_type(request)


class BasicInOneCase(ReferenceServer):
    """Credentials under `basic` instead of `Basic` are not seen, and the request is taken for anybody's."""

    def read_credentials(self, headers: Mapping[str, str]) -> StoreCredentials | None:
        value = headers.get("authorization", "")
        return None if value.startswith("basic ") else super().read_credentials(headers)


class WholeTargetsUnknown(ReferenceServer):
    """A request line with a whole URL names no operation."""

    def route(self, request: HttpRequest) -> tuple[int, str]:
        if request.written.lines and " http://" in request.written.lines[0]:
            raise Refusal(404, "path: is unknown; operations are at /v2/<operation>/")
        return super().route(request)


class OnlyCborIsAcceptable(ReferenceServer):
    """Whoever accepts anything is told that there is CBOR only."""

    def check_content_type(self, request: HttpRequest) -> None:
        if request.headers.get("accept", "application/cbor") != "application/cbor":
            raise Refusal(406, "header Accept: must be application/cbor")
        super().check_content_type(request)


class NamesComparedAsWritten(ReferenceServer):
    """The names of fields are compared with their escapes."""

    def read_text(self, body: bytes) -> str:
        return re.sub(
            r'("(?:[^"\\]|\\.)*")(?=\s*:)', lambda name: name[0].replace("\\", r"\\"), super().read_text(body)
        )


class EscapesOfLettersKept(ReferenceServer):
    """A letter that is written as an escape stays one, in strings."""

    def read_text(self, body: bytes) -> str:
        return re.sub(r'(?<=: ")(?=\\u)[^"]*', lambda text: text[0].replace("\\", r"\\"), super().read_text(body))


class EscapedSlashesKept(ReferenceServer):
    """An escaped slash keeps its backslash."""

    def read_text(self, body: bytes) -> str:
        return super().read_text(body).replace(r"\/", r"\\/")


class LettersReadAsLatin(OnlyInV1, ReferenceServer):
    """A body is read as Latin-1, in which letters beyond ASCII are several."""

    def read_text(self, body: bytes) -> str:
        super().read_text(body)
        return body.decode("latin-1")


class TabsAreNotJson(ReferenceServer):
    """A tab is no space in JSON."""

    def read_text(self, body: bytes) -> str:
        text = super().read_text(body)
        if "\t" in text:
            raise Refusal(400, "the body: is not JSON: there is a tab in it")
        return text


class MembersNeedSpaces(ReferenceServer):
    """A colon without a space behind it does not end a name."""

    def read_text(self, body: bytes) -> str:
        text = super().read_text(body)
        if '":' in text and '": ' not in text and '" ' not in text:
            raise Refusal(400, "the body: is not JSON: a name has no value")
        return text


class MissingBeforeItsDtype(ReferenceServer):
    """What is missing cannot be read before the dtype is known."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Any:
        names = list(body)
        first = next((name for name in names if name in ("missing", "dtype")), "dtype")
        if body.get("missing") is not None and first == "missing" and "dtype" in names:
            raise Refusal(400, "missing: has no dtype")
        return super().read_reduction(version, operation, body)


class ExponentsOfIntegersCut(ReferenceServer):
    """A number with an exponent and no fraction is read up to the exponent."""

    def read_decimal(self, text: str) -> Decimal:
        return super().read_decimal(text if "." in text else re.split("[eE]", text)[0])


class LongFractionsRefused(ReferenceServer):
    """A number that is written with many digits does not fit its buffer."""

    def read_decimal(self, text: str) -> Decimal:
        if len(text) > LONG_NUMBER and FRACTION.match(text):
            raise Refusal(400, "missing: a number is too long")
        return super().read_decimal(text)


class EscapesInUpperCaseOnly(ReferenceServer):
    """Of the escapes in a URL, those in lower case are taken for a percent sign and two letters."""

    def bucket_path(self, path: str) -> str:
        return super().bucket_path(LOWER_CASE_ESCAPE.sub("%25", path))


class SchemeInOneCase(ReferenceServer):
    """A URL begins with a scheme in lower case."""

    def split_url(self, field: str, url: object) -> Mapping[str, str]:
        if isinstance(url, str) and url.startswith("HTTP"):
            raise Refusal(400, f"{field}: must be an http or https URL")
        return super().split_url(field, url)


class NamesInAnyCase(ReferenceServer):
    """The names of fields may be in any case."""

    def read_reduction(self, version: int, operation: str, body: Mapping[str, Any]) -> Any:
        return super().read_reduction(version, operation, {name.lower(): value for name, value in body.items()})
