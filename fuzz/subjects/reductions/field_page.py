"""Write the page of a profile's known findings, for the authors of the server."""

from __future__ import annotations

import ast
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from fuzz.findings.meant import OR
from fuzz.subjects.reductions.reported import KINDS, SEVERITIES, USUAL, Reported
from fuzz.subjects.reductions.scripts.curl_script import judge_text
from fuzz.subjects.reductions.scripts.plan import takes_bad_store
from specs.fields import Fields
from specs.manners import WELL, a_store
from specs.reductions import requirements
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
MEND_FIRST = "Mend first what stands first: by severity, then what every server shows, then what has a way out already."
STORE = "\0S3\0"
MOST_PRINTED = 64
RULING = """\
The API's documents are silent here, or can be read in more than one way. What this suite holds a server to is its own
reading, a ruling. Others may read them differently, and a server that does is not wrong for that.
"""


def page(profile: Profile, found: Sequence[Reported]) -> Iterator[str]:
    """Yield the lines of the page: totals and a table, then the bugs, then the rulings."""
    found = sorted(found, key=_order)
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
    yield from _totals(found)
    yield f"\n{MEND_FIRST}\n"
    yield from _table(found)
    yield "\n## To see them by hand\n"
    yield SETUP.replace("/API/", f"/{profile.api}/").replace("DECODER", _decoder(profile.api))
    for kind, title in (("bug", "Bugs"), ("ruling", "Rulings")):
        group = [one for one in found if one.kind == kind]
        if group:
            yield f"\n## {title}"
        if group and kind == "ruling":
            yield f"\n{RULING.rstrip()}"
        for one in group:
            yield from _section(one, profile)


def _order(one: Reported) -> tuple[int, int, bool, bool]:
    return KINDS.index(one.kind), SEVERITIES.index(one.severity), one.configuration != USUAL, not one.proposal


def _many(found: Iterable[Reported], kind: str) -> str:
    number = sum(one.kind == kind for one in found)
    return f"{number} {kind}{'' if number == 1 else 's'}"


def _totals(found: Sequence[Reported]) -> Iterator[str]:
    """Yield a table of how many findings there are of each kind and severity."""
    number = Counter((one.kind, one.severity) for one in found)
    yield f"| | {' | '.join(SEVERITIES)} | all |"
    yield f"|---|{'---|' * (len(SEVERITIES) + 1)}"
    for kind in KINDS:
        row = [number[kind, severity] for severity in SEVERITIES]
        yield f"| {kind}s | {' | '.join(str(one) for one in (*row, sum(row)))} |"


def _table(found: Sequence[Reported]) -> Iterator[str]:
    yield "| finding | severity | versions | configuration |"
    yield "|---|---|---|---|"
    for one in found:
        severity = one.severity if one.kind == "bug" else f"{one.severity} (ruling)"
        yield f"| [{_cell(one.title)}](#{anchor(one)}) | {severity} | {', '.join(one.versions)} | {one.configuration} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


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


def anchor(report: Reported) -> str:
    """Return the anchor of a report's heading."""
    return re.sub(r"[^a-z0-9 _-]", "", report.title.lower()).replace(" ", "-")


def _section(one: Reported, profile: Profile) -> Iterator[str]:
    yield f"\n### {one.title}\n"
    yield f"- **expected** {one.expected}"
    yield f"- **actual** {one.actual}"
    yield f"- **requirement** {_requirement(one)}"
    yield f"- **where** {one.where}"
    if one.configuration != USUAL:
        yield f"- **configuration** {one.configuration}"
    if one.start and one.configuration != USUAL:
        yield f"- **start it by** `{one.start.replace('{port}', '8080').replace('{folder}', 'cache')}`"
    yield f"- **versions** {', '.join(one.versions)} · **severity** {one.severity}"
    yield f"\n{one.reason}"
    if one.proposal:
        yield f"\nA way out: {one.proposal}"
    yield "\n```sh"
    yield from recipe(one, profile)
    yield "```"
    if one.shows:
        yield f"\nVersion {one.versions[-1]} prints:\n\n```text\n{one.shows.strip()}\n```"


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


def _requirement(one: Reported) -> str:
    """Return the sentence of the first requirement, and the names of the others."""
    known = requirements.load()
    names = [name for name in one.requirement.split(OR) if name in known]
    if not names:
        return "An answer is right, or the request is refused. Which requirement is broken differs by request."
    entry = known[names[0]]
    others = f", and likewise {', '.join(f'`{name}`' for name in names[1:])}" if names[1:] else ""
    return f"{entry.sentence} (`{names[0]}`, {entry.level}; {entry.source}{others})"


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
    locators = (
        {"interface_type": step.interface, "url": "{url}"}
        if api == "v2"
        else {"source": "{source}", "bucket": "{bucket}", "object": "{object}"}
    )
    return _quoted(_located(Fields({**locators, **step.fields}).text, step))


def _quoted(text: str) -> str:
    """Return the text escaped for single quotes, with the store's address as a shell variable outside them."""
    return text.replace("'", "'\\''").replace(STORE, "'$S3'")


def _located(text: str, step: Send | SendRaw) -> str:
    bucket = _bucket(step)
    places = {"url": f"{STORE}/{bucket}/{_path(step.key)}", "source": STORE, "bucket": bucket, "object": step.key}
    for name, place in places.items():
        text = text.replace(f"{{{name}}}", place)
    return text
