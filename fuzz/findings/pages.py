"""What a finding's folder tells people: finding.md to read, repro.py and curl.sh to run without the suite."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import string
from collections.abc import Iterator
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from fuzz.findings import canned
from fuzz.findings.case_files import MOST_INLINE_TEXT_BYTES, bytes_as_json, laid_out
from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from fuzz.reports.portrait import portrait
from specs import requirements
from specs.access import StoreFacts
from specs.case import Case, Delete, Put, Send, SendRaw, Step
from specs.checks import LEAKS
from specs.dtypes import Array, in_byte_order
from specs.expectation import Expectation, Values
from specs.manners import WELL
from specs.model import expectations, full_body
from specs.outcome import Outcome, Reply
from specs.profile import Profile

MOST_VALUES_BYTES: Final = 64 * 1024
_ARRAYS: Final = ("values", "also", "low", "high", "loose", "free")
_NO_PLAN: Final = "r'''{}'''"
_BY_ANY_STORE: Final = (
    "AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… python repro.py SERVER_URL STORE_URL\n"
    "SERVER_URL=… STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… BUCKET=… sh curl.sh"
)
_BY_OWN_STORE: Final = (
    "python repro.py SERVER_URL http://127.0.0.1:8399     # it is the store itself, at this address for the server"
)
_TOGETHER: Final = "The requests were sent at the same time"
_IN_TURN: Final = "; one after the other they are answered as they should be"
_HOW_OFTEN: Final = {
    "every time": "It fails every time.",
    "flaky": "It is flaky: sent again, it failed some of the times.",
    "after a while": (
        "It fails every time on a server that has run for a while, and not on a fresh one: "
        "something that was asked before stays."
    ),
    "seen once": "It was seen once, and sending it again did not show it.",
}


def pages(finding: Finding, profile: Profile | None = None, path: str = "") -> dict[str, str]:
    """The texts by file name. Without a profile the server is held to the whole API.

    `path` is the finding's folder, for the commands to copy; without it they go by the finding's id.
    """
    held_to = profile or Profile("", api="v1" if finding.api == "v1" else "v2")
    return {
        "finding.md": finding_page(finding, path),
        "repro.py": repro_script(finding, held_to),
        "curl.sh": curl_script(finding, held_to),
    }


def finding_page(finding: Finding, path: str = "") -> str:
    """What a person should know, in Markdown."""
    violation = finding.violation
    entry = requirements.load().get(violation.requirement)
    must = f"{entry.sentence} ({entry.level}; {entry.source})" if entry else violation.requirement
    needs = f"It needs {', '.join(finding.needs)}." if finding.needs else ""
    in_turn = "" if finding.reproducibility == "seen once" else _IN_TURN
    together = f"{_TOGETHER}{in_turn}." if finding.case.together else ""
    facts = [
        f"- API: {finding.api}",
        *_server_lines(finding),
        f"- suite: {finding.suite or 'unknown'}",
        f"- property: {finding.case.property}",
        f"- fingerprint: {finding.fingerprint}",
    ]
    return "\n".join(
        [
            f"# {_one_line(violation.title)}",
            "",
            f"**{violation.requirement}**: {must}",
            "",
            _fenced("\n".join(portrait(finding))),
            "",
            " ".join(part for part in (together, _HOW_OFTEN[finding.reproducibility], needs) if part),
            "",
            *facts,
            "",
            "Send it again, judged by the suite, or without the suite:",
            "",
            _fenced(
                f"asfuzz replay {shlex.quote(path or finding.id)}\n"
                + (_BY_OWN_STORE if takes_bad_store(finding.case) else _BY_ANY_STORE)
            ),
            "",
            "`case.json` and `data/` hold the case as it is. How often it was seen is in `seen/`.",
            "",
        ]
    )


def _server_lines(finding: Finding) -> Iterator[str]:
    """Which server it was, how it was started or reached, and what it said before it died of the finding."""
    origin = finding.origin or Origin()
    yield f"- server: {origin.server or finding.server or 'unknown'}"
    if origin.server_version:
        yield f"- server's version: {_one_line(origin.server_version)}"
    if finding.origin is not None:
        seed = "" if origin.seed is None else f"--seed {origin.seed}"
        yield f"- found by: `{' '.join(part for part in ('asfuzz run', origin.flags, seed) if part)}`"
    if finding.last_words:
        yield f"- its last words:\n\n{_fenced(finding.last_words)}\n"


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def repro_script(finding: Finding, profile: Profile) -> str:
    """The stand-alone script with this finding's plan in it."""
    source = (resources.files("fuzz.findings") / "standalone.py").read_text("utf-8")
    # The plan stands in a raw string: neither quotes nor anything but ASCII may be in it.
    text = laid_out(_plan(finding, profile)).replace("'", "\\u0027")
    text = "".join(letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text)
    title = _printable(finding.violation.title).replace("\\", "/").replace('"', "'")
    assert _NO_PLAN in source
    return source.replace("REPLACED BY THE FINDING'S TITLE", title, 1).replace(_NO_PLAN, f"r'''{text}'''", 1)


def _plan(finding: Finding, profile: Profile) -> dict[str, Any]:
    violation = finding.violation
    entry = requirements.load().get(violation.requirement)
    due = expectations(finding.case, profile, StoreFacts())
    outcomes = (*finding.outcomes, *[None] * len(finding.case.steps))
    return {
        "title": violation.title,
        "must": entry.sentence if entry else violation.requirement,
        "expected": violation.expected,
        "actual": violation.actual,
        "api": profile.api,
        "unwelcome": LEAKS if violation.requirement == "discloses-nothing" else [],
        "together": finding.case.together,
        "steps": [
            _planned(step, expected, outcome, profile)
            | _served(step, finding.case)
            | {"judged": finding.case.together or violation.step in (-1, number)}
            for number, (step, expected, outcome) in enumerate(zip(finding.case.steps, due, outcomes))
        ],
    }


def _served(step: Step, case: Case) -> dict[str, Any]:
    """What the script sends in the store's place, where one is needed that serves badly."""
    return {"served": canned.answers(step, case)} if takes_bad_store(case) and isinstance(step, Put) else {}


def takes_bad_store(case: Case) -> bool:
    """Whether some object is not served well, as no real store does on demand."""
    return any(isinstance(step, Put) and step.served != WELL for step in case.steps)


def _planned(step: Step, expected: Expectation | None, outcome: Outcome, profile: Profile) -> dict[str, Any]:
    """A step with all that the script needs to take it, and to judge what comes."""
    place = {"key": step.key, "bucket": step.bucket}
    match step:
        case Put():
            return {"step": "put", **place, "data": bytes_as_json(step.data)}
        case Delete():
            return {"step": "delete", **place}
        case Send():
            asked: dict[str, Any] = {
                "step": "send",
                "operation": step.operation,
                "body": dict(full_body(step, profile)),
                "interface": step.interface,
            }
        case SendRaw():
            asked = {
                "step": "send-raw",
                "method": step.method,
                "path": step.path,
                "headers": step.headers,
                "body": bytes_as_json(step.body),
            }
    rejection = expected.rejection if expected is not None else None
    return {
        **asked,
        **place,
        "credentials": step.credentials,
        "answers": [_allowed(one) for one in expected.answers] if expected is not None else [],
        "statuses": sorted(rejection.statuses) if rejection is not None else [],
        "words": rejection.words if rejection is not None else [],
        "json": profile.json_errors and isinstance(step, Send),
        "came": _came(outcome),
    }


def _came(outcome: Outcome) -> str:
    return "" if not isinstance(outcome, Reply) else f"{outcome.status} {hashlib.sha256(outcome.body).hexdigest()}"


def _allowed(values: Values) -> dict[str, Any]:
    """An allowed answer; the elements of a very large one are left out."""
    told: dict[str, Any] = {"dtype": values.dtype, "shape": values.shape, "count": values.counts}
    if values.values.nbytes <= MOST_VALUES_BYTES:
        told["arrays"] = {name: _hex(array) for name in _ARRAYS if (array := getattr(values, name)) is not None}
    return told


def _hex(array: Array) -> list[str]:
    if array.dtype == np.bool_:
        return ["?", array.tobytes().hex()]
    stored = array.astype(in_byte_order(array.dtype.name, "little"))
    return [stored.dtype.str, stored.tobytes().hex()]


CURL_HEAD: Final = string.Template("""\
#!/bin/sh
# $title
# expected: $expected
# got:      $actual
#
# Needs curl 7.87 or newer. Reads SERVER_URL, STORE_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and BUCKET, a bucket
# that is there; and where they differ PUBLIC_BUCKET, AWS_REGION, HTTP_URL (the base of plain reads) and
# SERVER_STORE_URL (the store as the server reaches it).
set -eu
cd "$$(dirname "$$0")"
: "$${SERVER_URL:?}" "$${STORE_URL:?}" "$${AWS_ACCESS_KEY_ID:?}" "$${AWS_SECRET_ACCESS_KEY:?}" "$${BUCKET:?}"
SOURCE=$${SERVER_STORE_URL:-$$STORE_URL}
HTTP=$${HTTP_URL:-$$SOURCE}
PUBLIC=$${PUBLIC_BUCKET:-$$BUCKET}
RUN=repro-$$$$
owner="$$AWS_ACCESS_KEY_ID:$$AWS_SECRET_ACCESS_KEY"
signed() {
    curl -sS --fail --path-as-is --aws-sigv4 "aws:amz:$${AWS_REGION:-us-east-1}:s3" --user "$$owner" \\
        -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$$@"
}
ask() {
    curl -sS -i --path-as-is --max-time 60 "$$@" | od -c
}
""")


CURL_CANNOT: Final = """\
#!/bin/sh
# This finding takes a store that serves an object badly, which curl cannot make a store do.
echo 'run repro.py, which stands in for the store, or asfuzz replay' >&2
exit 2
"""


CURL_TOGETHER: Final = string.Template("""\
# At the same time, and several times, as what it takes does not come about each time.
CAME=$$(mktemp -d)
try=0
while [ "$$try" -lt 20 ]; do
try=$$((try + 1))
$requests
wait
echo "try $$try"
cat "$$CAME"/*
done
rm -r "$$CAME\"""")


def curl_script(finding: Finding, profile: Profile) -> str:
    """The same by curl alone, for those who want to see it bare; it judges nothing."""
    violation = finding.violation
    if takes_bad_store(finding.case):
        return CURL_CANNOT
    words = {"title": violation.title, "expected": violation.expected, "actual": violation.actual}
    head = CURL_HEAD.substitute({name: _printable(text) for name, text in words.items()})
    return head + "".join(f"\n{line}\n" for line in _curl_lines(finding.case, profile))


def _curl_lines(case: Case, profile: Profile) -> Iterator[str]:
    """The steps one after the other; or the requests in the background, and tried several times."""
    put = [step for step in case.steps if not case.together or isinstance(step, Put)]
    for step in put:
        yield from _curl(step, profile)
    if case.together:
        asked = [line for step in case.steps if step not in put for line in _curl(step, profile)]
        sent = "\n".join(line if line.startswith("#") else f'{line} > "$CAME/{at}" &' for at, line in enumerate(asked))
        yield CURL_TOGETHER.substitute(requests=sent)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in _one_line(text))


def _curl(step: Step, profile: Profile) -> Iterator[str]:
    match step:
        case Put():
            place = f'"$STORE_URL/{_bucket(step.bucket)}/$RUN/"{_quoted_key(step.key)}'
            if file := bytes_as_json(step.data).get("file"):
                yield f"signed -X PUT --data-binary @data/{file} \\\n    {place}"
            else:
                yield f"printf {_octal(step.data)} | signed -X PUT --data-binary @- \\\n    {place}"
        case Delete():
            yield f'signed -X DELETE "$STORE_URL/{_bucket(step.bucket)}/$RUN/"{_quoted_key(step.key)}'
        case Send():
            body = json.dumps(dict(full_body(step, profile)))
            yield (
                f'ask -X POST "$SERVER_URL"/{profile.api}/{shlex.quote(step.operation)}/ {_user(step.credentials)}'
                f"-H 'Content-Type: application/json' \\\n    --data-binary {_placed(body, step)}"
            )
        case SendRaw():
            yield from _curl_raw(step)


def _curl_raw(step: SendRaw) -> Iterator[str]:
    try:
        body = step.body.decode("utf-8")
    except UnicodeDecodeError:
        body = None
    if body is None or "\0" in body or len(body) > MOST_INLINE_TEXT_BYTES or not step.path.startswith("/"):
        yield "# The next request is one that curl cannot be made to send from a script: see repro.py."
        return
    headers = "".join(f" \\\n    -H {shlex.quote(_header(name, value))}" for name, value in step.headers)
    if not any(name.lower() == "content-type" for name, _ in step.headers):
        headers += " \\\n    -H 'Content-Type:'"
    sent = f" \\\n    --data-binary {_placed(body, step)}" if body or step.method == "POST" else ""
    target = f'--request-target {shlex.quote(step.path)} "$SERVER_URL"'
    yield f"ask -X {shlex.quote(step.method)} {target} {_user(step.credentials)}{headers}{sent}"


def _header(name: str, value: str) -> str:
    # curl takes "Name:" for a header to be left out, and "Name;" for one without a value.
    return f"{name}: {value}" if value.strip() else f"{name};"


def _user(credentials: str | None) -> str:
    match credentials:
        case None:
            return ""
        case "owner":
            return '--user "$owner" '
        case "wrong-secret":
            return '--user "$AWS_ACCESS_KEY_ID:wrong" '
        case "stranger":
            return '--user "${STRANGER_ACCESS_KEY:?}:${STRANGER_SECRET:?}" '
    return "--user UNKNOWN:unknown "


def _bucket(name: str) -> str:
    """A bucket's name, to stand between double quotes."""
    return {"private": "$BUCKET", "public": "$PUBLIC"}.get(name) or re.sub(r'[\\"$`]', r"\\\g<0>", name)


def _quoted_key(key: str) -> str:
    return shlex.quote(quote(key, safe="/"))


def _placed(body: str, step: Send | SendRaw) -> str:
    """The body as a shell word, the placeholders replaced by variables outside its quotes."""
    base = "$HTTP" if isinstance(step, Send) and step.interface != "s3" else "$SOURCE"
    places = {
        "{url}": f'"{base}/{_bucket(step.bucket)}/$RUN/"{_quoted_key(step.key)}',
        "{source}": '"$SOURCE"',
        "{bucket}": f'"{_bucket(step.bucket)}"',
        "{object}": f'"$RUN"/{shlex.quote(json.dumps(step.key)[1:-1])}',
    }
    word = shlex.quote(body)
    for name, place in places.items():
        word = word.replace(name, f"'{place}'")
    # A word that shlex left bare has no quotes to step out of.
    return word if word.startswith("'") else f"'{word}'"


def _octal(data: bytes) -> str:
    """A format for printf, which every shell has."""
    return "'" + "".join(f"\\{byte:03o}" for byte in data) + "'"
