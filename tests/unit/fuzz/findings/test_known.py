"""Known issues: what is accepted, for how long, and what is said about it."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.cli import main
from fuzz.findings import corpus, known
from fuzz.findings.finding import Finding
from fuzz.findings.known import Entry, Known, UnusableKnown
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions.profile import Profile, load, shipped
from specs.reductions.rules import Rule
from specs.reductions.steps import Put, Send
from specs.violation import Aspect, Violation

DAY = date(2026, 6, 1)
FINDING = Finding(
    "select-stride",
    "f1",
    Violation("select-values", "select ignores the stride", "[0]", "[1]", aspect=Aspect.VALUES),
    Case("reduction", (Put("a", b"\0\0\0\0"), Send("select", Fields({"dtype": "int32"}), "a"))),
    (None, None),
    needs=("stride beyond one",),
)
WORDS = st.text(st.characters(exclude_categories=("Cs",)))
ENTRIES = st.builds(
    Entry,
    WORDS.filter(str.strip),
    fingerprint=WORDS,
    id=WORDS,
    requirement=st.text("abc-", min_size=1),
    way=st.sampled_from(("", "dropped", "silent|dropped")),
    rules=st.none() | st.lists(st.sampled_from([rule.value for rule in Rule]), max_size=2).map(tuple),
    status=st.lists(st.integers(100, 599), max_size=2).map(tuple),
    aspect=st.sampled_from(("", "counts", "axis|closed")),
    needs=st.lists(WORDS, max_size=3).map(tuple),
    says=WORDS,
    title=WORDS,
    link=WORDS,
    expires=st.none() | st.dates(min_value=date(1000, 1, 1)),
)


def accepted(*entries: Entry) -> Known:
    return Known(entries, DAY)


@pytest.mark.parametrize(
    "entry",
    [
        Entry("r", fingerprint="f1"),
        Entry("r", id="select-stride"),
        Entry("r", requirement="select-values"),
        Entry("r", requirement="select-values", way="values", rules=(), aspect="values", needs=("stride beyond one",)),
        Entry("r", requirement="sum-values|select-values", way="refused|values", needs=("order F|stride beyond one",)),
        Entry("r", requirement="*", needs=("stride beyond one",)),
        Entry("r", fingerprint="f1", expires=DAY),
    ],
)
def test_an_entry_accepts_what_it_describes(entry: Entry) -> None:
    assert accepted(entry).match(FINDING) is entry


SAID = replace(
    FINDING,
    violation=replace(FINDING.violation, step=1),
    outcomes=(None, Reply(500, (), b'{"error": {"message": "the cache has ended"}}')),
)


@pytest.mark.parametrize(
    ("finding", "says", "covers"),
    [
        (SAID, "the cache has ended", True),
        (SAID, "the cache has begun", False),
        (FINDING, "the cache has ended", False),
        (replace(SAID, outcomes=(*reversed(SAID.outcomes),)), "the cache has ended", False),
        (replace(SAID, violation=replace(SAID.violation, step=-1)), "the cache has ended", True),
        (replace(SAID, outcomes=(None, NoReply("closed"))), "the cache has ended", False),
    ],
)
def test_an_entry_may_go_by_what_the_server_says(finding: Finding, says: str, covers: bool) -> None:
    assert Entry("r", requirement="select-values", says=says).covers(finding) is covers


@pytest.mark.parametrize(
    "entry",
    [
        Entry("r", fingerprint="f2"),
        Entry("r", fingerprint="f2", requirement="select-values"),
        Entry("r", requirement="sum-values"),
        Entry("r", requirement="select-values", aspect="counts"),
        Entry("r", requirement="select-values", needs=("order F",)),
        Entry("r", requirement="sum-values|min-values"),
        Entry("r", requirement="*", needs=("stride beyond one", "order F|order C")),
        Entry("r", fingerprint="f1", expires=date(2026, 5, 31)),
    ],
)
def test_an_entry_accepts_nothing_else(entry: Entry) -> None:
    assert accepted(entry).match(FINDING) is None


def test_an_expired_entry_is_said_to_be() -> None:
    (warning,) = accepted(
        Entry("r", fingerprint="f1", id="x", expires=date(2026, 5, 31)), Entry("r", id="y")
    ).warnings()
    assert "'x' expired on 2026-05-31" in warning


def test_an_entry_that_nothing_called_for_is_said_to_be() -> None:
    both = accepted(Entry("r", fingerprint="f1"), Entry("r", id="gone"))
    (remark,) = both.unseen([FINDING])
    assert "'gone' was not seen" in remark


@given(st.lists(ENTRIES, max_size=4))
def test_entries_that_are_written_are_read_back(entries: list[Entry]) -> None:
    text = ""
    for entry in entries:
        text = known.added(text, entry)
    tables = tomllib.loads(text).get("known", [])
    assert [
        Entry(**{name: tuple(value) if isinstance(value, list) else value for name, value in one.items()})
        for one in tables
    ] == entries


@given(st.lists(ENTRIES, min_size=1, max_size=4), st.data())
def test_removing_entries_leaves_the_others_and_the_text_above(entries: list[Entry], data: st.DataObject) -> None:
    text = "# accepted by the team\n\n"
    for entry in entries:
        text = known.added(text, entry)
    gone = data.draw(st.sets(st.integers(0, len(entries) - 1)))
    left = known.removed(text, gone)
    reasons = [one["reason"] for one in tomllib.loads(left).get("known", [])]
    assert reasons == [entry.reason for number, entry in enumerate(entries) if number not in gone]
    assert left.startswith("# accepted by the team\n")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[known]]\nid = 'x'\n", "entry 1: a known issue needs a reason"),
        ("[[known]]\nreason = 'x'\n", "needs one of fingerprint, id, requirement"),
        ("[[known]]\nid = 'x'\nreasn = 'x'\n", "Did you mean 'reason'?"),
        ("[[known]]\nid = 'x'\nreason = 'x'\nexpires = 'soon'\n", "must be a date such as"),
        ("[[known]]\nid = 'x'\nreason = 'x'\nneeds = 'y'\n", "needs must be a list"),
        ("[[konwn]]\n", "'konwn' is unknown"),
        ("[[known]\n", "is not TOML"),
    ],
)
def test_what_is_wrong_in_a_list_is_told_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "known.toml"
    path.write_text(text)
    with pytest.raises(UnusableKnown) as raised:
        known.entries_of(path)
    assert str(path) in str(raised.value)
    assert complaint in str(raised.value)


def test_a_profile_brings_known_issues_of_its_own(tmp_path: Path) -> None:
    profile = Profile("mine", known=({"requirement": "select-values", "reason": "not yet"},))
    entry = known.gather(tmp_path, profile, DAY).match(FINDING)
    assert entry is not None
    assert entry.reason == "not yet"
    assert "profile mine" in entry.where


def test_adding_listing_and_pruning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "findings"
    home = corpus.save(folder, FINDING)
    corpus.save(folder, replace(FINDING, id="other", fingerprint="f2"))
    flags = ["--findings", str(folder)]
    assert main(["known", "add", str(home), "--reason", "not yet", "--expires", "2999-01-01", *flags]) == 0
    assert main(["known", "add", "other", "--reason", "old", *flags]) == 0
    path = folder / "known.toml"
    path.write_text(path.read_text().rstrip() + "\nexpires = 2001-01-01\n")
    assert known.gather(folder).match(FINDING) is not None
    capsys.readouterr()
    assert main(["known", "list", *flags]) == 0
    listed = capsys.readouterr().out
    assert "select-stride until 2999-01-01" in listed
    assert "other until 2001-01-01  EXPIRED" in listed
    assert main(["known", "prune", *flags]) == 0
    assert "removed other: expired on 2001-01-01" in capsys.readouterr().out
    assert [one.id for one in known.entries_of(folder / "known.toml")] == ["select-stride"]


def test_adding_twice_or_without_a_finding_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus.save(tmp_path, FINDING)
    flags = ["--findings", str(tmp_path)]
    assert main(["known", "add", "select-stride", "--reason", "not yet", *flags]) == 0
    assert main(["known", "add", "select-stride", "--reason", "again", *flags]) == 2
    assert "is known already: not yet" in capsys.readouterr().err
    assert main(["known", "add", "nothing", "--reason", "r", *flags]) == 2


def test_what_is_accepted_can_be_removed_by_path_by_id_and_without_its_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "elsewhere"
    home = corpus.save(folder, FINDING)
    for named, flags in ((str(home), []), ("select-stride", ["--findings", str(folder)])):
        assert main(["known", "add", named, "--reason", "not yet", *flags]) == 0
        assert main(["known", "remove", named, *flags]) == 0
        assert known.entries_of(folder / "known.toml") == ()
    assert main(["known", "add", str(home), "--reason", "not yet"]) == 0
    shutil.rmtree(home)
    assert main(["known", "remove", "select-stride", "--findings", str(folder)]) == 0
    capsys.readouterr()
    assert main(["known", "remove", "select-stride", "--findings", str(folder)]) == 2
    assert "asfuzz known list says what is" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("day", "said"), [("2020-01-01", "is past"), ("tomorrow", "'tomorrow' is not a date such as 2027-01-31")]
)
def test_a_day_that_nothing_can_expire_on_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str, said: str
) -> None:
    corpus.save(tmp_path, FINDING)
    arguments = ["known", "add", "select-stride", "--reason", "r", "--findings", str(tmp_path), "--expires", day]
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = int(str(ended.code))
    assert (code, said in capsys.readouterr().err) == (2, True)
    assert not (tmp_path / "known.toml").exists()


def test_pruning_keeps_entries_whose_finding_may_be_the_unreadable_one(tmp_path: Path) -> None:
    home = corpus.save(tmp_path, FINDING)
    flags = ["--findings", str(tmp_path)]
    assert main(["known", "add", "select-stride", "--reason", "not yet", *flags]) == 0
    (home / "case.json").write_text("{")
    assert main(["known", "prune", *flags]) == 0
    assert len(known.entries_of(tmp_path / "known.toml")) == 1


@pytest.mark.parametrize("name", shipped())
def test_the_known_issues_of_shipped_profiles_can_be_read(name: str, tmp_path: Path) -> None:
    profile = load(name)
    assert len(known.gather(tmp_path, profile, DAY).entries) == len(profile.known)


@pytest.mark.parametrize(("reproducibility", "covers"), [("seen once", True), ("every time", False)])
def test_chance_is_what_was_seen_once(reproducibility: str, covers: bool) -> None:
    seen = Violation("answers", "t", "e", "a")
    finding = Finding("f", "f", seen, Case("x", ()), (), reproducibility=reproducibility)  # type: ignore[arg-type]
    assert Entry("r", requirement="answers", needs=("chance",)).covers(finding) is covers


def test_an_entry_may_name_faults_of_which_a_finding_covers_one() -> None:
    violation = Violation("answers", "dropped", "400", "closed", rules=frozenset({Rule.OUT_OF_RANGE}))
    case = Case("malformed", (Send("sum", Fields({"dtype": "int32"}), "a"),))
    one = Finding("f", "f", violation, case, (), covers=("element_size:out-of-range",))
    entry = Entry("known", requirement="answers", faults=("element_size:out-of-range",))
    assert entry.covers(one)
    assert not entry.covers(replace(one, covers=("offset:out-of-range",)))
    assert not entry.covers(replace(one, covers=()))


def test_an_entry_about_chance_covers_nothing_that_comes_again() -> None:
    violation = Violation("answers", "no answer", "an answer", "none")
    case = Case("reduction", (Send("sum", Fields({"dtype": "int32"}), "a"),))
    one = Finding("f", "f", violation, case, (), reproducibility="seen once")
    entry = Entry("known", requirement="answers", reproducibility="seen once")
    assert entry.covers(one)
    assert not entry.covers(replace(one, reproducibility="every time"))


def test_what_the_budget_left_unproved_counts_for_a_need() -> None:
    case = Case("reduction", (Send("sum", Fields({"dtype": "int32"}), "a"),))
    one = Finding("f", "f", Violation("answers", "no answer", "an answer", "none"), case, (), unproved=("blosc2",))
    assert Entry("known", requirement="answers", needs=("blosc2",)).covers(one)
    assert not Entry("known", requirement="answers", needs=("gzip",)).covers(one)
