"""Write the scripts of a finding about an object store: a repro.py by boto3's signer, and curl commands to paste."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, Final

from fuzz.findings.finding import Finding
from fuzz.findings.pages import fenced
from fuzz.subject import Scripts
from fuzz.subjects.objects.lazy import bytes_of
from fuzz.subjects.objects.picture import answered, steps_told
from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.signing import Plain, target
from specs.objects.steps import STAYS, Sent, StreamCopy
from specs.objects.words import Memory

MOST_STEPS: Final = 12
MOST_BODY: Final = 2000
SETTINGS: Final = "export STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"
# What earlier answers told has these names in scripts, where it is filled in when they run.
WORDS: Final = ("etag", "upload", "version", "token", "marker", "key-marker", "upload-marker", "version-marker")
HEAD: Final = '''\
"""{title}

{settings}
python repro.py    # prints each answer, and what was due of the last

It makes the buckets {buckets}, and leaves them behind.
"""

import os
import re
import sys
from urllib.parse import quote

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

url, run = os.environ["STORE_URL"].rstrip("/"), os.urandom(4).hex()
keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
told = {{}}


def send(method, target, headers=(), body=b"", called="", sign=True):
    for name, value in told.items():
        target = target.replace("%7B" + name.replace(" ", "%20") + "%7D", quote(value, safe=""))
        headers = [(one, text.replace("{{" + name + "}}", value)) for one, text in headers]
        body = body.replace(("{{" + name + "}}").encode(), value.encode())
    target, headers = target.replace("RUN", run), [(one, text.replace("RUN", run)) for one, text in headers]
    asked = AWSRequest(method, url + target, headers=dict(headers), data=body.replace(b"RUN", run.encode()))
    if sign:
        S3SigV4Auth(keys, "s3", "us-east-1").add_auth(asked)
    came = URLLib3Session(timeout=30).send(asked.prepare())
    print(method, target, came.status_code, dict(came.headers), came.content[:300], sep="\\n   ")
    for word, found in (
        ("etag", came.headers.get("ETag") or _in(came, "ETag")), ("upload", _in(came, "UploadId")),
        ("version", came.headers.get("x-amz-version-id")), ("token", _in(came, "NextContinuationToken")),
        ("marker", _in(came, "NextMarker")),
    ):
        if called and found:
            told[word + " " + called] = found
    return came


def _in(came, name):
    found = re.search(f"<{{name}}>(.*?)</{{name}}>", came.text, re.S)
    return found and found[1].replace("&quot;", '"').replace("&#34;", '"')


{made}
'''


class _Templates(dict[str, str]):
    """Says of everything that is asked for that it is a template, to be filled when the script runs."""

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ARG002
        return f"{{{name}}}"


def scripts(finding: Finding, _profile: object) -> Scripts:
    """Return the scripts that show a finding without the suite."""
    if len(finding.case.steps) > MOST_STEPS or any(map(_is_beyond, finding.case.steps)):
        return Scripts()
    text = _script(finding)
    return Scripts({"repro.py": text}, (SETTINGS, "python repro.py"), tuple(_by_hand(finding)))


def _is_beyond(step: Any) -> bool:
    """Say whether a script cannot send a step: its signature is unusual, or its body is long."""
    content = getattr(step, "content", None)
    long = content is not None and content.size > MOST_BODY
    return (
        long
        or isinstance(step, StreamCopy)
        or step.lane > 0
        or getattr(step, "leaves", STAYS) != STAYS
        or step.sent not in (Sent(), Sent("anonymous"))
    )


def _names(finding: Finding) -> Names:
    logical = {name for step in finding.case.steps for name in (step.bucket, getattr(step, "source_bucket", "a"))}
    return Names("store", {name: f"repro-RUN-{name}" for name in sorted(logical)}, Memory(_Templates()), 0.0)


def _requests(finding: Finding) -> Iterator[tuple[Any, Plain]]:
    names = _names(finding)
    yield from ((step, plain_request(step, names)) for step in finding.case.steps)


def _script(finding: Finding) -> str:
    names = _names(finding)
    lines = [f'send("PUT", "/{bucket}")' for name, bucket in names.buckets.items() if name in ("a", "b")]
    outcomes = (*finding.outcomes, *[None] * len(finding.case.steps))
    for (step, plain), told, outcome in zip(_requests(finding), steps_told(finding.case.steps), outcomes):
        sign = "" if step.sent.by != "anonymous" else ", sign=False"
        called = f", called={step.called!r}" if step.called else ""
        body = f", body={bytes_of(plain.body)!r}" if plain.body else ""
        headers = f", headers={list(plain.headers)!r}" if plain.headers else ""
        lines.append(f"# {_plain_line(told)}: answered {answered(outcome)}")
        lines.append(f"send({plain.method!r}, {target(plain)!r}{headers}{body}{called}{sign})")
    due = f"due: {finding.violation.expected}; came: {finding.violation.actual}"
    lines.append(f"print({due!r})")
    title = _plain_line(finding.violation.title).replace("\\", "/").replace('"', "'")
    return HEAD.format(
        title=title, settings=SETTINGS, buckets=" and ".join(names.buckets.values()), made="\n".join(lines)
    )


def _plain_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _by_hand(finding: Finding) -> Iterator[str]:
    """Yield the requests as curl commands, with `RUN` in names and templates in braces for what was told before."""
    commands = [_curl(step, plain) for step, plain in _requests(finding)]
    yield "By hand, with the variables below set; what stands in braces is what an earlier answer told:\n"
    yield fenced("\n".join([SETTINGS, *commands]), "sh")
    yield ""


def _curl(step: Any, plain: Plain) -> str:
    signed = '--aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
    words = ["-X", plain.method] if plain.method != "HEAD" else ["-I"]
    words += [part for name, value in plain.headers for part in ("-H", f"{name}: {value}")]
    words += ["--data-binary", bytes_of(plain.body).decode("latin-1")] if plain.body else []
    sign = "" if step.sent.by == "anonymous" else signed
    where = f'"$STORE_URL"{shlex.quote(target(plain))}'
    return f"curl -sS -i --path-as-is {sign}{shlex.join(words)} {where}"
