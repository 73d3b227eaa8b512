"""Write the repro.py of a finding about an object store: send each request, and compare the last answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from fuzz.findings.finding import Finding
from fuzz.subjects.objects.picture import due_told
from fuzz.subjects.objects.scripts.due import ERROR, DueAnswer, Fact, Statuses, before_due
from fuzz.subjects.objects.scripts.marked import Piece, Place, Request, buckets, places
from fuzz.subjects.objects.scripts.unusual import blocks, is_unusual, sending
from specs.objects.content import Content
from specs.objects.model.judging import FIRST_BUCKETS
from specs.objects.profile import Profile
from specs.outcome import Reply

MOST_BODY: Final = 2000
ELEMENTS: Final = {
    "upload": "UploadId", "token": "NextContinuationToken", "marker": "NextMarker", "key-marker": "NextKeyMarker",
    "upload-marker": "NextUploadIdMarker", "version-marker": "NextVersionIdMarker",
}  # fmt: skip
HEADERS: Final = {"etag": "ETag", "version": "x-amz-version-id", "modified": "Last-Modified"}
KEYS: Final = {
    "owner": "",
    "anonymous": "keys=None",
    "second": 'keys=Credentials(os.environ["SECOND_ACCESS_KEY_ID"], os.environ["SECOND_SECRET_ACCESS_KEY"])',
    "unknown": 'keys=Credentials("UNKNOWN", "unknown")',
    "wrong-secret": 'keys=Credentials(OWNER.access_key, "wrong")',
}
_HEAD: Final = '''\
"""{title}

export STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…{second}
python repro.py  # exits with 1: the bug is there, 0: it is fixed, 3: the store cannot be used; its buckets stay"""
import {imports}

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

sys.excepthook = lambda *error: (sys.__excepthook__(*error), os._exit(3))
OWNER = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


def send(method, target, headers=(), body=b"", keys=OWNER, due=0):
    asked = AWSRequest(method, os.environ["STORE_URL"].rstrip("/") + target, dict(headers), body)
    if keys:
        S3SigV4Auth(keys, "s3", "us-east-1").add_auth(asked)
    came = URLLib3Session(timeout=60).send(asked.prepare())
{shown}    assert not due or came.status_code // 100 == due, "this was answered otherwise when the bug was found"
    return came

'''
_SHOWN: Final = """\
    print(method, target, came.status_code, dict(came.headers), came.content[:300], sep="\\n   ")
"""
_TEXTS: Final = """
def texts(came, entry, name):
    within = re.findall(f"<{entry}>(.*?)</{entry}>", came.text, re.S) if entry else [came.text]
    return [html.unescape(one) for part in within for one in re.findall(f"<{name}>(.*?)</{name}>", part, re.S)]

"""
_CONTENT: Final = """
def content(seed, size):
    table = np.frombuffer(hashlib.shake_256(b"content").digest(262144), "<u8")
    words = (hashlib.blake2b(f"{seed}/{at}".encode(), digest_size=8).digest() for at in range(size // 262144 + 1))
    return b"".join((table ^ np.frombuffer(word, "<u8")).tobytes() for word in words)[:size]

"""


def python_script(finding: Finding, sent: Sequence[Request], due: DueAnswer, profile: Profile) -> str:
    """Return the script."""
    *earlier, last = sent
    named = buckets([one.step for one in sent])
    made = [f'{variable(name)} = "repro-{name.lower()}-" + os.urandom(4).hex()' for name in named]
    made += [f"send('PUT', f'/{{{variable(name)}}}', due=2)" for name in named if name in FIRST_BUCKETS]
    referred = {place.name for place in places(sent)} | {fact.name for fact in due.facts if fact.kind == "as-told"}
    made += [line for one in earlier for line in _earlier(one, finding, profile, referred)]
    made += [*_asked(last, finding), *_compared(due, finding)]
    return script_of(finding, "\n".join(made))


def script_of(finding: Finding, text: str, own: str = "", shown: str = _SHOWN) -> str:
    """Return a script with these lines, after the functions that they use and those of its own; `shown` may be empty.

    What is shown of each answer is printed by the lines of `shown`.
    """
    uses = own + text
    parts = (_TEXTS if "texts(" in uses else "", _CONTENT if "content(" in text else "", blocks(text), own)
    return _head(finding, text + "".join(parts), shown) + "".join(parts) + "\n" + text + "\n"


def variable(bucket: str) -> str:
    """Return the name of the variable that holds a bucket's name."""
    return "bucket_" + re.sub(r"\W", "_", bucket)


def _head(finding: Finding, text: str, shown: str) -> str:
    """Return the head of the script, with the imports that its text needs."""
    needed = [name for name in ("base64", "hashlib", "hmac", "html", "http.client") if f"{name}." in text] + ["os"]
    needed += [name for name in ("re", "sys", "threading", "time", "zlib") if f"{name}." in text or name == "sys"]
    lines = [", ".join(needed)]
    lines += ["from concurrent.futures import ThreadPoolExecutor"] if "ThreadPoolExecutor(" in text else []
    lines += ["from email.utils import formatdate"] if "formatdate(" in text else []
    quoting = [name for name in ("quote", "unquote_plus", "urlsplit") if f"{name}(" in text]
    lines += [f"from urllib.parse import {', '.join(quoting)}"] if quoting else []
    lines += ["", "import numpy as np"] if "np." in text else []
    title = _printable(finding.violation.title).replace("\\", "/").replace('"', "'")
    second = " SECOND_ACCESS_KEY_ID=… SECOND_SECRET_ACCESS_KEY=…" if "SECOND_" in text else ""
    return _HEAD.format(title=title, imports="\n".join(lines), second=second, shown=shown)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _earlier(one: Request, finding: Finding, profile: Profile, referred: set[str]) -> Iterator[str]:
    named = f"came{one.number} = " if str(one.number) in referred else ""
    yield from called(one, named, due=next(before_due(one, finding, profile), 0))


def _asked(last: Request, finding: Finding) -> Iterator[str]:
    """Yield the lines that send the last request; where no answer came, none is the bug."""
    if isinstance(finding.outcomes[last.number - 1], Reply):
        yield from called(last, "came = ")
        return
    yield "try:"
    yield from (f"    {line}" for line in called(last, "came = "))
    yield "except Exception as error:"
    yield '    sys.exit(f"expected an answer, got none: {error}")'


def called(one: Request, came: str, due: int = 0) -> Iterator[str]:
    """Yield the lines that send a request."""
    body, keys = _body(one), KEYS[one.step.sent.by]
    if is_unusual(one):
        pairs = ", ".join(f"({name!r}, {literal(value)})" for name, value in one.headers)
        headers = f"[HOST, {pairs}]" if pairs else "[HOST]"
        yield from sending(one, (literal(one.target), headers, body, keys.removeprefix("keys=") or "OWNER"), came, due)
        return
    words = [repr(one.method), literal(one.target)]
    if one.headers:
        words.append("{" + ", ".join(f"{name!r}: {literal(value)}" for name, value in one.headers) + "}")
    words += [f"body={body}"] if body else []
    words += [keys] if keys else []
    words += [f"due={due}"] if due else []
    yield f"{came}send({', '.join(words)})"


def _body(one: Request) -> str:
    own = getattr(one.step, "content", None)
    if isinstance(own, Content) and own.fill:
        text = f"{own.text!r} + " if own.text else ""
        return f"{text}content({own.seed}, {own.fill})"
    if any(isinstance(piece, Place) for piece in one.body):
        return f"({literal(one.body)}).encode()"
    whole = "".join(piece for piece in one.body if isinstance(piece, str))
    return repr(whole.encode("utf-8", "surrogateescape")) if whole else ""


def literal(text: Sequence[Piece]) -> str:
    """Return a text as a Python literal, with expressions in its places."""
    if all(isinstance(piece, str) for piece in text):
        return repr("".join(map(str, text)))
    if all(isinstance(piece, str) or piece.word == "bucket" for piece in text):
        braces = str.maketrans({"{": "{{", "}": "}}"})
        return "f" + repr("".join(p.translate(braces) if isinstance(p, str) else f"{{{filled(p)}}}" for p in text))
    return " + ".join(filled(piece) if isinstance(piece, Place) else repr(piece) for piece in text)


def filled(place: Place) -> str:
    """Return the expression for what a place is filled with."""
    if place.word == "bucket":
        return variable(place.name)
    if place.word == "now":
        return f"formatdate(time.time() + {float(place.name):.0f}, usegmt=True)"
    came = f"came{place.name}"
    told = f'texts({came}, "", "{ELEMENTS[place.word]}")[0]' if place.word in ELEMENTS else _header(came, place.word)
    if place.word in ("marker", "key-marker"):
        told = f"unquote_plus({told})"
    return f'quote({told}, "")' if place.escaped else told


def _header(came: str, word: str) -> str:
    plain = f'{came}.headers["{HEADERS[word]}"]'
    return f'({came}.headers.get("ETag") or texts({came}, "", "ETag")[0])' if word == "etag" else plain


def _compared(due: DueAnswer, finding: Finding) -> Iterator[str]:
    """Yield the lines that compare the last answer with what is due, and end the script."""
    yield 'assert came.status_code not in (429, 503), "the store asks to come again later"'
    right = admitted(due.statuses, "came.status_code")
    if due.facts:
        facts = " and ".join(FACTS[fact.kind](fact) for fact in due.facts)
        exact = due.statuses == ((due.compared, due.compared),)
        right = f"{right} and {facts}" if exact else f"{facts} if came.status_code == {due.compared} else {right}"
    yield f"right = {right}"
    yield f'print("expected", {due_told(finding)!r}, "\\nnow     ", "right" if right else "wrong")'
    yield "sys.exit(not right)"


def admitted(statuses: Statuses, status: str) -> str:
    """Return the expression that says whether a status is one of these."""
    plain = [low for low, high in statuses if low == high]
    ranges = [f"{low} <= {status} <= {high}" for low, high in statuses if low != high]
    ranges += [f"{status} == {plain[0]}"] if len(plain) == 1 else [f"{status} in {tuple(plain)}"] if plain else []
    return ranges[0] if len(ranges) == 1 else f"({' or '.join(ranges)})"


def _of_body(fact: Fact) -> str:
    assert isinstance(fact.due, bytes)
    if len(fact.due) <= MOST_BODY:
        return f"came.content == {fact.due!r}"
    return f'hashlib.sha256(came.content).hexdigest() == "{hashlib.sha256(fact.due).hexdigest()}"'


def _of_header(fact: Fact) -> str:
    return f"came.headers.get({fact.name!r}) {'is' if fact.due is None else '=='} {fact.due!r}"


def _of_texts(fact: Fact) -> str:
    assert isinstance(fact.due, tuple)
    entry, _, name = fact.name.rpartition("/")
    read = f"texts(came, {entry!r}, {name!r})"
    if name in ("Key", "Prefix"):
        read = f"[unquote_plus(one) if '<EncodingType>' in came.text else one for one in {read}]"
    return f"{read} == {list(fact.due)!r}"


FACTS: Final[Mapping[str, Callable[[Fact], str]]] = {
    "header": _of_header,
    "body": _of_body,
    "texts": _of_texts,
    "code": lambda fact: f'"<Code>{fact.due!s}</Code>" in came.text',
    "other-body": lambda fact: f"not ({_of_body(fact)})",
    "no-document": lambda fact: f'"<{fact.name}" not in came.text',
    "error": lambda _fact: f"re.search({ERROR.pattern!r}, came.text, re.S) is not None",
    "document": lambda fact: f'"<{fact.name}" in came.text',
    "as-told": lambda fact: f"came.headers.get({fact.due!r}) == came{fact.name}.headers[{fact.due!r}]",
}
