"""Portraits of findings: all that a person needs, in few lines, whatever bytes are in them."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.findings.elision import array_line, bytes_line, json_line, visible
from fuzz.findings.portrait import portrait
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Outcome, Reply
from specs.reductions.encoding import stored
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.violation import Violation
from tests.unit.told_runs import answer, stride_ignored

THREE = struct.pack("<3I", 0, 1, 0)


def row(lines: list[str], label: str) -> str:
    """The text of one row, its continuation lines joined."""
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{label} "))
    rows = [lines[start][11:]]
    for line in lines[start + 1 :]:
        if not line.startswith(" " * 11):
            break
        rows.append(line.strip())
    return " ".join(rows)


def of(steps: tuple[Step, ...], outcomes: tuple[Outcome, ...], violation: Violation, **changes: Any) -> list[str]:
    return portrait(stride_ignored(case=Case("p", steps), outcomes=outcomes, violation=violation, **changes))


def test_a_finding_reads_as_the_design_page_shows_it() -> None:
    assert portrait(stride_ignored(), "findings/select-stride") == [
        'POST /v2/select/  {"dtype": "uint32", "shape": [3], "selection": [[0, 3, 2]]}',
        "data       [0 1 0]  uint32",
        "expected   shape [2]",
        "got        shape [3]   [0 1 0]",
        "must       answer-shape: The answer's shape is the selected shape without the reduced axes, and the",
        "           selected shape for select",
        "needs      stride ≠ 1",
        "seen       318 times, every time",
        "again      asfuzz replay findings/select-stride",
    ]


@pytest.mark.parametrize(
    ("seen", "reproducibility", "said"),
    [
        (1, "every time", "once; sent again: every time"),
        (1, "seen once", "once; not seen again"),
        (1000, "flaky", "1,000 times, some of the times"),
    ],
)
def test_how_often_and_how_surely_is_told(seen: int, reproducibility: str, said: str) -> None:
    lines = portrait(stride_ignored(seen=seen, reproducibility=reproducibility))
    assert row(lines, "seen").startswith(said)


def test_the_requirement_is_told_in_words() -> None:
    said = row(portrait(stride_ignored(), width=60), "must")
    assert said.startswith("answer-shape: ")
    assert len(said.split()) > 4


def test_wrong_values_come_with_their_shape_and_wrong_counts_are_called_counts() -> None:
    values = Violation("sum-values", "sum: wrong values", "[1]", "[2]", step=1)
    steps = (Put("a", THREE), Send("sum", Fields({"dtype": "uint32"}), "a"))
    lines = of(steps, (None, answer((2,), [], [3])), values)
    assert (row(lines, "expected"), row(lines, "got")) == ("[1]", "[2]   shape []")
    lines = of(steps, (None, answer((1,), [], [2])), Violation("counts", "sum: wrong counts", "[3]", "[2]", step=1))
    assert (row(lines, "expected"), row(lines, "got")) == ("count [3]", "count [2]")


def test_an_answer_where_an_error_is_due_shows_what_was_answered() -> None:
    steps = (Put("a", THREE), Send("sum", Fields({"dtype": "uint32", "shape": [4]}), "a"))
    violation = Violation("refuses-unfit-data", "short read: answered with values", "400", "200", step=1)
    assert row(of(steps, (None, answer((1,), [], [3])), violation), "got") == "[1]   shape []"


@pytest.mark.parametrize("compression", [None, "gzip", "zlib", "blosc2"])
@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_data_is_shown_as_the_request_reads_it(compression: str | None, byte_order: Any) -> None:
    array = np.array([[1, 2], [3, 4]], "int64")
    fields = {"dtype": "int64", "byte_order": byte_order, "shape": [2, 2], "order": "F", "offset": 3}
    if compression:
        fields["compression"] = {"id": compression}
    data = b"abc" + stored(array, byte_order=byte_order, order="F", compression=compression)
    violation = Violation("sum-values", "t", "1", "2", step=1)
    lines = of((Put("a", data), Send("sum", Fields(fields), "a")), (None, None), violation)
    assert row(lines, "data") == f"[[1 2] [3 4]]  int64  in {len(data)} bytes"


def test_data_that_no_request_can_read_is_shown_as_bytes() -> None:
    steps = (Put("a", b"\x1f\x8b\x00"), Send("sum", Fields({"dtype": "int32", "compression": {"id": "gzip"}}), "a"))
    lines = of(steps, (None, Reply(500, (), b"")), Violation("no-server-error", "t", "400", "500", step=1))
    assert row(lines, "data") == "1f 8b 00 (3 bytes)"


def test_out_of_the_ordinary_circumstances_are_told_and_ordinary_ones_are_not() -> None:
    violation = Violation("credentials", "t", "401", "200", step=1)
    fields = Fields({"dtype": "uint32"})
    ordinary = of((Put("a", THREE), Send("sum", fields, "a")), (None, None), violation)
    assert not any(line.startswith("with ") for line in ordinary)
    odd = Send("sum", fields, "a", bucket="public", interface="http", credentials=None, without=("url",))
    lines = of((Put("a", THREE, "public"), odd), (None, None), violation)
    assert row(lines, "with") == "no credentials, bucket public, read over http"
    assert lines[0].endswith("without url")


def test_raw_requests_are_shown_as_http() -> None:
    raw = SendRaw("PUT", "/v2/sum/", (("Content-Type", "text/\x1b[31mred"),), b'{"dtype": "int32"')
    lines = of((raw,), (NoReply("closed", "by peer"),), Violation("answers", "t", "405", "closed", step=0))
    assert lines[:4] == ["PUT /v2/sum/ HTTP/1.1", "Content-Type: text/\\x1b[31mred", "", '{"dtype": "int32"']
    assert row(lines, "data") == "no such object"
    assert row(lines, "got") == "closed"


def test_histories_are_numbered_steps_with_what_each_was_answered() -> None:
    ask = Send("sum", Fields({"dtype": "uint32"}), "a")
    steps = (Put("a", THREE), ask, Put("a", THREE[:4]), ask, Delete("a"), ask)
    outcomes = (None, answer((1,), [], [3]), None, answer((1,), [], [3]), None, NoReply("timeout"))
    lines = of(steps, outcomes, Violation("sum-values", "t", "[0]", "[1]", step=3))
    assert lines[:8] == [
        " 1  put private/a: [0 1 0]  uint32",
        ' 2  POST /v2/sum/  {"dtype": "uint32"}  (private/a)',
        "    → [1]   shape []   count [3]",
        " 3  put private/a: [0]  uint32",
        ' 4✗ POST /v2/sum/  {"dtype": "uint32"}  (private/a)',
        " 5  delete private/a",
        ' 6  POST /v2/sum/  {"dtype": "uint32"}  (private/a)',
        "    → no answer: timeout",
    ]
    assert row(lines, "got") == "[1]   shape []"


def test_replies_of_version_one_are_read_by_their_headers() -> None:
    headers = {"dtype": "uint32", "shape": "[1, 2]", "count": "[2, 3]", "byte-order": "big"}
    reply = Reply(200, tuple((f"x-activestorage-{k}", v) for k, v in headers.items()), struct.pack(">2I", 5, 6))
    steps = (Put("a", THREE), Send("sum", Fields({"dtype": "uint32"}), "a"))
    lines = of(steps, (None, reply), Violation("refuses-invalid", "t", "400", "200", step=1), api="v1")
    assert lines[0].startswith("POST /v1/sum/")
    assert row(lines, "got") == "[[5 6]]   shape [1, 2]"


@settings(max_examples=settings.default.max_examples // 2)
@given(
    st.binary(max_size=60),
    st.binary(max_size=60),
    st.text(max_size=30),
    st.dictionaries(st.text(max_size=8), st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists)),
    st.sampled_from([200, 400, 500]),
    st.integers(-1, 9),
)
def test_no_finding_is_too_strange_for_a_portrait(
    data: bytes, body: bytes, text: str, fields: dict[str, Any], status: int, step: int
) -> None:
    headers = (("content-type", text), ("x-activestorage-dtype", "int32"), ("x-activestorage-shape", text))
    steps = (Put("a", data), Send("sum", Fields(fields), "a"), SendRaw("POST", text, ((text, text),), body))
    for api in ("v1", "v2"):
        reply = Reply(status, headers, body)
        violation = Violation("no-such", text, text, text, step=step)
        for case_steps in (steps, steps[:2], steps[2:]):
            lines = of(case_steps, (reply,) * len(case_steps), violation, api=api)
            assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("array", "line"),
    [
        (np.array(7), "7"),
        (np.array([0.1, np.nan, -0.0], "float32"), "[0.1 nan -0.0]"),
        (np.array([1e300, np.inf]), "[1e+300 inf]"),
        (np.zeros((2, 0)), "[]"),
        (np.arange(30), "[0 1 2 … 27 28 29] (30 in all)"),
        (np.zeros((5, 5), "int32"), "25 times 0 in shape [5, 5]"),
        (np.where(np.arange(30) == 9, np.nan, 1.0), "29 times 1.0, but nan at [9]"),
        (np.where(np.arange(30) == 0, -0.0, 0.0), "29 times 0.0, but -0.0 at [0]"),
    ],
)
def test_arrays_are_short_and_exact(array: Any, line: str) -> None:
    assert array_line(array) == line


def test_long_json_says_how_long_it_is() -> None:
    assert json_line(list(range(20_000))).endswith("11, … 20,000 in all]")
    assert len(json_line({"key": "x" * 5000, "n": 10**500})) < 200


@given(st.text())
def test_visible_text_is_one_printable_line(text: str) -> None:
    assert visible(text).isprintable()


@given(st.binary())
def test_bytes_are_shown_in_a_short_printable_line(data: bytes) -> None:
    assert bytes_line(data).isprintable()
    assert len(bytes_line(data)) < 120
