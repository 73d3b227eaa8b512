"""Write curl.sh, a script that shows a finding by curl and compares the decoded answers with the expected ones."""

from __future__ import annotations

import json
import re
import shlex
import string
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from fuzz.findings.case_files import MOST_INLINE_TEXT_BYTES, bytes_as_json
from fuzz.findings.finding import Finding
from fuzz.subjects.reductions.scripts.plan import printable, takes_bad_store
from specs.case import Case
from specs.reductions.bodies import full_body
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.spellings import PLAINLY

TRIES_TOGETHER: Final = 20
# The entries of a plan and of its step that judging an answer needs.
_DUE: Final = ("expected", "api", "unwelcome", "answers", "statuses", "words", "json")
_HEAD: Final = string.Template("""\
#!/bin/sh
# $title
# expected: $expected
# got:      $actual
#
# export SERVER_URL=… STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… BUCKET=…
# sh curl.sh    # 1: the bug is there. 0: it is fixed. 2: something is not given. 3: server or store cannot be used.
#
# BUCKET is one that is there. Where they differ: PUBLIC_BUCKET (one that anybody may read), AWS_REGION, HTTP_URL (the
# base of plain reads), SERVER_STORE_URL (the store as the server reaches it). Needs curl 7.87 or newer, and python3.

steps() {
$steps
}

""")
_TOGETHER: Final = string.Template("""\
    # At the same time, and several times, as what it takes does not come about each time.
    try=0
    while [ "$$try" -lt $tries ] && [ "$$WRONG" = 0 ]; do
        try=$$((try + 1))
        echo "try $$try"
$requests
        wait
$judged
    done""")
_NOT_BY_CURL: Final = "# The next request is one that curl cannot be made to send from a script: see repro.py."
_JUDGE_MAIN: Final = """\
def main():
    reply, due = parsed(open(sys.argv[1], "rb").read()), json.loads(sys.stdin.read())
    if due["unwelcome"]:
        key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        due["unwelcome"] += [secret, base64.b64encode(f"{key}:{secret}".encode()).decode()]
    wrong = faults(due, reply)
    mark = "" if isinstance(reply, str) else f"{reply[0]} {hashlib.sha256(reply[2]).hexdigest()}"
    if not wrong and mark and mark == due.get("came"):
        wrong = ["the answer is the wrong one of then, byte for byte"]
    print(f"expected  {due['expected']}\\ngot       {shown(due['api'], reply)}")
    print(f"now       {'; '.join(wrong) or 'right'}")
    sys.exit(1 if wrong else 0)


main()
"""


def curl_script(finding: Finding, profile: Profile, plan: Mapping[str, Any]) -> str | None:
    """Return the script, or None where curl cannot show the finding.

    Curl cannot show it where the store must serve badly, or where a request has bytes that curl does not send.
    """
    case = finding.case
    if takes_bad_store(case):
        return None
    steps = "\n".join(_lines(case, profile, plan))
    if "\njudge " not in steps:
        return None
    violation = finding.violation
    words = {"title": violation.title, "expected": violation.expected, "actual": violation.actual}
    head = _HEAD.substitute({name: printable(text) for name, text in words.items()}, steps=steps)
    tail = (resources.files("fuzz.subjects.reductions.scripts") / "curl_tail.sh").read_text("utf-8")
    return head + tail.replace("THE JUDGE", judge_text().strip() + "\n\n" + _JUDGE_MAIN.strip(), 1)


def judge_text() -> str:
    """Return the source of the judge, which scripts contain."""
    text = (resources.files("fuzz.subjects.reductions.scripts") / "script_judge.py").read_text("utf-8")
    return text[text.index("import json") :]


def _lines(case: Case, profile: Profile, plan: Mapping[str, Any]) -> Iterator[str]:
    """Yield the script's lines: steps in their order, or concurrent requests in the background, tried several times."""
    together: list[str] = []
    judged: list[str] = []
    for number, step in enumerate(case.steps):
        command = curl_command(step, profile, ask=f"ask {number}")
        asked = isinstance(step, Send | SendRaw)
        sendable = not command.startswith("#")
        judging = [*_judging(number, plan, plan["steps"][number])] if asked and sendable else []
        if case.together and asked:
            together.append(f"        {command} &" if sendable else f"        {command}")
            judged += judging
        else:
            yield f"    {command}"
            yield from judging
    if case.together:
        words = {"requests": "\n".join(together), "judged": "\n".join(judged)}
        yield _TOGETHER.substitute(words, tries=TRIES_TOGETHER)


def _judging(number: int, plan: Mapping[str, Any], step: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that judge a step's answer, if the step is one to judge."""
    if not step["judged"]:
        return
    due = {name: value for name, value in {**plan, **step}.items() if name in _DUE}
    if plan["by_bytes"]:
        due["came"] = step["came"]
    yield f"judge {number} <<'DUE'\n{json.dumps(due)}\nDUE"


def curl_command(step: Step, profile: Profile, ask: str = "ask", run: str = "$RUN/") -> str:
    """Return a step as a shell command; `ask` is the command that sends a request, `run` the prefix of keys."""
    match step:
        case Put():
            place = f'"$STORE_URL/{_bucket(step.bucket)}/{run}"{_quoted_key(step.key)}'
            if file := bytes_as_json(step.data).get("file"):
                return f"signed -X PUT --data-binary @data/{file} {place}"
            return f"printf {_octal(step.data)} | signed -X PUT --data-binary @- {place}"
        case Delete():
            return f'signed -X DELETE "$STORE_URL/{_bucket(step.bucket)}/{run}"{_quoted_key(step.key)}'
        case Send() if step.spelled != PLAINLY:
            return _NOT_BY_CURL
        case Send():
            body = json.dumps(dict(full_body(step, profile)))
            return (
                f'{ask} "$SERVER_URL"/{profile.api}/{shlex.quote(step.operation)}/ {_user(step.credentials)}'
                f"-H 'Content-Type: application/json' \\\n        --data-binary {_placed(body, step, run)}"
            )
        case SendRaw():
            return _raw(step, ask, run)


def _raw(step: SendRaw, ask: str, run: str) -> str:
    try:
        body = step.body.decode("utf-8")
    except UnicodeDecodeError:
        body = None
    if body is None or "\0" in body or len(body) > MOST_INLINE_TEXT_BYTES or not step.path.startswith("/"):
        return _NOT_BY_CURL
    headers = "".join(f" \\\n        -H {shlex.quote(_header(name, value))}" for name, value in step.headers)
    if not any(name.lower() == "content-type" for name, _ in step.headers):
        headers += " \\\n        -H 'Content-Type:'"
    sent = f" \\\n        --data-binary {_placed(body, step, run)}" if body or step.method == "POST" else ""
    how = "-I" if step.method == "HEAD" else f"-X {shlex.quote(step.method)}"
    target = f'--request-target {shlex.quote(step.path)} "$SERVER_URL"'
    return f"{ask} {how} {target} {_user(step.credentials)}{headers}{sent}"


def _header(name: str, value: str) -> str:
    # curl takes "Name:" for a header to be left out, and "Name;" for one without a value.
    return f"{name}: {value}" if value.strip() else f"{name};"


def _user(credentials: str | None) -> str:
    match credentials:
        case None:
            return ""
        case "owner":
            return '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
        case "wrong-secret":
            return '--user "$AWS_ACCESS_KEY_ID:wrong" '
        case "stranger":
            return '--user "${STRANGER_ACCESS_KEY:?}:${STRANGER_SECRET:?}" '
    return "--user UNKNOWN:unknown "


def _bucket(name: str) -> str:
    """Return a bucket's name escaped for double quotes."""
    return {"private": "$BUCKET", "public": "$PUBLIC_BUCKET"}.get(name) or re.sub(r'[\\"$`]', r"\\\g<0>", name)


def _quoted_key(key: str) -> str:
    return shlex.quote(quote(key, safe="/"))


def _placed(body: str, step: Send | SendRaw, run: str) -> str:
    """Return the body as a shell word, with placeholders replaced by variables outside its quotes."""
    base = "$HTTP_URL" if isinstance(step, Send) and step.interface != "s3" else "$SERVER_STORE_URL"
    places = {
        "{url}": f'"{base}/{_bucket(step.bucket)}/{run}"{_quoted_key(step.key)}',
        "{source}": '"$SERVER_STORE_URL"',
        "{bucket}": f'"{_bucket(step.bucket)}"',
        "{object}": f'"{run}"{shlex.quote(json.dumps(step.key)[1:-1])}',
    }
    word = shlex.quote(body)
    for name, place in places.items():
        word = word.replace(name, f"'{place}'")
    # shlex leaves plain words without quotes: the replacements above need them.
    return word if word.startswith("'") else f"'{word}'"


def _octal(data: bytes) -> str:
    """Return bytes as a format for printf, which every shell has."""
    return "'" + "".join(f"\\{byte:03o}" for byte in data) + "'"
