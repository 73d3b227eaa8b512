"""The history that logs tell: sums of several machines, runs that were killed, and what is left to find."""

from pathlib import Path

import pytest

from fuzz.errors import UsageError
from fuzz.events import Event, Explored, PropertyDone, RunEnded, Sought, Warned
from fuzz.findings import corpus
from fuzz.project.own_findings import collect
from fuzz.registry import subject_of
from fuzz.reports.events_file import FILE_NAME, EventsFile
from fuzz.reports.history import gather
from fuzz.reports.overview import Outlook, Overview, overview, quantile
from tests.unit.told_runs import a_run_with_a_finding, found, progress, run_started, stride_ignored

SOUGHT = Sought((("dtype", ("int32", "int64")), ("order", ("C", "F"))), ((0, 3),))


def explored(times: int) -> Explored:
    """Of dtypes int32 alone, in both orders."""
    return Explored(
        requests=2 * times,
        values=(("order", "C", times), ("dtype", "int32", 2 * times)),
        pairs=((0, 1, times),),
        at_stake=(("reduction", "answers", 2 * times), ("reduction", "counts", times)),
        latencies=(("sum", "256 B", ((0, times), (8, times))),),
        sightings=(("select-stride", times),),
    )


def log(folder: Path, events: list[Event], run: str, begun: int = 0) -> Path:
    report = EventsFile(folder, clock=iter(range(begun, begun + 10 * len(events) + 1, 10)).__next__, run=run)
    for event in events:
        report(event)
    report.close()
    return folder / FILE_NAME


def a_run(times: int) -> list[Event]:
    return [run_started(), SOUGHT, explored(times), Warned("slow"), explored(times), RunEnded("PASS", 30.0, 100, 0, 0)]


def of_logs(*logs: Path) -> Overview:
    return overview(gather(logs), ())


def test_the_logs_of_two_machines_add_up(tmp_path: Path) -> None:
    one, other = log(tmp_path / "one", a_run(3), "a"), log(tmp_path / "other", a_run(5), "b")
    history = gather([one, other])
    sums = history.sums()
    assert (len(history.runs), history.requests, history.seconds) == (2, 200, 60.0)
    assert sums.requests == 32
    assert sums.values == {("order", "C"): 16, ("dtype", "int32"): 32}
    assert sums.pairs == {(("dtype", "int32"), ("order", "C")): 16}
    assert sums.at_stake == {("reduction", "answers"): 32, ("reduction", "counts"): 16}
    assert sums.latencies == {("sum", "256 B"): {0: 16, 8: 16}}
    assert sums.sightings == {"select-stride": 16}
    assert dict(of_logs(one, other).warnings) == {"slow": 2}


def test_logs_joined_into_one_file_and_runs_that_wrote_at_the_same_time_are_told_apart(tmp_path: Path) -> None:
    one, other = log(tmp_path / "one", a_run(3), "a"), log(tmp_path / "other", a_run(5), "b")
    lines = [line for pair in zip(one.open(), other.open()) for line in pair]
    (tmp_path / "joined.jsonl").write_text("".join(lines))
    assert gather([tmp_path / "joined.jsonl"]).sums() == gather([one, other]).sums()


def test_a_copy_of_a_log_counts_once_and_the_longer_one_is_read(tmp_path: Path) -> None:
    whole = log(tmp_path / "one", a_run(3), "a")
    (tmp_path / "half.jsonl").write_text(whole.read_text()[:700])
    for logs in ([whole, tmp_path / "half.jsonl"], [tmp_path / "half.jsonl", whole]):
        history = gather(logs)
        assert [run.verdict for run in history.runs] == ["PASS"]
        assert history.sums() == gather([whole]).sums()


def test_a_run_that_was_killed_is_told_with_what_it_did(tmp_path: Path) -> None:
    path = log(tmp_path, [run_started(), SOUGHT, progress(5.0, 70, 1), found(seen=1), explored(3)], "a")
    path.write_bytes(path.read_bytes() + b'{"event":"Progr')
    report = overview(gather([path]), ())
    assert (report.verdict, report.requests) == ("CUT SHORT", 70)
    assert any("has no end" in note for note in report.notes)
    assert any("1 line could not be read" in note for note in report.notes)
    assert report.curve == ((70, 1), (70, 1))


def test_a_field_s_values_and_pairs_that_were_never_reached_are_shown(tmp_path: Path) -> None:
    report = of_logs(log(tmp_path, a_run(3), "a"))
    assert {one.name: one.never for one in report.fields} == {"dtype": ("int64",), "order": ("F",)}
    (pair,) = report.pairs
    # int32 with F cannot come together; of the other three only one did.
    assert (pair.one, pair.other, pair.possible) == ("dtype", "order", 3)
    assert pair.never == (("int64", "C"), ("int64", "F"))


def test_how_many_properties_were_tried_is_told_also_of_a_run_that_was_killed(tmp_path: Path) -> None:
    killed = log(tmp_path / "killed", a_run(3)[:-1], "a")
    assert of_logs(killed).properties == (1, 2)
    ended = [run_started(), PropertyDone("malformed", "PASS", 5, 50, 0), PropertyDone("raw", "SKIP", 0, 0, 0)]
    assert of_logs(log(tmp_path / "ended", [*ended], "b")).properties == (1, 3)
    assert of_logs(killed, tmp_path / "ended" / FILE_NAME).properties == (2, 3)


def test_what_two_subjects_explored_is_told_apart_where_both_have_the_name(tmp_path: Path) -> None:
    of_objects = [run_started(subject="objects"), *a_run(5)[1:]]
    one, other = log(tmp_path / "one", a_run(3), "a"), log(tmp_path / "other", of_objects, "b")
    report = of_logs(one, other)
    times = {one.name: one.times for one in report.stakes}
    assert (times["reductions: answers"], times["objects: answers"]) == (12, 20)
    known = {f"{name}: {one}" for name in ("reductions", "objects") for one in subject_of(name).requirements}
    assert {one.name for one in report.stakes} >= known
    sentences = {one.name: one.sentence for one in report.stakes}
    assert sentences["objects: answers"] == subject_of("objects").requirements["answers"].sentence
    assert sentences["reductions: answers"] == subject_of("reductions").requirements["answers"].sentence
    fields = {one.name: dict(one.values) for one in report.fields}
    assert (fields["reductions: dtype"]["int32"], fields["objects: dtype"]["int32"]) == (12, 20)
    assert {(one.one, one.other) for one in report.pairs} == {
        ("reductions: dtype", "reductions: order"),
        ("objects: dtype", "objects: order"),
    }
    assert {(one.operation, one.answers) for one in report.latencies} == {("reductions: sum", 12), ("objects: sum", 20)}
    assert report.properties == (2, 4)


def test_requirements_that_were_never_at_stake_come_first(tmp_path: Path) -> None:
    report = of_logs(log(tmp_path, a_run(3), "a"))
    assert report.stakes[0].times == 0
    assert {one.name: one.times for one in report.stakes if one.times} == {"answers": 12, "counts": 6}


def test_what_is_left_is_estimated_by_what_was_met_once() -> None:
    outlook = Outlook(failures=20, causes=6, once=4, twice=1, requests=1000)
    assert outlook.chance == pytest.approx(0.2)
    assert outlook.unseen == pytest.approx(3.0)
    assert "a chance of 20 %" in outlook.sentence()
    assert "fewer than 0.003 " in Outlook(0, 0, 0, 0, 1000).sentence()
    assert "next to no failure" in Outlook(20, 3, 0, 1, 1000).sentence()


def test_a_quantile_is_the_bound_of_the_class_that_reaches_it() -> None:
    classes = {0: 50, 4: 40, 8: 9, 12: 1}
    assert [quantile(classes, share) for share in (0.5, 0.9, 0.99, 1.0)] == [1.0, 2.0, 4.0, 8.0]


def test_a_folder_s_findings_are_shown_with_its_log_s_counts_and_scripts(tmp_path: Path) -> None:
    log(tmp_path, [*a_run_with_a_finding(), explored(400)], "a")
    corpus.save(tmp_path, stride_ignored(), {"curl.sh": "curl it", "repro.py": "x" * 100_000})
    (card,) = collect([tmp_path]).cards
    assert (card.finding.seen, card.scripts) == (400, (("curl.sh", "curl it"),))


def test_a_finding_that_was_deleted_from_its_folder_is_gone_and_one_of_a_log_alone_is_shown(tmp_path: Path) -> None:
    path = log(tmp_path / "there", [*a_run_with_a_finding()], "a")
    assert collect([tmp_path / "there"]).cards == ()
    path.rename(tmp_path / "alone.jsonl")
    (card,) = collect([tmp_path / "alone.jsonl"]).cards
    assert card.is_whole


def test_a_finding_of_two_folders_was_seen_in_both(tmp_path: Path) -> None:
    for name, seen in (("one", 3), ("other", 4)):
        corpus.save(tmp_path / name, stride_ignored(seen=seen), worker="w")
    (card,) = collect([tmp_path / "one", tmp_path / "other"]).cards
    assert card.finding.seen == 7


def test_known_findings_are_no_failure(tmp_path: Path) -> None:
    corpus.save(tmp_path, stride_ignored())
    assert collect([tmp_path]).verdict == "FAIL"
    (tmp_path / "known.toml").write_text('[[known]]\nid = "select-stride"\nreason = "tracked"\n')
    log(tmp_path, [run_started(), RunEnded("KNOWN", 1.0, 5, 0, 1)], "a")
    report = collect([tmp_path])
    assert (report.verdict, report.known[0].known_reason) == ("KNOWN", "tracked")


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([], "NO RUN"),
        ([run_started(), RunEnded("PASS", 1.0, 5, 0, 0)], "PASS"),
        ([run_started(), RunEnded("ERROR", 1.0, 5, 0, 0, "the store is gone")], "ERROR"),
        # Nobody has shown that what was deleted from the folder is mended.
        ([run_started(), RunEnded("FAIL", 1.0, 5, 1, 0)], "FAIL"),
    ],
)
def test_without_findings_the_last_run_decides(tmp_path: Path, events: list[Event], verdict: str) -> None:
    log(tmp_path, events, "a")
    tmp_path.mkdir(exist_ok=True)
    assert collect([tmp_path]).verdict == verdict


def test_a_place_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of findings"):
        collect([tmp_path / "absent"])
