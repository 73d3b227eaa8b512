"""Findings on disk: what is saved is read back, and nothing but whole findings is ever found."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.findings import case_files, corpus
from fuzz.findings.case_files import MOST_KEPT_BODY_BYTES, Unreadable, laid_out
from fuzz.findings.finding import Finding
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions.rules import Rule
from specs.reductions.steps import Delete, Put, Send, SendRaw
from specs.violation import Aspect, Violation, Way

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.dictionaries(st.text(), JSON, max_size=4).map(Fields)
BYTES = st.binary(max_size=40) | st.binary(min_size=200, max_size=400) | st.text().map(lambda text: text.encode())
HEADERS = st.lists(st.tuples(st.text(), st.text()), max_size=2).map(tuple)
STEPS = st.one_of(
    st.builds(Put, st.text(), BYTES, st.sampled_from(("private", "public"))),
    st.builds(Delete, st.text()),
    st.builds(Send, st.text(), FIELDS, st.text(), without=st.just(()) | st.just(("url",))),
    st.builds(SendRaw, st.text(), st.text(), HEADERS, BYTES),
)
OUTCOMES = st.one_of(
    st.none(),
    st.builds(Reply, st.integers(100, 599), HEADERS, BYTES, st.floats(0, 10)),
    st.builds(NoReply, st.sampled_from(("closed", "timeout")), st.text()),
)
VIOLATIONS = st.builds(
    Violation,
    st.text(),
    st.text(),
    st.text(),
    st.text(),
    way=st.sampled_from(Way),
    rules=st.frozensets(st.sampled_from(Rule), max_size=3),
    status=st.none() | st.integers(100, 599),
    aspect=st.sampled_from((*Aspect, "axis")),
    step=st.integers(-1, 5),
    besides=st.lists(st.sampled_from((str(Aspect.COUNTS), str(Aspect.VALUES))), max_size=2).map(tuple),
)
FINDINGS = st.builds(
    Finding,
    st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    st.text(),
    VIOLATIONS,
    st.builds(Case, st.text(), st.lists(STEPS, max_size=4).map(tuple), st.lists(st.text(), max_size=2).map(tuple)),
    st.lists(OUTCOMES, max_size=4).map(tuple),
    st.lists(st.text(), max_size=3).map(tuple),
    st.sampled_from(("every time", "flaky", "seen once")),
    st.integers(1, 2**40),
    st.sampled_from(("v1", "v2")),
    st.text(),
    st.text(),
    st.lists(st.text(), max_size=3).map(tuple),
)
BRIEFLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def finding(data: bytes = b"\0\1\2\3", name: str = "sum-overflow", **changes: object) -> Finding:
    case = Case("reduction", (Put("a", data), Send("sum", Fields({"dtype": "int32"}), "a")))
    reply = Reply(200, (("content-type", "application/cbor"),), b"\xa0")
    plain = Finding(name, "f1", Violation("sum-values", "sum: wrong values", "[1]", "[2]"), case, (None, reply))
    return replace(plain, **changes)  # type: ignore[arg-type]


@BRIEFLY
@given(FINDINGS)
def test_a_finding_that_is_saved_is_read_back_the_same(one: Finding) -> None:
    with TemporaryDirectory() as folder:
        home = corpus.save(Path(folder), one, worker="w")
        again = corpus.load(home)
    assert again == one
    assert again.case.notes == one.case.notes


@BRIEFLY
@given(JSON)
def test_layout_changes_nothing_but_the_layout(value: object) -> None:
    text = laid_out({"x": value}, line_length=20)
    text.encode()
    assert json.dumps(json.loads(text)) == json.dumps({"x": value})


def test_long_bytes_are_in_files_named_by_their_content(tmp_path: Path) -> None:
    home = corpus.save(tmp_path, finding(bytes(range(256)) * 4))
    table = json.loads((home / "case.json").read_text())
    name = table["case"]["steps"][0]["data"]["file"]
    assert (home / "data" / name).read_bytes() == bytes(range(256)) * 4


def test_what_is_not_proved_stands_in_the_file_where_there_is_something(tmp_path: Path) -> None:
    plain = (corpus.save(tmp_path, finding()) / "case.json").read_text()
    assert not {"unproved", "besides"} & {*json.loads(plain), *json.loads(plain)["violation"]}
    home = corpus.save(tmp_path, finding(name="other", unproved=("axis", "order F")))
    assert json.loads((home / "case.json").read_text())["unproved"] == ["axis", "order F"]


def test_a_readable_body_stands_in_the_file_as_text(tmp_path: Path) -> None:
    case = Case("raw", (SendRaw("POST", "/v2/sum/", (), b'{"url": "{url}"}'),))
    home = corpus.save(tmp_path, finding(case=case))
    assert json.loads((home / "case.json").read_text())["case"]["steps"][0]["body"] == {"text": '{"url": "{url}"}'}


def test_an_answer_of_any_length_takes_a_limited_room(tmp_path: Path) -> None:
    long = Reply(200, (), b"\xff" * (MOST_KEPT_BODY_BYTES + 9))
    home = corpus.save(tmp_path, finding(outcomes=(None, long)))
    kept = corpus.load(home).outcomes[1]
    assert isinstance(kept, Reply)
    assert len(kept.body) == MOST_KEPT_BODY_BYTES


def test_a_smaller_case_replaces_a_larger_and_not_the_other_way_round(tmp_path: Path) -> None:
    large, small = finding(b"\xff" * 5000), finding(b"\0\0\0\0")
    corpus.save(tmp_path, large, {"finding.md": "large"})
    home = corpus.save(tmp_path, small, {"finding.md": "small"})
    assert corpus.load(home).case == small.case
    corpus.save(tmp_path, large, {"finding.md": "large"})
    assert corpus.load(home).case == small.case
    assert (home / "finding.md").read_text() == "small"


def test_the_same_case_with_better_knowledge_replaces_what_was_known(tmp_path: Path) -> None:
    corpus.save(tmp_path, finding())
    home = corpus.save(tmp_path, finding(reproducibility="flaky", needs=("dtype int32",)))
    assert corpus.load(home).reproducibility == "flaky"


def test_data_that_no_case_names_goes_once_it_is_old(tmp_path: Path) -> None:
    home = corpus.save(tmp_path, finding(b"\xff" * 5000))
    (old,) = (home / "data").iterdir()
    corpus.save(tmp_path, finding(b"\xfe" * 500))
    assert old.exists(), "another worker may be about to name it"
    os.utime(old, (0, 0))
    corpus.save(tmp_path, finding(b"\xfd" * 400))
    assert not old.exists()
    assert corpus.load(home).case == finding(b"\xfd" * 400).case


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(1, 100), min_size=1), min_size=1))
@BRIEFLY
def test_a_finding_was_seen_as_often_as_the_workers_saw_it_together(counts: dict[str, list[int]]) -> None:
    with TemporaryDirectory() as folder:
        for worker, numbers in counts.items():
            for number in numbers:
                home = corpus.save(Path(folder), finding(seen=number), worker=worker)
        assert corpus.load(home).seen == sum(numbers[-1] for numbers in counts.values())


def test_what_cannot_be_read_is_reported_and_hides_nothing_else(tmp_path: Path) -> None:
    corpus.save(tmp_path, finding(name="good"))
    for name, text in {"cut": '{"format": 1, "id"', "later": '{"format": 99}', "foreign": "[]"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "case.json").write_text(text)
    (tmp_path / "empty").mkdir()
    damaged = corpus.save(tmp_path, finding(b"\xff" * 999, name="damaged"))
    next((damaged / "data").iterdir()).write_bytes(b"other")
    reported: dict[str, str] = {}
    found = corpus.load_all(tmp_path, lambda path, why: reported.update({path.name: why}))
    assert [one.id for one in found] == ["good"]
    assert set(reported) == {"cut", "later", "foreign", "empty", "damaged"}
    assert "format 99" in reported["later"]
    assert "damaged or edited" in reported["damaged"]


def test_what_cannot_be_read_is_never_silent(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.warns(UserWarning, match=r"case\.json cannot be read"):
        assert corpus.load_all(tmp_path) == []


def test_a_folder_that_is_not_there_holds_no_findings(tmp_path: Path) -> None:
    assert corpus.load_all(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"step": "send"', '"step": "sned"', "$.case.steps[1]"),
        ('"hex": "00010203"', '"hex": "0g"', "$.case.steps[0].data"),
        ('"status": 200', '"status": "fine"', "$.outcomes[1]"),
        ('"key": "a", "data"', '"kee": "a", "data"', "$.case.steps[0]"),
        ('"hex": "00010203"', '"file": "../../x.bin"', "$.case.steps[0].data"),
    ],
)
def test_what_is_wrong_in_a_case_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    path = corpus.save(tmp_path, finding()) / "case.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(Unreadable) as raised:
        corpus.load(path)
    assert place in str(raised.value)


def test_an_id_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot name a file"):
        corpus.save(tmp_path, finding(name="../elsewhere"))


@pytest.mark.parametrize("together", [False, True])
def test_requests_at_the_same_time_come_back_as_they_were(tmp_path: Path, together: bool) -> None:
    one = finding()
    one = replace(one, case=replace(one.case, together=together))
    home = corpus.save(tmp_path, one)
    document = json.loads((home / "case.json").read_text())
    assert (document["format"], document["case"].get("together", False)) == (3, together)
    assert corpus.load(home).case == one.case


def test_a_saved_case_that_cannot_be_taken_together_is_told(tmp_path: Path) -> None:
    one = finding()
    home = corpus.save(tmp_path, replace(one, case=replace(one.case, together=True)))
    document = json.loads((home / "case.json").read_text())
    document["case"]["steps"].insert(0, document["case"]["steps"][0])
    (home / "case.json").write_text(json.dumps(document))
    with pytest.raises(Unreadable, match=r"an object is overwritten @ \$\.case"):
        corpus.load(home)


def test_the_format_stays_readable() -> None:
    """A case.json as the first suite wrote it; a new format number is needed before this may change."""
    text = (Path(__file__).parent / "format-1.case.json").read_text()
    one = case_files.finding_from(text, {}.__getitem__)
    assert one.case.steps == (
        Put("a", b"\0\1\2\3\xff"),
        Delete("b", "public"),
        Send("sum", Fields({"dtype": "int32"}), "a", "public", "http", None, ("url",)),
        SendRaw("POST", "/v2/sum/", (("a", "b"),), b"{}", "a", "private", "stranger"),
    )
    assert one.outcomes[2:] == (Reply(200, (("c", "d"),), b"x", 1.5), NoReply("closed", "why", 2.5))
    assert one.violation == Violation("sum-values", "title", "expected", "actual", aspect="values", step=2)


def _write_on(folder: Path, seed: int, told: Connection) -> None:
    """Write findings until killed, and tell each that is written."""
    for turn in range(10**6):
        name = f"finding-{turn % 7}"
        size = max(1, 6000 - turn * 10 - seed)
        case = Case("reduction", (Put("a", bytes([seed % 256]) * size), Send("sum", Fields({"dtype": "int32"}), "a")))
        one = Finding(name, name, Violation("sum-values", "t", "e", "a"), case, (None, None), seen=turn + 1)
        corpus.save(folder, one, {"finding.md": str(size)}, worker=f"w{seed}")
        told.send(name)


def _fail(path: Path, why: str) -> None:
    pytest.fail(f"{path}: {why}")


def _left(heard: Connection) -> set[str]:
    """What a writer that is dead has told; it may have died in the middle of a message."""
    told = set()
    with heard, suppress(EOFError, OSError):
        while True:
            told.add(heard.recv())
    return told


def _kill_writers(folder: Path, kills: int) -> None:
    """Kill writers of one folder at random moments; every finding told before is read back after each."""
    chance = random.Random(7)
    told: set[str] = set()
    # Writers are copies of a process that has imported everything: what they do takes less than to start them would.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    for kill in range(kills):
        writers = []
        for number in range(2):
            heard, tells = processes.Pipe(duplex=False)
            writer = processes.Process(target=_write_on, args=(folder, 2 * kill + number, tells), daemon=True)
            writer.start()
            tells.close()
            writers.append((writer, heard))
        for _ in range(chance.randrange(40)):
            told.add(writers[0][1].recv())
        for writer, heard in writers:
            writer.kill()
            told |= _left(heard)
            writer.join()
        assert {one.id for one in corpus.load_all(folder, _fail)} >= told
    assert len(told) == 7


def test_a_kill_at_any_moment_leaves_every_finding_readable(tmp_path: Path) -> None:
    _kill_writers(tmp_path, 5)


@pytest.mark.slow
def test_fifty_kills_leave_every_finding_readable(tmp_path: Path) -> None:
    _kill_writers(tmp_path, 50)
