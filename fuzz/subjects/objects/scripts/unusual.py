"""Write what repro.py needs for requests that botocore does not send as they are: signed by hand, and cut short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from fuzz.subjects.objects.scripts.marked import Request
from fuzz.subjects.objects.sending import EXPIRED_SECONDS, OFF_SECONDS, SKEW_SECONDS
from fuzz.subjects.objects.signing import Streamed
from specs.objects.content import Content
from specs.objects.steps import STAYS, STREAMED, Sent

_SIGNATURE: Final = """
def sign(text, day, keys, service):
    made = b"AWS4" + keys.secret_key.encode()
    for part in (day, "us-east-1", service, "aws4_request"):
        made = hmac.digest(made, part.encode(), "sha256")
    return hmac.digest(made, text.encode(), "sha256").hex()


def signature(method, target, headers, payload, when, keys, service="s3"):
    path, _, query = target.partition("?")
    query = "&".join("=".join(one) for one in sorted(part.partition("=")[::2] for part in query.split("&") if part))
    values = {}
    for name, value in headers:
        if name.lower() == "host" or name.lower().startswith("x-amz-"):
            values.setdefault(name.lower(), []).append(re.sub(" +", " ", value.strip()))
    lines = [method, path, query, *(f"{name}:{','.join(values[name])}" for name in sorted(values))]
    whole = "\\n".join([*lines, "", ";".join(sorted(values)), payload])
    scope = f"{when[:8]}/us-east-1/{service}/aws4_request"
    text = "\\n".join(("AWS4-HMAC-SHA256", when, scope, hashlib.sha256(whole.encode()).hexdigest()))
    return scope, ";".join(sorted(values)), sign(text, when[:8], keys, service)


def stamp(seconds_ago):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - seconds_ago))

"""
_IN_HEADER: Final = """
def in_header(method, target, headers, body, keys, payload="", seconds_ago=0, service="s3"):
    when, payload = stamp(seconds_ago), payload or hashlib.sha256(body).hexdigest()
    headers = [*headers, ("x-amz-date", when), ("x-amz-content-sha256", payload)]
    scope, names, made = signature(method, target, headers, payload, when, keys, service)
    told = f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={made}"
    return target, [*headers, ("Authorization", told)], body

"""
_IN_QUERY: Final = """
def in_query(method, target, headers, body, keys, expires="600", seconds_ago=0):
    when = stamp(seconds_ago)
    names = ";".join(sorted({name.lower() for name, _ in headers if name.lower().startswith(("host", "x-amz-"))}))
    asked = {"Algorithm": "AWS4-HMAC-SHA256", "Credential": f"{keys.access_key}/{when[:8]}/us-east-1/s3/aws4_request",
             "Date": when, "Expires": expires, "SignedHeaders": names}
    target += "&" if "?" in target else "?"
    target += "&".join(f"X-Amz-{name}={quote(value, '')}" for name, value in asked.items())
    made = signature(method, target, headers, "UNSIGNED-PAYLOAD", when, keys)[2]
    return f"{target}&X-Amz-Signature={made}", headers, body

"""
_IN_CHUNKS: Final = """
def in_chunks(method, target, headers, body, keys, word, trailer="", fault=""):
    more = [("x-amz-decoded-content-length", str(len(body)))] if fault != "no-decoded-length" else []
    more += [("x-amz-trailer", "x-amz-checksum-crc32")] if trailer else []
    packed = [one for one in headers if one[0].lower() == "content-encoding"]
    more += [(name, f"aws-chunked,{value}") for name, value in packed] or [("Content-Encoding", "aws-chunked")]
    sent = [*(one for one in headers if one not in packed), *more]
    _, sent, _ = in_header(method, target, sent, b"", keys, word)
    when, before = dict(sent)["x-amz-date"], sent[-1][1].rpartition("=")[2]
    scope, signed, frames = f"{when[:8]}/us-east-1/s3/aws4_request", "AWS4" in word, b""

    def chained(kind, data):
        digests = [*[hashlib.sha256().hexdigest()] * (kind == "PAYLOAD"), hashlib.sha256(data).hexdigest()]
        text = "\\n".join([f"AWS4-HMAC-SHA256-{kind}", when, scope, before, *digests])
        return sign(text, when[:8], keys, "s3")

    data = body[:-1] if fault == "too-little-data" else body
    pieces = [data[at : at + 65536] for at in range(0, len(data), 65536)] + [b""]
    for number, piece in enumerate(pieces[:-1] if fault == "no-last-chunk" else pieces):
        before = chained("PAYLOAD", piece)
        told = "0" * 64 if fault == "chunk-signature" and number == 0 else before
        frames += f"{len(piece):x}{f';chunk-signature={told}' if signed else ''}\\r\\n".encode()
        frames += piece + b"\\r\\n" * bool(piece)
    if trailer and fault not in ("trailer-missing", "no-last-chunk"):
        line = f"x-amz-checksum-crc32:{trailer}"
        told = "0" * 64 if fault == "trailer-signature" else chained("TRAILER", f"{line}\\n".encode())
        frames += f"{line}\\r\\n".encode() + f"x-amz-trailer-signature:{told}\\r\\n".encode() * signed
    return target, sent, frames + b"\\r\\n" * (fault != "no-last-chunk")

"""
_CHANGED: Final = """
def changed(sent, name, change):
    target, headers, body = sent
    return target, [(own, change(value) if own.lower() == name else value) for own, value in headers], body

"""
_RAW: Final = """
HOST = ("Host", urlsplit(os.environ["STORE_URL"]).netloc)


def raw(method, target, headers, body, leaves=None, due=0):
    secure = os.environ["STORE_URL"].startswith("https:")
    connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(HOST[1], timeout=60)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in [*headers, *([("Content-Length", str(len(body)))] if body or method in ("PUT", "POST") else [])]:
        connection.putheader(name, value.encode())
    connection.endheaders()
    connection.send(body[:leaves])
    if leaves is not None:
        connection.close()  # the client goes away in the middle of the body
        return time.sleep(1)
    came = connection.getresponse()
    came.status_code, came.content = came.status, came.read()
    came.text = came.content.decode("utf-8", "replace")
    print(method, target, came.status, dict(came.headers), came.content[:300], sep="\\n   ")
    assert not due or came.status // 100 == due, "this was answered otherwise when the bug was found"
    return came

"""
_BLOCKS: Final = (
    ("signature(", _SIGNATURE), ("in_header(", _IN_HEADER), ("in_query(", _IN_QUERY), ("in_chunks(", _IN_CHUNKS),
    ("changed(", _CHANGED), ("raw(", _RAW),
)  # fmt: skip
_METHODS: Final = {"GET": "HEAD", "HEAD": "GET", "PUT": "POST", "POST": "PUT", "DELETE": "GET"}
_FLIPPED: Final = 'value[:-1] + ("0" if value[-1] != "0" else "1")'
# What is changed of a header once the request is signed.
_OF_HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "other-signature": ("authorization", _FLIPPED),
    "other-header": ("x-amz-date", 'value[:-2] + str((int(value[-2]) + 1) % 10) + "Z"'),
    "malformed-header": ("authorization", 'value.replace("SignedHeaders", "Signed")'),
    "other-algorithm": ("authorization", 'value.replace("HMAC-SHA256", "HMAC-MD5")'),
    "other-day": ("authorization", r're.sub(r"/\d{8}/", "/20010101/", value)'),
}
# What is changed of a target that is signed.
_OF_TARGETS: Final[Mapping[str, str]] = {
    "other-signature": _FLIPPED.replace("value", "target"),
    "other-path": '"x?".join(target.split("?", 1)) if "?" in target else target + "x"',
    "other-query": 'target + ("&" if "?" in target else "?") + "max-keys=7"',
    "expires-missing": 're.sub("&X-Amz-Expires=[0-9]*", "", target)',
}
_PARAMETERS: Final[Mapping[str, str]] = {
    "skewed": f"seconds_ago={SKEW_SECONDS}",
    "other-service": 'service="ec2"',
    "payload-word": 'payload="not-a-hash"',
    "payload-hash": 'payload="0" * 64',
    "expired": f'expires="60", seconds_ago={EXPIRED_SECONDS}',
    "expires-zero": 'expires="0"',
    "expires-too-long": 'expires="604801"',
}


def blocks(text: str) -> str:
    """Return the functions that the lines of a script use."""
    used = {name for name, _ in _BLOCKS if name in text}
    if "in_chunks(" in used:
        used.add("in_header(")
    if used & {"in_header(", "in_query("}:
        used.add("signature(")
    return "".join(block for name, block in _BLOCKS if name in used)


def is_unusual(one: Request) -> bool:
    """Say whether botocore does not send a request as it is: by its signing, its client, or its headers."""
    names = [name.lower() for name, _ in one.headers]
    values = [piece for _, value in one.headers for piece in value if isinstance(piece, str)]
    return (
        one.step.sent.signing != "header"
        or bool(one.step.sent.fault)
        or getattr(one.step, "leaves", STAYS) != STAYS
        or len(set(names)) < len(names)
        or not all(value.isascii() and value.isprintable() for value in values)
    )


def sending(one: Request, words: tuple[str, str, str, str], came: str, due: int = 0) -> Iterator[str]:
    """Yield the lines that sign and send a request; `words` are its target, headers, body and keys as expressions."""
    target, headers, body, keys = words
    sent: Sent = one.step.sent
    yield f"sent = {_signed(sent, one.method, target, headers, body, keys)}"
    yield from _broken(sent)
    leaves = getattr(one.step, "leaves", STAYS)
    content: Content | None = getattr(one.step, "content", None)
    method = _METHODS[one.method] if sent.fault == "other-method" else one.method
    more = f", due={due}" if due else ""
    if leaves != STAYS and content is not None:
        more = f", leaves={min(leaves, max(1, content.size) - 1)}"
    yield f"{came}raw({method!r}, *sent{more})"


def _signed(sent: Sent, method: str, target: str, headers: str, body: str, keys: str) -> str:
    """Return the expression of a target, headers and a body that are signed as a step says."""
    asked = f"{method!r}, {target}, {headers}, {body or repr(b'')}, {keys}"
    if sent.by == "anonymous":
        return f"{target}, {headers}, {body or repr(b'')}"
    parameter = f", {_PARAMETERS[sent.fault]}" if sent.fault in _PARAMETERS else ""
    if sent.signing == "presigned":
        return f"in_query({asked}{parameter})"
    if sent.signing not in STREAMED:
        unsigned = ', payload="UNSIGNED-PAYLOAD"' if sent.signing == "unsigned-payload" and not parameter else ""
        off = f", seconds_ago={-OFF_SECONDS[sent.signing]}" if sent.signing in OFF_SECONDS and not parameter else ""
        return f"in_header({asked}{unsigned}{off}{parameter})"
    word = Streamed(sent.signing != "unsigned-trailer", None if sent.signing == "chunks" else ("", "")).word
    summed = f"{body or repr(b'')}{' + ' + repr(b'!') if sent.fault == 'trailer-checksum' else ''}"
    trailer = f'base64.b64encode(zlib.crc32({summed}).to_bytes(4, "big")).decode()'
    more = "" if sent.signing == "chunks" else f", trailer={trailer}"
    fault = f", fault={sent.fault!r}" if sent.fault else ""
    return f"in_chunks({asked}, {word!r}{more}{fault})"


def _broken(sent: Sent) -> Iterator[str]:
    """Yield the lines that break a signed request."""
    if sent.signing != "presigned" and sent.fault in _OF_HEADERS:
        name, change = _OF_HEADERS[sent.fault]
        yield f"sent = changed(sent, {name!r}, lambda value: {change})"
    elif sent.fault in _OF_TARGETS:
        yield "target, *others = sent"
        yield f"sent = ({_OF_TARGETS[sent.fault]}, *others)"
    elif sent.fault == "no-date":
        yield 'sent = sent[0], [one for one in sent[1] if one[0].lower() != "x-amz-date"], sent[2]'
