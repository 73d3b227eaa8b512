"""The short repro.py: put the object, send the request, print what was due and what came.

It is for one request, sent after a few others at most, whose right answer is one line. What takes raw bytes, requests
at the same time or a store that serves badly is shown by the long script.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any, Final
from urllib.parse import quote

import numpy as np

from fuzz.findings.case_files import bytes_as_json
from fuzz.findings.finding import Finding
from fuzz.subjects.reductions.scripts.plan import as_reply, printable, takes_bad_store
from fuzz.subjects.reductions.scripts.script_judge import CONTENT_TYPES, answer, faults
from specs.case import Case
from specs.outcome import NoReply, Reply
from specs.reductions.dtypes import ITEM_SIZES
from specs.reductions.steps import Delete, Put, Send, Step
from specs.spellings import PLAINLY

MOST_STEPS: Final = 8
MOST_VALUES: Final = 32
_AS_BYTES: Final = ("option_shape_as_bytes", "option_count_as_bytes")
# For each bucket, its variables in the script and in the environment.
_BUCKETS: Final = {"private": ("bucket", "BUCKET"), "public": ("public", "PUBLIC_BUCKET")}
_SETTINGS: Final = (
    ("server", "SERVER_URL"),
    ("store", "STORE_URL"),
    ("key", "AWS_ACCESS_KEY_ID"),
    ("secret", "AWS_SECRET_ACCESS_KEY"),
)
_NOTES: Final = {
    "PUBLIC_BUCKET": "anybody may read PUBLIC_BUCKET",
    "HTTP_URL": "HTTP_URL is the base of plain reads, often STORE_URL",
}
_WHO: Final = {
    "owner": "auth=(key, secret)",
    None: "",
    "wrong-secret": 'auth=(key, "wrong")',
    "unknown": 'auth=("UNKNOWN", "unknown")',
}
_HEAD: Final = '''\
"""{title}

export {settings}{notes}
python repro.py  # exits with 1: the bug is there, 0: it is fixed, 3: server or store cannot be used"""
import os, sys
import {imports}

sys.excepthook = lambda *error: (sys.__excepthook__(*error), os._exit(3))
{places} = (os.environ[name] for name in "{names}".split())
s3, run = boto3.client("s3", "us-east-1", endpoint_url=store), "repro-" + os.urandom(4).hex()
'''
_DECODED: Final = """
got = f"{reply.status_code} {reply.text[:200]}"
if reply.status_code == 200:
    told = cbor2.loads(reply.content)
    values = np.frombuffer(told["bytes"], np.dtype(told["dtype"]).newbyteorder(told["byte_order"])).tolist()
    got = f"200 {told['dtype']} shape {told['shape']} count {told['count']} values {values}"
"""
_EXACT: Final = """\
expected = "EXPECTED"
print("expected", expected, "\\ngot     ", got)
sys.exit(got != expected)
"""
_BETWEEN: Final = """\
expected, low, high = "EXPECTED", LOW, HIGH
print("expected", expected, "between", low, "and", high, "\\ngot     ", got)
right = got.startswith(expected + " [") and all(a <= b <= c for a, b, c in zip(low, values, high, strict=True))
sys.exit(not right)
"""
_STATUS: Final = """
print("expected EXPECTED", "\\ngot     ", reply.status_code, reply.content[:200])
sys.exit(not (RIGHT))
"""
_UNANSWERED: Final = """\
requests.get(server, timeout=60)    # is it there?
try:
    reply = POST
except requests.RequestException as error:
    sys.exit(f"expected an answer, got none: {error}")
"""


def short_script(finding: Finding, plan: dict[str, Any]) -> str | None:
    """Return the short script, or None where only the long one can show the finding."""
    at = next(iter(_judged(finding, plan)), None)
    if at is None or not _is_plain(finding, plan, at):
        return None
    due, outcome = plan["steps"][at], finding.outcomes[at]
    ending = _ending(due)
    if ending is None or (isinstance(outcome, Reply) and due["answers"] and not _is_readable(outcome)):
        return None
    case = Case(finding.case.property, finding.case.steps[: at + 1])
    lines = [_step(step, case) for step in case.steps[:-1]]
    lines.append(_asked(case.steps[-1], answered=not isinstance(outcome, NoReply)))
    return (
        _head(finding.violation.title, case, "\n".join(lines), numpy=bool(due["answers"])) + "\n".join(lines) + ending
    )


def _judged(finding: Finding, plan: dict[str, Any]) -> list[int]:
    """List the steps whose kept answers the short script would find wrong."""
    outcomes = (*finding.outcomes, *[None] * len(finding.case.steps))
    return [
        number
        for number, (step, outcome) in enumerate(zip(plan["steps"], outcomes))
        if step.get("judged")
        and step["step"] == "send"
        and outcome is not None
        and faults({**plan, **step, "words": [], "json": False, "unwelcome": []}, _of_right_type(as_reply(outcome)))
    ]


def _of_right_type(reply: Any) -> Any:
    """Return the reply with the expected content type, as the short script does not check it."""
    return reply if isinstance(reply, str) else (reply[0], {"content-type": CONTENT_TYPES["v2"]}, reply[2])


def _is_plain(finding: Finding, plan: dict[str, Any], at: int) -> bool:
    """Say whether the short script can show the case: nothing in it needs the long one."""
    case, due = finding.case, plan["steps"][at]
    return (
        plan["api"] == "v2"
        and finding.reproducibility == "every time"
        and not case.together
        and not takes_bad_store(case)
        and len(case.steps) <= MOST_STEPS
        and all(isinstance(step, Put | Delete | Send) for step in case.steps)
        and all(step.bucket in ("private", "public") for step in case.steps)
        and all(
            one.credentials in _WHO and one.spelled == PLAINLY and _is_json(one)
            for one in case.steps
            if isinstance(one, Send)
        )
        and len(due["answers"]) + bool(due["statuses"]) == 1
        and not (due["answers"] and any(due["body"].get(name) for name in _AS_BYTES))
    )


def _is_json(send: Send) -> bool:
    """Say whether the library requests writes the fields as the same JSON, without placeholders to fill in."""
    try:
        return json.loads(json.dumps(dict(send.fields), allow_nan=False)) == dict(send.fields) and all(
            word not in send.fields.text for word in ("{url}", "{source}", "{bucket}", "{object}")
        )
    except (ValueError, RecursionError):
        return False


def _is_readable(reply: Reply) -> bool:
    """Say whether the script can read the reply: an error, or an answer of the usual form."""
    if reply.status != 200:
        return True
    try:
        told = answer("v2", {}, reply.body)
    except (ValueError, KeyError, IndexError, TypeError, struct.error):
        return False
    return isinstance(told["shape"], list)


def _ending(due: dict[str, Any]) -> str | None:
    """Return the lines that compare the answer; None where the expected answer does not fit in one line."""
    if not due["answers"]:
        ranges = due["statuses"]
        right = " or ".join(f"{first} <= reply.status_code <= {last}" for first, last in ranges)
        told = " or ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in ranges)
        return _STATUS.replace("EXPECTED", f"a status of {told}").replace("RIGHT", right)
    values = due["answers"][0]
    if "also" in values or any(values.get("loose", [])) or any(values.get("free", [])):
        return None
    if "values" not in values or len(values["values"]) > MOST_VALUES:
        return None
    start = f"200 {values['dtype']} shape {values['shape']} count {values['count']} values"
    if "low" not in values:
        return _DECODED + _EXACT.replace("EXPECTED", f"{start} {values['values']}")
    if not all(math.isfinite(one) for one in (*values["low"], *values["high"])):
        return None
    between = (
        _BETWEEN.replace("EXPECTED", start).replace("LOW", str(values["low"])).replace("HIGH", str(values["high"]))
    )
    return _DECODED + between


def _head(title: str, case: Case, text: str, *, numpy: bool) -> str:
    """Return the head of the script: the docstring, imports and settings that its text needs."""
    buckets = {step.bucket for step in case.steps}
    over_http = any(isinstance(step, Send) and step.interface != "s3" for step in case.steps)
    used = [*_SETTINGS, *(names for bucket, names in _BUCKETS.items() if bucket in buckets)]
    used += [("http", "HTTP_URL")] if over_http else []
    settings = [setting for _, setting in used]
    notes = [_NOTES[one] for one in settings if one in _NOTES]
    imports = ["boto3", *(["cbor2"] if numpy else []), *(["numpy as np"] if numpy or "np." in text else []), "requests"]
    words = printable(title).replace("\\", "/").replace('"', "'")
    return _HEAD.format(
        title=words if words.endswith((".", "?", "!")) else f"{words}.",
        settings=" ".join(f"{one}=…" for one in settings),
        notes=f"  # {'; '.join(notes)}" if notes else "",
        imports=", ".join(imports),
        places=", ".join(name for name, _ in used),
        names=" ".join(settings),
    )


def _step(step: Step, case: Case) -> str:
    where = f"Bucket={_BUCKETS[step.bucket][0]}, Key=run + {f'/{step.key}'!r}"
    match step:
        case Put():
            return f"s3.put_object({where}, Body={_content(step, case)})"
        case Delete():
            return f"s3.delete_object({where})"
    return _post(step)


def _asked(step: Step, *, answered: bool) -> str:
    """Return the lines that send the failing request, with its body in a line of its own."""
    assert isinstance(step, Send)
    post = _post(step, body="body")
    sent = f"reply = {post}" if answered else _UNANSWERED.replace("POST", post).rstrip("\n")
    return f"body = {_body(step)}\n{sent}"


def _post(step: Step, body: str = "") -> str:
    assert isinstance(step, Send)
    who = _WHO[step.credentials]
    url = f'server + "/v2/{quote(step.operation)}/"'
    return f"requests.post({url}, json={body or _body(step)}, {who}{', ' if who else ''}timeout=60)"


def _body(step: Send) -> str:
    """Return the body as a Python expression that puts the object's address together."""
    base = "store" if step.interface == "s3" else "http"
    place = f'f"{{{base}}}/{{{_BUCKETS[step.bucket][0]}}}/{{run}}/{quote(step.key, safe="/")}"'
    located = {"interface_type": repr(step.interface), "url": place}
    told = {**located, **{name: repr(value) for name, value in step.fields.items()}}
    return "{" + ", ".join(f"{name!r}: {text}" for name, text in told.items() if name not in step.without) + "}"


def _content(put: Put, case: Case) -> str:
    """Return a Python expression for the object: numbers where it is plain and small, bytes otherwise."""
    send = case.steps[-1]
    assert isinstance(send, Send)
    dtype = send.fields.get("dtype")
    plain = not send.fields.get("compression") and not send.fields.get("filters")
    if plain and put.data and isinstance(dtype, str) and dtype in ITEM_SIZES and len(put.data) % ITEM_SIZES[dtype] == 0:
        order = ">" if send.fields.get("byte_order") == "big" else "<"
        kind = order + np.dtype(dtype).str[1:]
        values = np.frombuffer(put.data, kind)
        if values.size <= MOST_VALUES and np.array(values.tolist(), kind).tobytes() == put.data:
            numbers = repr(values.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
            return f"np.array({numbers}, {kind!r}).tobytes()"
    if file := bytes_as_json(put.data).get("file"):
        return f'open(os.path.dirname(os.path.abspath(__file__)) + "/data/{file}", "rb").read()'
    return f"bytes({len(put.data)})" if put.data and not any(put.data) else f"bytes.fromhex({put.data.hex()!r})"
