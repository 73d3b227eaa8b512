"""Read an HTTP request into an operation and a JSON object."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from fuzz.embedded.http_messages import HttpRequest
from fuzz.subjects.reductions.reference_server.reduction import OPERATIONS, ServerLimits
from fuzz.subjects.reductions.reference_server.refusal import Refusal, cut, shown

OPERATION_PATH = re.compile(r"/v([12])/([^/?]+)/?(?:\?.*)?", re.DOTALL)
ALIKE = bytes.maketrans(b"0123456789", b"9" * 10)
# Numbers of fewer digits need no look at how long they are.
MANY_DIGITS = b"9" * 19
VERSIONS = {"1": 1, "2": 2}
SHOWN_CHARACTERS = 60


class RequestReading:
    """The first stage: which operation, and what the body says."""

    limits: ServerLimits

    def route(self, request: HttpRequest) -> tuple[int, str]:
        """Return the API version and operation that the path names."""
        match = OPERATION_PATH.fullmatch(request.target)
        if match is None:
            raise Refusal(404, f"path {shown(request.target)} is unknown; operations are at /v2/<operation>/")
        version, operation = match.groups()
        if operation not in self.operations():
            raise Refusal(404, f"operation {shown(operation)} is unknown; known are {', '.join(self.operations())}")
        if request.method != "POST":
            raise Refusal(405, f"method {shown(request.method)} is not allowed here; use POST")
        return VERSIONS[version], operation

    def operations(self) -> tuple[str, ...]:
        """Return the operations that are served."""
        return OPERATIONS

    def check_content_type(self, request: HttpRequest) -> None:
        """Check that a body says that it is JSON, in no other encoding."""
        value = request.headers.get("content-type", "")
        media_type = value.partition(";")[0].strip().lower()
        if not media_type:
            raise Refusal(400, "header Content-Type: is missing; must be application/json")
        if media_type != "application/json":
            raise Refusal(415, f"header Content-Type: must be application/json, not {shown(value)}")
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding != "identity":
            raise Refusal(415, f"header Content-Encoding: {shown(encoding)} is not supported")

    def read_body(self, body: bytes) -> dict[str, Any]:
        """Return the JSON object in the body."""
        value = self.read_json(self.read_text(body))
        if not isinstance(value, dict):
            raise Refusal(400, f"the body: must be a JSON object, not {shown(value)}")
        return value

    def read_text(self, body: bytes) -> str:
        """Return the body as text."""
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refusal(400, f"the body: byte {error.start} is not UTF-8") from error

    def read_json(self, text: str) -> object:
        """Return the JSON value in a text."""
        decoder = json.JSONDecoder(
            object_pairs_hook=self.read_object,
            parse_float=self.read_decimal,
            parse_int=self.read_whole_number if MANY_DIGITS in text.encode().translate(ALIKE) else int,
            parse_constant=self.read_constant,
        )
        try:
            return decoder.decode(text)
        except RecursionError as error:
            raise Refusal(400, "the body: is nested too deeply") from error
        except json.JSONDecodeError as error:
            place = f"line {error.lineno} column {error.colno}"
            raise Refusal(400, f"the body: is not JSON: {error.msg} at {place}") from error

    def read_object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Read a JSON object, in which each key occurs once."""
        fields = dict(pairs)
        if len(fields) != len(pairs):
            names = [name for name, _ in pairs]
            repeated = next(name for place, name in enumerate(names) if names.index(name) < place)
            raise Refusal(400, f"{cut(repeated, SHOWN_CHARACTERS)}: occurs more than once in one object")
        return fields

    def read_whole_number(self, text: str) -> int:
        """Read a JSON number without fraction and exponent."""
        self.check_digits(text)
        return int(text)

    def read_decimal(self, text: str) -> Decimal:
        """Read a JSON number with a fraction or exponent, exactly.

        One with an absurd exponent becomes infinity or zero.
        """
        self.check_digits(text)
        try:
            return Decimal(text)
        except InvalidOperation:
            # Refused where it stands, so that the field can be named.
            sign = "-" if text.startswith("-") else ""
            tiny = "e-" in text.lower() or not text.lower().partition("e")[0].strip("-0.")
            return Decimal(f"{sign}{'0' if tiny else 'Infinity'}")

    def check_digits(self, text: str) -> None:
        """Refuse numbers of absurd length before they cost time."""
        if len(text) > self.limits.number_digits:
            raise Refusal(400, f"the body: a number of {len(text)} digits exceeds {self.limits.number_digits}")

    def read_constant(self, name: str) -> object:
        """Refuse NaN and the infinities, which are no JSON."""
        raise Refusal(400, f"the body: {name} is not JSON")
