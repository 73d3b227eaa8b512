"""Describe a finding about reductions: the requests, the data, the expected answer and the actual one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fuzz.findings.elision import array_line, bytes_line, json_line, visible
from fuzz.findings.finding import Finding
from fuzz.subject import Picture
from specs.case import Case
from specs.manners import WELL, a_store
from specs.outcome import NoReply, Outcome, Reply
from specs.reductions import validity, wire
from specs.reductions.decoding import Undecodable, decode
from specs.reductions.dtypes import ITEM_SIZES, Array, in_byte_order
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.spellings import PLAINLY, a_spelling

SHOWN_LOCATORS: Mapping[str, Mapping[str, str]] = {
    "v1": {"source": "http://store", "bucket": "bucket", "object": "object"},
    "v2": {"interface_type": "s3", "url": "http://store/bucket/object"},
}
MOST_STEPS = 24
MOST_RAW_LINES = 16


def picture(finding: Finding) -> Picture:
    """Return the picture of a finding."""
    due = f"count {finding.violation.expected}" if finding.violation.requirement == "counts" else None
    at = _guilty_step(finding)
    return Picture(tuple(_asked(finding, at)), _got(finding, at), visible(due or finding.violation.expected))


def _asked(finding: Finding, at: int) -> Iterator[tuple[str, str]]:
    case = finding.case
    asked = [step for step in case.steps if isinstance(step, Send | SendRaw)]
    if len(asked) == 1 and len(case.steps) <= 2 and isinstance(case.steps[-1], Send | SendRaw):
        yield from _only_request(case, at, finding.api)
    else:
        yield from _numbered_steps(finding, at)


def _guilty_step(finding: Finding) -> int:
    """Return the number of the request that the violation is about; the last one for a relation between answers."""
    asking = [number for number, step in enumerate(finding.case.steps) if isinstance(step, Send | SendRaw)]
    return finding.violation.step if finding.violation.step in asking else (asking or [len(finding.case.steps) - 1])[-1]


def _only_request(case: Case, at: int, api: str) -> Iterator[tuple[str, str]]:
    step = case.steps[at]
    assert isinstance(step, Send | SendRaw)
    for line in request_lines(step, api):
        yield "", line
    if isinstance(step, Send) and (circumstances := _circumstances(step)):
        yield "with", circumstances
    put = next((one for one in case.steps if isinstance(one, Put)), None)
    yield "data", "no such object" if put is None else data_line(put, step, api)
    if put is not None and put.served != WELL:
        yield "served", f"by {a_store(put.served)}"


def _numbered_steps(finding: Finding, at: int) -> Iterator[tuple[str, str]]:
    steps = finding.case.steps
    outcomes = (*finding.outcomes, *[None] * len(steps))
    for number, (step, outcome) in enumerate(zip(steps[:MOST_STEPS], outcomes)):
        if finding.case.together and number == sum(isinstance(one, Put) for one in steps):
            yield "", "   at the same time:"
        mark = f"{number + 1:>2}{'✗' if number == finding.violation.step else ' '} "
        match step:
            case Put():
                yield "", f"{mark}put {_place(step)}: {data_line(step, _first_about(finding.case, step), finding.api)}"
                if step.served != WELL:
                    yield "", f"{' ' * len(mark)}served by {a_store(step.served)}"
            case Delete():
                yield "", f"{mark}delete {_place(step)}"
            case Send() | SendRaw():
                first, *rest = request_lines(step, finding.api)
                also = _circumstances(step, place=True) if isinstance(step, Send) else _place(step)
                yield "", f"{mark}{first}  ({also})"
                yield from (("", " " * len(mark) + line) for line in rest)
                if number != at:
                    yield "", " " * len(mark) + f"→ {outcome_line(outcome, finding.api)}"
    if len(steps) > MOST_STEPS:
        yield "", f"   … {len(steps)} steps in all"


def _first_about(case: Case, put: Put) -> Send | SendRaw | None:
    """Return the first request about an object, which says how its bytes are to be read."""
    later = case.steps[case.steps.index(put) :]
    return next(
        (one for one in later if isinstance(one, Send) and (one.bucket, one.key) == (put.bucket, put.key)), None
    )


def _place(step: Put | Delete | Send | SendRaw) -> str:
    return visible(f"{step.bucket}/{step.key}", 80)


def request_lines(step: Send | SendRaw, api: str) -> list[str]:
    """Return the lines that show a request: one line for a reduction, HTTP text for raw bytes."""
    if isinstance(step, Send):
        left_out = f"  without {', '.join(step.without)}" if step.without else ""
        return [f"POST /{api}/{step.operation}/  {visible(json_line(step.fields), 600)}{left_out}"]
    lines = [visible(f"{step.method} {step.path} HTTP/1.1", 160)]
    lines += [visible(f"{name}: {value}", 160) for name, value in step.headers[:MOST_RAW_LINES]]
    if len(step.headers) > MOST_RAW_LINES:
        lines.append(f"… {len(step.headers)} headers in all")
    if not step.body:
        return lines
    try:
        text = step.body.decode("utf-8")
    except UnicodeDecodeError:
        return [*lines, "", bytes_line(step.body)]
    length = f" ({len(step.body):,} bytes)" if len(text) > 400 else ""
    return [*lines, "", visible(text) + length]


def _circumstances(step: Send, *, place: bool = False) -> str:
    """List what is unusual about a request: credentials, bucket, interface or spelling."""
    said = [_place(step)] if place else []
    if step.credentials is None:
        said.append("no credentials")
    elif step.credentials != "owner":
        said.append(f"{step.credentials} credentials")
    if not place and step.bucket != "private":
        said.append(f"bucket {visible(step.bucket, 80)}")
    if step.interface != "s3":
        said.append(f"read over {step.interface}")
    if step.spelled != PLAINLY:
        said.append(a_spelling(step.spelled))
    return ", ".join(said)


def data_line(put: Put, step: Send | SendRaw | None, api: str) -> str:
    """Return a line with an object's elements as the request reads them, or with its bytes."""
    array = None if not isinstance(step, Send) else _elements(put.data, step, api)
    if array is None:
        return bytes_line(put.data)
    stored = "" if array.nbytes == len(put.data) else f"  in {len(put.data):,} bytes"
    return f"{array_line(array)}  {array.dtype.name}{stored}"


def _elements(data: bytes, step: Send, api: str) -> Array | None:
    body: dict[str, Any] = {**SHOWN_LOCATORS.get(api, {}), **step.fields}
    profile = Profile("", api="v1" if api == "v1" else "v2")
    request = validity.read_request(step.operation, body, profile).request
    if request is not None:
        try:
            return decode(request, data).array
        except Undecodable:
            return None
    dtype, order = step.fields.get("dtype"), step.fields.get("byte_order")
    size = ITEM_SIZES.get(dtype, 0) if isinstance(dtype, str) else 0
    if not size or len(data) % size or step.fields.get("compression") or step.fields.get("filters"):
        return None
    return np.frombuffer(data, in_byte_order(str(dtype), "big" if order == "big" else "little")).astype(str(dtype))


def _got(finding: Finding, at: int) -> str:
    """Return the text for the actual answer: the violation's own, and the values and shape where it had any."""
    violation = finding.violation
    outcome = finding.outcomes[at] if at < len(finding.outcomes) else None
    actual = visible(violation.actual)
    answer = read_answer(outcome, finding.api) if isinstance(outcome, Reply) else None
    if answer is None:
        return actual
    if violation.requirement == "counts":
        return f"count {actual}"
    values, shape = _answer_parts(answer)
    said = [] if actual == "200" else [actual]
    if values not in actual and "[" not in actual.removeprefix("shape ["):
        said.append(values)
    return "   ".join(said if shape in actual else [*said, shape])


def outcome_line(outcome: Outcome, api: str) -> str:
    """Return a line that describes an outcome."""
    if outcome is None:
        return "nothing was kept"
    if isinstance(outcome, NoReply):
        return visible(f"no answer: {outcome.reason} {outcome.detail}".rstrip())
    answer = read_answer(outcome, api)
    if answer is None:
        text = visible(outcome.body[:400].decode("utf-8", "replace"), 200)
        return f"{outcome.status} {text}".rstrip()
    values, shape = _answer_parts(answer)
    counts = "" if answer.counts is None else f"   count {json_line(answer.counts)}"
    return f"{values}   {shape}{counts}"


def _answer_parts(answer: wire.Answer) -> tuple[str, str]:
    try:
        values = answer.values()
    except ValueError:
        return bytes_line(answer.data), f"shape {json_line(answer.shape)}"
    fits = values.size == np.prod(answer.shape, dtype=object)
    shaped = values.reshape(answer.shape) if fits and 0 < len(answer.shape) <= 32 else values
    return array_line(shaped), f"shape {json_line(answer.shape)}"


def read_answer(reply: Reply, api: str) -> wire.Answer | None:
    """Return the answer with values in a reply; None where it cannot be read."""
    if reply.status != 200:
        return None
    try:
        if api == "v2":
            return wire.read_v2(reply)
        tells_order = reply.header("x-activestorage-byte-order") is not None
        return wire.read_v1(reply, wire.v1_count_form(reply), tells_order, "little")
    except wire.Malformed:
        return None
