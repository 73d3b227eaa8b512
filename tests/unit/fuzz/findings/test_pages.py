"""What a finding's folder tells people, and that its scripts work without the suite."""

from __future__ import annotations

import ast
import json
import re
import runpy
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.running.launcher import free_port
from fuzz.running.session import Session
from fuzz.running.store import MemoryStore
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.server import serve
from fuzz.subjects.reductions.scripts.curl_script import curl_script
from fuzz.subjects.reductions.scripts.plan import plan_of
from fuzz.subjects.reductions.scripts.short_script import short_script
from fuzz.subjects.reductions.scripts.writing import long_script
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.transport.http import HttpClient
from specs.case import Case
from specs.fields import Fields
from specs.outcome import Reply
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.violation import Violation

REFERENCE = {api: Profile("reference", api=api) for api in ("v1", "v2")}  # type: ignore[arg-type]
# Some fifteen, and the docstring and the imports; one object is put and one request is sent.
MOST_LINES = 22
NUMBERS = np.arange(6, dtype="<i4").tobytes()
# Far beyond what any script takes, so that a busy machine breaks none.
SECONDS = 350


class SumsOneMore(ReferenceServer):
    def reduce_sum(self, *arguments: Any) -> Any:
        return super().reduce_sum(*arguments) + 1


class NamesNothing(ReferenceServer):
    def error_answer(self, refusal: Any) -> Any:
        return replace(super().error_answer(refusal), body=b'{"error": {"message": "no"}}')


@pytest.fixture(scope="module")
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as store:
        yield store


def environment(store: MemoryStore) -> dict[str, str]:
    owner = store.credentials["owner"]
    return {
        "PATH": "/usr/bin:/bin",
        "AWS_ACCESS_KEY_ID": owner.access_key,
        "AWS_SECRET_ACCESS_KEY": owner.secret,
        "BUCKET": store.buckets.private,
        "PUBLIC_BUCKET": store.buckets.public,
        "HTTP_URL": store.http_url or "",
        "STORE_URL": store.s3_url,
    }


def found(case: Case, server: type[ReferenceServer], store: MemoryStore, api: str = "v2") -> Finding:
    """The finding that a broken server gives."""
    with serve(server()) as running:
        session = Session(REDUCTIONS, HttpClient(running.url), store, REFERENCE[api])
        judgement = session.judge(case)
        session.close()
    assert judgement.failures
    return Finding(
        "a-finding", "f", judgement.failures[0], case, judgement.transcript.outcomes, api=api, server="a server"
    )


@dataclass
class Repro:
    """Runs a finding's script in this process, which saves importing boto3 for each."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    store: MemoryStore

    def run(self, home: Path, server: type[ReferenceServer]) -> tuple[int, str]:
        for name, value in environment(self.store).items():
            self.monkeypatch.setenv(name, value)
        with serve(server()) as running:
            self.monkeypatch.setenv("SERVER_URL", running.url)
            self.monkeypatch.setattr(sys, "argv", ["repro.py"])
            # It keeps the keys that were in the environment when it was made.
            self.monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
            self.monkeypatch.setattr(sys, "excepthook", sys.excepthook)
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(str(home / "repro.py"), run_name="__main__")
        return int(ended.value.code or 0), self.capsys.readouterr().out


def long_only(finding: Finding, profile: Profile) -> dict[str, str]:
    """A finding's texts, with the long script where the short one would do."""
    return {**pages(finding, profile), "repro.py": long_script(plan_of(finding, profile))}


@pytest.fixture
def repro(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], store: MemoryStore) -> Repro:
    return Repro(monkeypatch, capsys, store)


def one(operation: str, data: bytes = NUMBERS, **fields: Any) -> Case:
    return Case("reduction", (Put("a b", data), Send(operation, Fields({"dtype": "int32", **fields}), "a b")))


class CallsAnswersText(ReferenceServer):
    def answer_v2(self, reduction: Any, outcome: Any) -> Any:
        answer = super().answer_v2(reduction, outcome)
        return replace(answer, headers={**answer.headers, "content-type": "text/plain"})


CASES = [
    (one("sum"), SumsOneMore, "v2"),
    (one("sum", shape=[2, 3], axis=[1], option_count_as_bytes=True), SumsOneMore, "v2"),
    (one("sum", np.ones(999, "<f4").tobytes(), dtype="float32"), SumsOneMore, "v2"),
    (one("sum", shape=[2, 3], axis=0), SumsOneMore, "v1"),
    (one("sum", offset=-1), NamesNothing, "v2"),
    (one("sum"), CallsAnswersText, "v2"),
    (
        Case("raw", (SendRaw("POST", "/v2/sum/", (("Content-Type", "application/json"),), b'{"dtype": 1}'),)),
        NamesNothing,
        "v2",
    ),
    (
        Case(
            "reduction",
            (
                Put("x", b"gone"),
                Put("y", NUMBERS, "public"),
                Delete("x"),
                Send("sum", Fields({"dtype": "int32"}), "y", "public", "http", None),
            ),
        ),
        SumsOneMore,
        "v2",
    ),
]


@pytest.mark.parametrize("texts", [pages, pytest.param(long_only, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("case", "server", "api"), CASES)
def test_the_script_fails_where_the_server_did_and_passes_where_it_is_right(
    texts: Any, case: Case, server: type[ReferenceServer], api: str, store: MemoryStore, tmp_path: Path, repro: Repro
) -> None:
    finding = found(case, server, store, api)
    home = corpus.save(tmp_path, finding, texts(finding, REFERENCE[api]))
    code, told = repro.run(home, server)
    assert code == 1, told
    assert finding.violation.expected.strip("[]") in told or finding.violation.requirement == "answer-form"
    code, told = repro.run(home, ReferenceServer)
    assert code == 0, told


@pytest.mark.parametrize(("at", "short"), [(0, True), (1, False), (2, True), (3, False), (5, False), (7, True)])
def test_what_a_few_lines_can_show_has_a_script_of_a_few_lines(at: int, short: bool, store: MemoryStore) -> None:
    case, server, api = CASES[at]
    text = pages(found(case, server, store, api), REFERENCE[api])["repro.py"]
    more = len(case.steps) - 2
    assert (len(text.splitlines()) <= MOST_LINES + more) == short


def test_the_stand_alone_script_needs_nothing_of_the_suite(store: MemoryStore, tmp_path: Path) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    home = corpus.save(tmp_path, finding, long_only(finding, REFERENCE["v2"]))
    hidden = "import sys; sys.modules.update(dict.fromkeys(('fuzz', 'specs', 'strategies', 'cbor2'))); import runpy; "
    command = hidden + f"sys.argv = sys.argv[1:]; runpy.run_path({str(home / 'repro.py')!r}, run_name='__main__')"
    with serve(SumsOneMore()) as running:
        ran = subprocess.run(
            [sys.executable, "-I", "-c", command, "repro.py", running.url],
            env=environment(store),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    assert (ran.returncode, ran.stderr) == (1, "")


def test_the_stand_alone_script_says_what_it_lacks(store: MemoryStore, tmp_path: Path) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    home = corpus.save(tmp_path, finding, long_only(finding, REFERENCE["v2"]))
    lacking = subprocess.run(
        [sys.executable, str(home / "repro.py")], env={}, capture_output=True, text=True, timeout=SECONDS
    )
    assert lacking.returncode == 2
    assert "AWS_ACCESS_KEY_ID" in lacking.stderr


def by_curl(home: Path, server: type[ReferenceServer], store: MemoryStore) -> subprocess.CompletedProcess[str]:
    with serve(server()) as running:
        return subprocess.run(
            ["/bin/sh", str(home / "curl.sh")],
            env={**environment(store), "SERVER_URL": running.url},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize(("case", "server", "api"), CASES)
def test_the_curl_script_decodes_compares_and_exits_by_1_while_the_bug_is_there(
    case: Case, server: type[ReferenceServer], api: str, store: MemoryStore, tmp_path: Path
) -> None:
    finding = found(case, server, store, api)
    home = corpus.save(tmp_path, finding, pages(finding, REFERENCE[api]))
    ran = by_curl(home, server, store)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert f"expected  {finding.violation.expected}" in ran.stdout
    ran = by_curl(home, ReferenceServer, store)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ran.stdout.endswith("now       right\n")


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_curl_script_says_when_it_cannot_tell(store: MemoryStore, tmp_path: Path) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    home = corpus.save(tmp_path, finding, pages(finding))
    unused = f"http://127.0.0.1:{free_port()}"
    given = {**environment(store), "SERVER_URL": unused}
    for changed, code in (({}, 3), ({"SERVER_URL": store.s3_url, "STORE_URL": unused}, 3), ({"BUCKET": ""}, 2)):
        ran = subprocess.run(
            ["sh", str(home / "curl.sh")], env={**given, **changed}, capture_output=True, text=True, timeout=SECONDS
        )
        assert ran.returncode == code, ran.stdout + ran.stderr


def test_curl_is_not_offered_where_it_cannot_show_the_finding(store: MemoryStore) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    puts = tuple(replace(step, served="whole") if isinstance(step, Put) else step for step in finding.case.steps)
    texts = pages(replace(finding, case=replace(finding.case, steps=puts)))
    assert "curl.sh" not in texts
    assert "sh curl.sh" not in texts["finding.md"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_the_request_on_the_page_is_sent_by_pasting_it(store: MemoryStore) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    (block,) = re.findall(r"^```sh\n(.*?)^```$", pages(finding)["finding.md"], re.MULTILINE | re.DOTALL)
    with serve(SumsOneMore()) as running:
        ran = subprocess.run(
            ["sh", "-euc", block],
            env={**environment(store), "SERVER_URL": running.url},
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    assert ran.stdout.startswith(b"HTTP/1.1 200")
    assert b"application/cbor" in ran.stdout


def test_the_page_tells_what_was_sent_expected_and_got(store: MemoryStore) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    page = pages(replace(finding, needs=("huge values",), reproducibility="flaky"))["finding.md"]
    for piece in ("# sum: wrong values", "POST /v2/sum/", "[15]", "[16]", "flaky", "huge values", "a server", "replay"):
        assert piece in page


def test_the_page_tells_what_a_finding_may_know_besides(store: MemoryStore) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    more = replace(finding, unproved=("size",), reads_as="the answer without the stride", last_words="panicked at x")
    page = pages(more, REFERENCE["v2"])["finding.md"]
    assert "Not reduced to the end: nobody tried without size." in page
    assert "The wrong answer is the answer without the stride." in page
    assert "```text\npanicked at x\n```" in page


def test_no_text_holds_a_secret(store: MemoryStore) -> None:
    finding = found(one("sum"), SumsOneMore, store)
    for text in pages(finding).values():
        assert not any(pair.secret in text or pair.access_key in text for pair in store.credentials.values())


TEXT = st.text(st.sampled_from("a'\"\\$`{}\n\r\t\0é\u2028\U0001f600;&| %#"), max_size=8)
HEADERS = st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple)
STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(Put, TEXT, st.binary(max_size=8)),
    st.builds(Send, TEXT, st.dictionaries(TEXT, TEXT, max_size=2).map(Fields), TEXT, TEXT),
    st.builds(
        SendRaw, TEXT, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple), st.binary() | TEXT.map(str.encode)
    ),
)


@settings(deadline=None)
@given(TEXT, st.lists(STEPS, max_size=3), st.sampled_from(("v1", "v2")))
def test_whatever_a_case_holds_its_scripts_are_scripts(words: str, steps: list[Step], api: str) -> None:
    violation = Violation("sum-values", words, words, words)
    finding = Finding("x", "f", violation, Case("raw", tuple(steps)), (None,) * len(steps), api=api)
    assigned = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.parse(long_script(plan_of(finding, REFERENCE[api]))).body
        if isinstance(node, ast.Assign)
    }
    plan = ast.literal_eval(assigned["PLAN_TEXT"])
    assert json.loads(plan)["title"] == words
    script = curl_script(finding, REFERENCE[api], plan_of(finding, REFERENCE[api])) or ""
    checked = subprocess.run(["/bin/sh", "-n"], input=script.encode("utf-8", "replace"), capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, b"")


KEYS_AND_VALUES = st.tuples(TEXT, TEXT, st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=2))


@settings(deadline=None)
@given(TEXT, KEYS_AND_VALUES, st.binary(max_size=8), st.sampled_from(("private", "public")))
def test_whatever_a_short_script_holds_it_is_python(
    title: str, asked: tuple[str, str, dict[str, Any]], data: bytes, bucket: Any
) -> None:
    operation, key, fields = asked
    case = Case("raw", (Put(key, data, bucket), Send(operation, Fields(fields), key, bucket)))
    violation = Violation("refuses-invalid", title, "400", "200", step=1)
    finding = Finding("x", "f", violation, case, (None, Reply(200, (), b"")))
    plan = plan_of(finding, REFERENCE["v2"])
    script = short_script(finding, plan)
    assert script is not None or not plan["steps"][1]["statuses"]
    ast.parse(script or "")


# Requests at the same time.


SUMS_AT_ONCE = 3


class SharesItsNumbers(ReferenceServer):
    """Requests for sums wait until all that are sent at the same time have come, and add up the last one's numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: Any = None
        self.meeting = threading.Barrier(SUMS_AT_ONCE)

    def reduce_sum(self, array: Any) -> Any:
        self.numbers = array
        self.meeting.wait(SECONDS)
        return super().reduce_sum(self.numbers)


def together() -> Case:
    puts = [Put(f"a {at}", np.full(3, at, "<i4").tobytes()) for at in range(1, SUMS_AT_ONCE + 1)]
    sends = [Send("sum", Fields({"dtype": "int32"}), put.key) for put in puts]
    raw = SendRaw("POST", "/v2/sum/", (("Content-Type", "application/json"),), b"{", "a 1")
    return Case("at-the-same-time", (*puts, *sends, raw), together=True)


def test_requests_at_the_same_time_are_sent_so_by_the_script(tmp_path: Path, repro: Repro, store: MemoryStore) -> None:
    one = found(together(), SharesItsNumbers, store)
    home = corpus.save(tmp_path, one, pages(one, REFERENCE["v2"]))
    code, out = repro.run(home, SharesItsNumbers)
    assert code == 1, out
    assert "now       values [" in out
    code, out = repro.run(home, ReferenceServer)
    assert code == 0, out
    assert "now       right (try 50)" in out


def test_the_page_says_that_requests_were_sent_at_the_same_time(store: MemoryStore) -> None:
    one = found(together(), SharesItsNumbers, store)
    page = pages(one)["finding.md"]
    assert "sent at the same time" in page
    assert page.count("\n   at the same time:\n") == 1
    assert "at the same time" not in pages(replace(one, case=replace(one.case, together=False)))["finding.md"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_sends_them_in_the_background_and_waits(tmp_path: Path, store: MemoryStore) -> None:
    one = found(together(), SharesItsNumbers, store)
    home = corpus.save(tmp_path, one, pages(one, REFERENCE["v2"]))
    text = (home / "curl.sh").read_text()
    assert text.count(" &\n") == 4
    assert "\n        wait\n" in text
    assert by_curl(home, SharesItsNumbers, store).returncode == 1
    done = by_curl(home, ReferenceServer, store)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("try ") == 20
