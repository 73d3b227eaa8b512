"""Draw requests below JSON: bodies, headers, methods and paths that no honest client sends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType

from specs.case import Case
from specs.fields import Json
from specs.reductions.locators import LOCATORS, usual_locators
from specs.reductions.profile import Profile
from specs.reductions.request import OPERATIONS as REDUCTIONS
from specs.reductions.steps import Put, SendRaw, Step
from strategies.drawing import Draw, binary, booleans, composite, integers, lists
from strategies.reductions.requests import below, sampled

MOST_RAW = 6
MOST_BODY_BYTES = 8 * 2**20
JSON_TYPE = ("Content-Type", "application/json")
NOT_JSON = (
    b"not json", b"{", b"}", b"{'dtype': 'int32'}", b"<xml/>", b"dtype=int32", b"{\"dtype\": }", b"[1, 2", b"{,}",
    b"\x00", b"{\"dtype\": int32}", b"nul", b"--", b"{}{}", b"\xff\xfe", b"{\"a\": \"\x01\"}",
)  # fmt: skip
NOT_OBJECTS = (b"null", b"[]", b"0", b'"{}"', b"true", b"[{}]", b"1e999", b"-0")
TYPES = (
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "",
    "application/json; charset=utf-16", "application/jsonx", "json", "application/octet-stream", "*/*", "application/",
    "application/json, text/plain", ";", "application/cbor", "text/json",
)  # fmt: skip
TELLING_TYPES = ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8")
METHODS = ("GET", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "post", "BREW", "CONNECT", "POSTPOST")
PATHS = (
    "/", "/v2", "/v2/", "/v1/", "/v3/sum/", "/sum/", "/favicon.ico", "/v2/sum/extra/", "/v2/sum/../min/",
    "/../etc/passwd", "/v2/%73um/", "/v2/sum%2F", "/v2/sum?x=1", "/v2/sum/?", "/v2/sum;x", "/%00", "/v2/%",
    "/v2/%ff/", "/metrics/", "/schema",
)  # fmt: skip
OPERATIONS = ("mean", "SUM", "Sum", "sums", "su", "cOUNT", "select ", "min,max", "median", "é", "%C3%A9", "..", "null")
DOUBLED = ("//{api}/{operation}/", "/{api}//{operation}/", "/{api}/{operation}//", "//{api}//{operation}//")
FOREIGN = (
    "Bearer abc", "Digest username=\"a\"", "AWS4-HMAC-SHA256 Credential=a", "Negotiate", "Basic", "", "basic",
    "Token x", "Bearer", "AWS a:b", "Basic  ", "Basic =", "Basic !!!!", "Basic YQ", "Basic YQ==",
    "Basic bm9jb2xvbg==", "Basic Og==", "Basic OnNlY3JldA==", "Basic a2V5Og==", "Basic /////w==", "Basic YTpi YTpi",
    "Basic: YTpi",
)  # fmt: skip


def usual_body(profile: Profile, **changes: Json) -> bytes:
    """Return a valid body about the object `a`, whose place the executor fills in."""
    dtype = next((one for one in profile.dtypes if one.endswith("32")), profile.dtypes[0])
    return json.dumps({**usual_locators(profile.api), "dtype": dtype, **changes}).encode()


def usual_path(profile: Profile, operation: str) -> str:
    return f"/{profile.api}/{operation}/"


def named_by(path: str) -> tuple[str, str] | None:
    """Return the API's version and the operation that a usual path names."""
    match path.split("/"):
        case ["", api, operation, ""] if api in LOCATORS and operation in REDUCTIONS:
            return api, operation
    return None


def _sent(
    profile: Profile,
    *,
    path: str | None = None,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (JSON_TYPE,),
    body: bytes | None = None,
    anonymous: bool = False,
) -> SendRaw:
    return SendRaw(
        method,
        usual_path(profile, profile.operations[-1]) if path is None else path,
        headers,
        usual_body(profile) if body is None else body,
        credentials=None if anonymous else "owner",
    )


Raw = Callable[[Draw, Profile], SendRaw]


def _not_json(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(profile, body=draw(sampled(NOT_JSON)))


def _not_an_object(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(profile, body=draw(sampled(NOT_OBJECTS)))


def _empty(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(profile, body=draw(sampled((b"", b" ", b"\r\n", b"{}"))))


def _truncated(draw: Draw, profile: Profile) -> SendRaw:
    body = usual_body(profile)
    return _sent(profile, body=body[: draw(integers(1, len(body) - 1))])


def _trailing_text(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(profile, body=usual_body(profile) + draw(sampled((b" x", b"{}", b",", b"}", b"\0", b" null", b"\n1"))))


def _encoded_otherwise(draw: Draw, profile: Profile) -> SendRaw:
    text = usual_body(profile).decode()
    odd = draw(sampled(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp037", "utf-7")))
    return _sent(profile, body=(text.replace("dtype", "dtypé") if odd == "latin-1" else text).encode(odd))


def _byte_order_mark(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(
        profile, body=draw(sampled((b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b"\xfe\xff"))) + usual_body(profile)
    )


def _content_type(draw: Draw, profile: Profile) -> SendRaw:
    kind = draw(sampled((None, *TYPES, *TELLING_TYPES)))
    return _sent(profile, headers=() if kind is None else (("Content-Type", kind),))


def _method(draw: Draw, profile: Profile) -> SendRaw:
    body = draw(sampled((None, b"")))
    return _sent(profile, method=draw(sampled(METHODS)), body=body)


def _path(draw: Draw, profile: Profile) -> SendRaw:
    path = draw(sampled(PATHS)).replace("/v2/", f"/{profile.api}/")
    return _sent(profile, path=path, method=draw(sampled(("POST", "POST", "GET"))))


def _operation(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(profile, path=usual_path(profile, draw(sampled(OPERATIONS))))


def _slashes(draw: Draw, profile: Profile) -> SendRaw:
    path = draw(sampled(DOUBLED)).format(api=profile.api, operation=draw(sampled(profile.operations)))
    return _sent(profile, path=path)


def _large_body(draw: Draw, profile: Profile) -> SendRaw:
    """Draw a body a little or far beyond the size that all servers take: spaces, long strings or lists, nesting."""
    size = draw(sampled((100_001, 2**20 + 1, 2 * 2**20 + 1, MOST_BODY_BYTES)))
    kind = draw(below(4))
    if kind == 0:
        return _sent(profile, body=usual_body(profile) + b" " * size)
    if kind == 1:
        return _sent(profile, body=usual_body(profile, dtype="x" * size))
    if kind == 2:
        return _sent(profile, body=usual_body(profile)[:-1] + b', "shape": [' + b"1," * (size // 2) + b"1]}")
    return _sent(profile, body=b"[" * size)


def _nested(draw: Draw, profile: Profile) -> SendRaw:
    depth = draw(sampled((64, 127, 129, 1000, 20_000)))
    inner = b"[" * depth + b"]" * depth if draw(booleans()) else b'{"a":' * depth + b"0" + b"}" * depth
    return _sent(profile, body=usual_body(profile)[:-1] + b', "shape": ' + inner + b"}")


def _authorization(draw: Draw, profile: Profile) -> SendRaw:
    value = draw(sampled((*FOREIGN, "Basic " + base64.b64encode(b"a:" + b"b" * 3000).decode())))
    return _sent(profile, headers=(JSON_TYPE, ("Authorization", value)), anonymous=True)


def _long_header(draw: Draw, profile: Profile) -> SendRaw:
    size = draw(sampled((5000, 9000, 17_000, 70_000, 300_000)))
    if draw(booleans()):
        return _sent(profile, path=usual_path(profile, profile.operations[0]) + "?" + "x" * size)
    return _sent(profile, headers=(JSON_TYPE, ("X-Long", "x" * size)))


def _many_headers(draw: Draw, profile: Profile) -> SendRaw:
    count = draw(sampled((60, 101, 129, 1000)))
    return _sent(profile, headers=(JSON_TYPE, *((f"X-{number}", "x") for number in range(count))))


def _framing(draw: Draw, profile: Profile) -> SendRaw:
    """Draw lengths and encodings of the body that contradict each other or the body."""
    length = str(len(usual_body(profile)))
    chunked = ("Transfer-Encoding", "chunked")
    bodies = {
        b"sound": b"%x\r\n%s\r\n0\r\n\r\n" % (len(usual_body(profile)), usual_body(profile)),
        b"odd": b"zz\r\n\r\n",
    }
    odd: tuple[tuple[tuple[tuple[str, str], ...], bytes | None], ...] = (
        ((("Content-Length", "0"), ("Content-Length", "5")), b"12345"),
        ((("Content-Length", "-1"),), None),
        ((("Content-Length", "abc"),), None),
        ((("Content-Length", f"+{length}"),), None),
        ((("Content-Length", "99999999999999999999999"),), None),
        ((chunked,), bodies[b"sound"]),
        ((chunked,), bodies[b"odd"]),
        ((chunked, ("Content-Length", "5")), bodies[b"sound"]),
        ((("Transfer-Encoding", "gzip"),), None),
        ((("Expect", "100-continue"),), None),
        ((("Expect", "something"),), None),
        ((("Host", ""),), None),
        ((("Host", "a"), ("Host", "b")), None),
        ((("Connection", "Upgrade"), ("Upgrade", "websocket")), None),
    )
    headers, body = odd[draw(below(len(odd)))]
    return _sent(profile, headers=(JSON_TYPE, *headers), body=body)


def _arbitrary(draw: Draw, profile: Profile) -> SendRaw:
    return _sent(profile, body=draw(binary(max_size=200)))


def _usual(draw: Draw, profile: Profile) -> SendRaw:
    """Draw a sound request, with or without a final slash in its path, to see that the server still answers."""
    path = usual_path(profile, draw(sampled(profile.operations)))
    return _sent(profile, path=path if draw(booleans()) else path.rstrip("/"))


RAW: Mapping[str, Raw] = MappingProxyType(
    {
        "usual": _usual,
        "not JSON": _not_json,
        "not an object": _not_an_object,
        "empty body": _empty,
        "truncated JSON": _truncated,
        "trailing text": _trailing_text,
        "encoded otherwise": _encoded_otherwise,
        "byte-order mark": _byte_order_mark,
        "content type": _content_type,
        "method": _method,
        "path": _path,
        "operation": _operation,
        "slashes": _slashes,
        "large body": _large_body,
        "nested JSON": _nested,
        "authorization": _authorization,
        "long header": _long_header,
        "many headers": _many_headers,
        "framing": _framing,
        "arbitrary bytes": _arbitrary,
    }
)


# These kinds take as long as dozens of others.
COSTLY = ("large body", "nested JSON", "long header", "many headers")
OFTEN = 4


@composite
def raw_requests(draw: Draw, profile: Profile, *, kinds: tuple[str, ...] = tuple(RAW), most: int = MOST_RAW) -> Case:
    """Draw a small object and raw requests; the notes name the kind of each."""
    weighted = tuple(name for name in kinds for _ in range(1 if name in COSTLY else OFTEN))
    names = draw(lists(sampled(weighted), min_size=1, max_size=most))
    steps: list[Step] = [Put("a", bytes(range(16)))]
    steps += [RAW[name](draw, profile) for name in names]
    return Case("raw", tuple(steps), tuple(names))
