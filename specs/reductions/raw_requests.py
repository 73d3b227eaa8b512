"""Read raw bytes as a request: find what the envelope forbids, allows, or leaves to the request inside."""

from __future__ import annotations

import base64
import binascii
import posixpath
from dataclasses import dataclass
from urllib.parse import unquote, unquote_to_bytes

from specs import json_text
from specs.fields import Fields
from specs.reductions.expectation import Rejection, breaking
from specs.reductions.locators import LOCATORS
from specs.reductions.profile import Profile
from specs.reductions.refusals import RefusalClass
from specs.reductions.request import OPERATIONS
from specs.reductions.rules import Rule
from specs.reductions.steps import Credential, Send, SendRaw

COMMON_METHODS = ("GET", "HEAD", "PUT", "DELETE", "PATCH")
HEADER_BYTES_ALL_TAKE = 4096
HEADERS_ALL_TAKE = 50
BODY_BYTES_ALL_TAKE = 100_000
FRAMING_HEADERS = ("content-length", "transfer-encoding", "host", "connection", "expect", "upgrade")

FRAMING = breaking(Rule.HTTP_FRAMING, RefusalClass.FRAMING)
TOO_LARGE = breaking(Rule.TOO_LARGE, RefusalClass.TOO_LARGE)
BAD_JSON = breaking(Rule.NOT_JSON, RefusalClass.BAD_REQUEST)
BAD_TYPE = breaking(Rule.CONTENT_TYPE, RefusalClass.WRONG_TYPE)
UNKNOWN_PATH = breaking(Rule.UNKNOWN_PATH, RefusalClass.UNKNOWN_PATH)
# A path that is no text is unknown too.
ODD_PATH = Rejection(frozenset({Rule.UNKNOWN_PATH, Rule.HTTP_FRAMING}), frozenset({RefusalClass.ODD_PATH}))
WRONG_METHOD = breaking(Rule.WRONG_METHOD, RefusalClass.WRONG_METHOD)
ODD_METHOD = breaking(Rule.ODD_METHOD, RefusalClass.ODD_METHOD)
FOREIGN_AUTHORIZATION = breaking(Rule.FOREIGN_AUTHORIZATION, RefusalClass.FOREIGN_AUTHORIZATION)


@dataclass(frozen=True, slots=True)
class RawReading:
    """Rejections that are due whatever the body; doubts that allow a rejection; and the request inside, if any.

    `why` says why nothing is specified; `doubted` are the rules that the envelope breaks by some readings of the API.
    """

    send: Send | None = None
    rejections: tuple[Rejection, ...] = ()
    doubts: tuple[Rejection, ...] = ()
    why: str = ""
    doubted: frozenset[Rule] = frozenset()

    def credentials(self, step: SendRaw) -> Credential | None:
        """Return the credentials of the request inside; None if its Authorization header is refused unread."""
        if self.send is not None:
            return self.send.credentials
        return None if self.rejections else step.credentials


def _left_open(why: str, doubted: Rule) -> RawReading:
    """Return the reading of an envelope that some readings of the API forbid by a rule."""
    return RawReading(why=why, doubted=frozenset({doubted}))


def read_raw(step: SendRaw, profile: Profile) -> RawReading:
    """Decide what a server may do with a raw request, as far as the envelope says."""
    headers = [(name.strip().lower(), value) for name, value in step.headers]
    if _framing_is_odd(step, headers):
        return _left_open("unusual HTTP framing", Rule.HTTP_FRAMING)
    rejections: list[Rejection] = []
    doubts: list[Rejection] = []
    operation = _operation(step.path, profile)
    if operation is None:
        if _operation(_normalised(step.path), profile) or _foreign_version(step.path):
            return _left_open("a path that servers may normalise", Rule.UNKNOWN_PATH)
        if step.method in ("GET", "HEAD") and not _normalised(step.path).startswith(f"/{profile.api}/"):
            return _left_open("perhaps a page of the server's own", Rule.UNKNOWN_PATH)
        rejections.append(UNKNOWN_PATH if _is_text(step.path) else ODD_PATH)
    if step.method != "POST":
        if step.method == "OPTIONS":
            return _left_open("OPTIONS has a meaning of its own", Rule.ODD_METHOD)
        rejections.append(WRONG_METHOD if step.method in COMMON_METHODS else ODD_METHOD)
    if (
        sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES_ALL_TAKE
        or len(headers) > HEADERS_ALL_TAKE
    ):
        doubts.append(TOO_LARGE)
    if len(step.body) > BODY_BYTES_ALL_TAKE:
        doubts.append(TOO_LARGE)
    doubts += _content_type_doubts(headers)
    authorization = _authorization(step, headers)
    if authorization.why or rejections:
        refused = (*rejections, *_allowed_too(step, doubts, authorization))
        return RawReading(None, refused, (), authorization.why, authorization.doubted)
    return _with_body(step, operation or "", profile, authorization, doubts)


def _is_text(path: str) -> bool:
    """Say whether a path is text: its bytes, the escaped ones too, are UTF-8."""
    try:
        unquote_to_bytes(path.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _allowed_too(step: SendRaw, doubts: list[Rejection], authorization: RawReading) -> tuple[Rejection, ...]:
    """List other faults of the request, any of which a server may notice first."""
    body_faults = () if _is_json(step.body) else (BAD_JSON,)
    return (*doubts, *authorization.rejections, *body_faults)


def _is_json(body: bytes) -> bool:
    try:
        json_text.parse(body)
    except json_text.NotJson:
        return False
    return True


def _with_body(
    step: SendRaw, operation: str, profile: Profile, authorization: RawReading, doubts: list[Rejection]
) -> RawReading:
    try:
        text = json_text.parse(step.body)
    except json_text.NotJson:
        return RawReading(None, (BAD_JSON, *doubts, *authorization.rejections))
    if text.doubts:
        return _left_open(text.doubts[0], Rule.NOT_JSON)
    if not isinstance(text.value, dict):
        return RawReading(None, (BAD_JSON, *doubts, *authorization.rejections))
    located = LOCATORS[profile.api]
    send = Send(
        operation,
        Fields(text.value),
        step.key,
        step.bucket,
        "s3",  # which is what `{url}` stands for in a raw body, whatever the body says of it
        authorization.credentials(step),
        tuple(name for name in located if name not in text.value),
    )
    return RawReading(send, authorization.rejections, (*doubts, *authorization.doubts))


def _operation(path: str, profile: Profile) -> str | None:
    for name in OPERATIONS:
        if path in (f"/{profile.api}/{name}", f"/{profile.api}/{name}/"):
            return name
    return None


def _normalised(path: str) -> str:
    decoded = unquote(path.split("?")[0].split("#")[0]).strip().lower()
    return posixpath.normpath("/" + decoded.lstrip("/").split(";")[0])


def _foreign_version(path: str) -> bool:
    return any(_normalised(path) == f"/{api}/{name}" for api in ("v1", "v2") for name in OPERATIONS)


def _framing_is_odd(step: SendRaw, headers: list[tuple[str, str]]) -> bool:
    if any(name in FRAMING_HEADERS for name, _ in headers):
        return True
    text = [step.method, step.path, *(part for pair in step.headers for part in pair)]
    plain = all(part.isascii() and part.isprintable() for part in text)
    tokens = all(name and not set(name) & set(' :"(),/;<=>?@[]{}\\') for name, _ in step.headers)
    return not plain or not tokens or not step.method.isalpha() or not step.path.startswith("/") or " " in step.path


def _content_type_doubts(headers: list[tuple[str, str]]) -> list[Rejection]:
    types = [value for name, value in headers if name == "content-type"]
    return [] if len(types) == 1 and _is_json_type(types[0]) else [BAD_TYPE]


def _is_json_type(value: str) -> bool:
    """Say whether a content type is JSON's, in UTF-8 if a charset is given; upper and lower case are the same."""
    kind, *parameters = (part.strip().lower() for part in value.split(";"))
    return kind == "application/json" and all(one in ("charset=utf-8", 'charset="utf-8"') for one in parameters)


def _authorization(step: SendRaw, headers: list[tuple[str, str]]) -> RawReading:
    """Read an Authorization header: foreign unless it is well-formed Basic, whose secret is then unknown."""
    given = [value for name, value in headers if name == "authorization"]
    if not given:
        return RawReading()
    if len(given) > 1:
        return _left_open("two Authorization headers", Rule.FOREIGN_AUTHORIZATION)
    scheme, _, rest = given[0].strip().partition(" ")
    if scheme.lower() != "basic":
        return RawReading(rejections=(FOREIGN_AUTHORIZATION,))
    try:
        name, colon, _ = base64.b64decode(rest.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return RawReading(rejections=(FOREIGN_AUTHORIZATION,))
    if not colon:
        return RawReading(rejections=(FOREIGN_AUTHORIZATION,))
    if not name:
        return _left_open("Basic credentials in an unusual form", Rule.FOREIGN_AUTHORIZATION)
    return RawReading(Send("sum", Fields(), step.key, step.bucket, credentials="unknown"))
