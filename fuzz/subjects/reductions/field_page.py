"""Write the page of a profile's known findings, for the authors of the server."""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from fuzz.findings.field_page import PageManner, field_page
from fuzz.findings.reported import Reported
from fuzz.subjects.reductions.scripts.curl_script import judge_text
from fuzz.subjects.reductions.scripts.plan import takes_bad_store
from specs.fields import Fields
from specs.manners import WELL, a_store
from specs.reductions import requirements
from specs.reductions.locators import usual_locators
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.spellings import PLAINLY, a_spelling

SETUP = """\
Any S3 store will do. Without one, `asfuzz serve --store-port 9000` starts one with the keys below. Paste this once; it
makes a bucket that anybody may read, and has answers printed as text. In what is printed, … stands for what differs
from run to run.

```sh
SERVER=http://127.0.0.1:8080 S3=http://127.0.0.1:9000 KEY=asfuzz SECRET=not/a+secret:%2B=
s3() { curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$KEY:$SECRET" -H x-amz-content-sha256:UNSIGNED-PAYLOAD "$@"; }
ask() { op=$1; shift; curl -sS -i -H 'Content-Type: application/json' "$SERVER/API/$op/" "$@" | show; }
show() { python3 show.py; }
s3 -X PUT "$S3/asfuzz"
s3 -X PUT "$S3/asfuzz?policy=" -d '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
  "Action": "s3:GetObject", "Resource": "arn:aws:s3:::asfuzz/*"}]}'
cat >show.py <<'END'
DECODER
END
```
"""
# The functions and constants of the judge's source that decode an answer and show it.
DECODING = ("cbor", "unpacked", "answer", "parsed", "shown")
CONSTANTS = ("FORMATS", "ORDERS", "MOST_SHOWN")
STORE = "\0S3\0"
MOST_PRINTED = 64


def page(profile: Profile, found: Sequence[Reported]) -> Iterator[str]:
    """Yield the lines of the page."""
    yield from field_page(
        profile,
        found,
        PageManner(
            flags=f"--profile {profile.name}",
            checked="NumPy, curl and the server's source",
            setup=SETUP.replace("/API/", f"/{profile.api}/").replace("DECODER", _decoder(profile.api)),
            recipe=lambda one: recipe(one, profile),
            requirements=requirements.load(),
        ),
    )


def _decoder(api: str) -> str:
    """Return a Python program that decodes and prints an answer, with the standard library alone."""
    source = judge_text()
    parts = [
        ast.get_source_segment(source, node) or ""
        for node in ast.parse(source).body
        if (isinstance(node, ast.FunctionDef) and node.name in DECODING)
        or (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in CONSTANTS)
    ]
    main = f'print(shown("{api}", parsed(sys.stdin.buffer.read())))'
    return "\n\n".join(["import json, struct, sys\nfrom typing import Any", *parts, main])


def recipe(one: Reported, profile: Profile) -> Iterator[str]:
    """Yield the commands that show a finding once the set-up has been pasted."""
    if one.by_hand:
        yield one.by_hand.strip()
    elif takes_bad_store(one.case):
        served = [step.served for step in one.case.steps if isinstance(step, Put) and step.served != WELL]
        yield f"# It takes {a_store(served[0])}, as the one of asfuzz can be told to."
        yield from _checked(one, profile)
    elif manners := [step.spelled for step in one.case.steps if isinstance(step, Send) and step.spelled != PLAINLY]:
        yield f"# The request is sent with {a_spelling(manners[0])}."
        yield from _checked(one, profile)
    else:
        for step in one.case.steps:
            at_once = one.case.together and isinstance(step, Send | SendRaw)
            yield from (f"{line} &" if at_once else line for line in _shell(step, profile.api))
        if one.case.together:
            yield "wait"


def _checked(one: Reported, profile: Profile) -> Iterator[str]:
    """Yield the suite's own command that shows a finding."""
    launch = shlex.quote(one.start or profile.launch or "my-server --port {port}")
    yield f"asfuzz report --profile {profile.name} --check --only {one.id} --launch {launch}"


def _shell(step: Step, api: str) -> Iterator[str]:
    """Yield the curl commands of a step; one public bucket serves as both the private and the public one."""
    match step:
        case Put():
            yield f'{_octets(step.data)} | s3 -X PUT --data-binary @- "$S3/{_bucket(step)}/{_path(step.key)}"'
        case Delete():
            yield f's3 -X DELETE "$S3/{_bucket(step)}/{_path(step.key)}"'
        case Send():
            yield f"ask {step.operation} {_user(step)}-d '{_body(step, api)}'"
        case SendRaw():
            headers = "".join(f" -H {shlex.quote(f'{name}: {value}')}" for name, value in step.headers)
            body = _quoted(_located(step.body.decode("utf-8", "replace"), step))
            yield (
                f'curl -sS -i -X {step.method}{headers} {_user(step)}"$SERVER{step.path}"'
                + (f" -d '{body}'" if body else "")
                + " | show"
            )


def _user(step: Send | SendRaw) -> str:
    match step.credentials:
        case None:
            return ""
        case "owner":
            return '--user "$KEY:$SECRET" '
        case "wrong-secret":
            return '--user "$KEY:wrong" '
    return "--user UNKNOWN:unknown "


def _bucket(step: Step) -> str:
    return "asfuzz" if step.bucket in ("private", "public") else step.bucket


def _octets(data: bytes) -> str:
    """Return a shell command that prints the bytes."""
    if len(data) > MOST_PRINTED and not any(data):
        return f"head -c {len(data)} /dev/zero"
    return "printf '" + "".join(f"\\{byte:03o}" for byte in data) + "'"


def _path(key: str) -> str:
    return quote(key, safe="/")


def _body(step: Send, api: str) -> str:
    """Return the JSON body to stand within single quotes, which it leaves around the store's address."""
    return _quoted(_located(Fields({**usual_locators(api, step.interface), **step.fields}).text, step))


def _quoted(text: str) -> str:
    """Return the text escaped for single quotes, with the store's address as a shell variable outside them."""
    return text.replace("'", "'\\''").replace(STORE, "'$S3'")


def _located(text: str, step: Send | SendRaw) -> str:
    bucket = _bucket(step)
    places = {"url": f"{STORE}/{bucket}/{_path(step.key)}", "source": STORE, "bucket": bucket, "object": step.key}
    for name, place in places.items():
        text = text.replace(f"{{{name}}}", place)
    return text
