"""A profile's reports as a page: what a server's authors would want to be told."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from fuzz.findings.reported import SEVERITIES, USUAL, Reported
from specs import requirements
from specs.case import Delete, Put, Send, SendRaw, Step
from specs.fields import Fields
from specs.manners import WELL, a_store
from specs.profile import Profile

SETUP = """\
Any S3 store will do; these lines are for a MinIO of the usual test credentials, and a bucket that anybody may read.

```sh
SERVER=http://127.0.0.1:8080 S3=http://127.0.0.1:9000 KEY=minioadmin SECRET=minioadmin
s3() { curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$KEY:$SECRET" -H x-amz-content-sha256:UNSIGNED-PAYLOAD "$@"; }
ask() { op=$1; shift; curl -sS -i -H 'Content-Type: application/json' "$SERVER/API/$op/" "$@" | cat -v; echo; }
s3 -X PUT "$S3/asfuzz"
s3 -X PUT "$S3/asfuzz?policy=" -d '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
  "Action": "s3:GetObject", "Resource": "arn:aws:s3:::asfuzz/*"}]}'
```
"""
STORE = "\0S3\0"
MOST_PRINTED = 64
RULING = """\
The API's documents are silent here, or can be read in more than one way. What this suite holds a server to is its own
ruling; others may see it differently, and a server that does is not thereby wrong.
"""


def page(profile: Profile, found: Sequence[Reported]) -> Iterator[str]:
    """The page in lines: a table, then the bugs, then what is a matter of ruling."""
    yield f"# {re.split(',| with ', profile.title)[0]}: known findings"
    yield ""
    yield f"<!-- Written by: asfuzz report --profile {profile.name} --write FILE -->"
    yield ""
    yield (
        f"{_many(found, 'bug')} and {_many(found, 'ruling')} that `asfuzz run` finds, each the smallest case of its "
        "cause, checked by hand against NumPy, curl and the server's source. A hunt with this profile counts them as "
        "known; `asfuzz report --check` says which of them are still there."
    )
    yield ""
    yield from _table(found)
    yield "\n## To see them by hand\n"
    yield SETUP.replace("/API/", f"/{profile.api}/")
    if profile.api == "v2":
        yield "`200` answers are CBOR; `cat -v` shows enough of it to tell them apart."
    for kind, title in (("bug", "Bugs"), ("ruling", "Rulings")):
        group = [one for one in found if one.kind == kind]
        if group:
            yield f"\n## {title}"
        if group and kind == "ruling":
            yield f"\n{RULING.rstrip()}"
        for one in sorted(group, key=lambda one: SEVERITIES.index(one.severity)):
            yield from _section(one, profile.api)


def _many(found: Iterable[Reported], kind: str) -> str:
    number = sum(one.kind == kind for one in found)
    return f"{number} {kind}{'' if number == 1 else 's'}"


def _table(found: Sequence[Reported]) -> Iterator[str]:
    yield "| finding | severity | versions | seen |"
    yield "|---|---|---|---|"
    order = sorted(found, key=lambda one: (one.kind, SEVERITIES.index(one.severity)))
    for one in order:
        severity = one.severity if one.kind == "bug" else f"{one.severity} (ruling)"
        yield f"| [{_cell(one.title)}](#{anchor(one)}) | {severity} | {', '.join(one.versions)} | {one.configuration} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def anchor(report: Reported) -> str:
    """The anchor that a section's heading gets."""
    return re.sub(r"[^a-z0-9 _-]", "", report.title.lower()).replace(" ", "-")


def _section(one: Reported, api: str) -> Iterator[str]:
    yield f"\n### {one.title}\n"
    yield f"- **expected** {one.expected}"
    yield f"- **actual** {one.actual}"
    yield f"- **requirement** {_requirement(one)}"
    yield f"- **where** {one.where}"
    if one.configuration != USUAL:
        yield f"- **configuration** {one.configuration}"
    yield f"- **versions** {', '.join(one.versions)} · **severity** {one.severity}"
    yield f"\n{one.reason}"
    if one.proposal:
        yield f"\nA way out: {one.proposal}"
    yield "\n```sh"
    if one.by_hand:
        yield one.by_hand.strip()
    else:
        for step in one.case.steps:
            at_once = one.case.together and isinstance(step, Send | SendRaw)
            yield from (f"{line} &" if at_once else line for line in _shell(step, api))
        if one.case.together:
            yield "wait"
    yield "```"


def _requirement(one: Reported) -> str:
    known = requirements.load()
    if one.requirement in known:
        entry = known[one.requirement]
        return f"{entry.sentence} (`{one.requirement}`, {entry.level}; {entry.source})"
    return "an answer is right, or a refusal (several, by operation and data)"


def _shell(step: Step, api: str) -> Iterator[str]:
    """What curl has to do; buckets are all one, which anybody may read."""
    match step:
        case Put():
            if step.served != WELL:
                yield f"# Served by {a_store(step.served)}: see it by asfuzz, whose store can do so."
            yield f'{_octets(step.data)} | s3 -X PUT --data-binary @- "$S3/asfuzz/{_path(step.key)}"'
        case Delete():
            yield f's3 -X DELETE "$S3/asfuzz/{_path(step.key)}"'
        case Send():
            who = '--user "$KEY:$SECRET" ' if step.credentials == "owner" else ""
            yield f"ask {step.operation} {who}-d '{_body(step, api)}'"
        case SendRaw():
            headers = "".join(f" -H {shlex.quote(f'{name}: {value}')}" for name, value in step.headers)
            body = _quoted(_located(step.body.decode("utf-8", "replace"), step.key))
            yield (
                f'curl -sS -i -X {step.method}{headers} --user "$KEY:$SECRET" "$SERVER{step.path}"'
                + (f" -d '{body}'" if body else "")
            )


def _octets(data: bytes) -> str:
    """A command that writes the bytes."""
    if len(data) > MOST_PRINTED and not any(data):
        return f"head -c {len(data)} /dev/zero"
    return "printf '" + "".join(f"\\{byte:03o}" for byte in data) + "'"


def _path(key: str) -> str:
    return quote(key, safe="/")


def _body(step: Send, api: str) -> str:
    """The JSON body within single quotes, left for the store's address."""
    locators = (
        {"interface_type": step.interface, "url": "{url}"}
        if api == "v2"
        else {"source": "{source}", "bucket": "{bucket}", "object": "{object}"}
    )
    return _quoted(_located(Fields({**locators, **step.fields}).text, step.key))


def _quoted(text: str) -> str:
    """For single quotes, but for the store's address, which is the shell's to fill in."""
    return text.replace("'", "'\\''").replace(STORE, "'$S3'")


def _located(text: str, key: str) -> str:
    places = {"url": f"{STORE}/asfuzz/{_path(key)}", "source": STORE, "bucket": "asfuzz", "object": key}
    for name, place in places.items():
        text = text.replace(f"{{{name}}}", place)
    return text
