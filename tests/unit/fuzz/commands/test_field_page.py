"""The page of a profile's known findings: complete, current, and made of commands that a shell can read."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import resources
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fuzz.cli import main
from fuzz.commands.report import check
from fuzz.findings.field_page import anchor
from fuzz.findings.known import UnusableKnown
from fuzz.findings.reported import SEVERITIES
from fuzz.subjects.objects.field_page import page as page_of_store
from fuzz.subjects.objects.field_page import reports as reports_of_store
from fuzz.subjects.reductions.field_page import page
from fuzz.subjects.reductions.reported import reports
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.objects import profile as stores
from specs.reductions import profile as profiles
from specs.reductions.profile import Profile, from_table
from specs.reductions.steps import Put, Send

SOURCE = "reductionist-cached"
PAGES = {"reductionist.findings.md": SOURCE, "prototype.findings.md": "prototype"}
REPORT = {
    "id": "x", "severity": "low", "kind": "bug", "versions": ["1"], "expected": "0", "actual": "1", "where": "there",
    "steps": [{"put": "a", "hex": "00"}, {"send": "sum", "body": '{"dtype": "int32"}'}],
}  # fmt: skip


def profile_with(**report: object) -> Profile:
    known = {"title": "t", "requirement": "counts", "reason": "r", "report": {**REPORT, **report}}
    return from_table({"name": "mine", "known": [known]}, "here")


@pytest.mark.parametrize(("name", "source"), PAGES.items())
def test_a_page_that_is_shipped_is_what_the_profile_says(name: str, source: str) -> None:
    profile = profiles.load(source)
    text = "\n".join(page(profile, reports(profile))) + "\n"
    shipped = (resources.files("specs.reductions") / "profiles" / name).read_text("utf-8")
    assert shipped == text, f"write it anew: asfuzz report --profile {source} --write specs/reductions/profiles/{name}"


def test_every_report_has_a_row_and_a_section_that_it_links_to() -> None:
    profile = profiles.load(SOURCE)
    found = reports(profile)
    text = "\n".join(page(profile, found))
    headings = {
        re.sub(r"[^a-z0-9 _-]", "", one.lower()).replace(" ", "-") for one in re.findall("^### (.*)$", text, re.M)
    }
    for one in found:
        assert f"(#{anchor(one)})" in text
        assert anchor(one) in headings
        assert one.severity in SEVERITIES


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to read the commands with")
def test_a_shell_can_read_the_commands() -> None:
    profile = profiles.load(SOURCE)
    text = "\n".join(page(profile, reports(profile)))
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        read = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert read.returncode == 0, block + read.stderr


def test_numbered_keys_and_repeated_requests_are_spelt_out() -> None:
    steps = [{"put": "a#", "zeros": 4, "times": 2}, {"send": "sum", "body": "{}", "key": "a#", "times": 2, "again": 3}]
    case = reports(profile_with(steps=steps))[0].case
    assert [step.key for step in case.steps if isinstance(step, Put)] == ["a0", "a1"]
    assert [step.key for step in case.steps if isinstance(step, Send)] == ["a0"] * 3 + ["a1"] * 3


def test_requests_at_the_same_time_are_sent_so_by_hand() -> None:
    profile = profile_with(together=True)
    assert reports(profile)[0].case.together
    lines = list(page(profile, reports(profile)))
    assert [line for line in lines if line.startswith("ask ") and line.endswith(" &")]
    assert lines[-2:] == ["wait", "```"]
    with pytest.raises(UnusableKnown, match="an object is overwritten"):
        reports(profile_with(together=True, steps=[{"put": "a", "hex": "00"}] * 2))


def test_a_report_about_what_is_not_claimed_is_left_out() -> None:
    steps = [{"send": "sum", "body": '{"dtype": "int32", "compression": {"id": "blosc2"}}'}]
    one = profile_with(steps=steps)
    assert reports(one)
    assert not reports(from_table({"name": "mine", "compressions": ["gzip"], "known": [dict(one.known[0])]}, "here"))


@pytest.mark.parametrize(
    ("report", "complaint"),
    [
        ({"severity": "awful"}, "severity must be one of"),
        ({"kind": "opinion"}, "kind must be one of"),
        ({"steps": []}, "lacks steps"),
        ({"colour": "red"}, "'colour' is unknown"),
        ({"steps": [{"walk": "a"}]}, "a step is"),
        ({"steps": [{"send": "sum", "body": "{"}]}, "not the JSON"),
    ],
)
def test_what_is_wrong_in_a_report_is_told(report: dict[str, object], complaint: str) -> None:
    with pytest.raises(UnusableKnown, match=complaint):
        reports(profile_with(**report))


def test_a_profile_without_reports_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--profile", "reference"]) == 2
    assert "none of its known issues" in capsys.readouterr().err


def test_checking_the_reference_server_shows_nothing_of_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    from fuzz.subjects.reductions.processes import start_reference_server

    with start_reference_server() as server:
        code = main(["report", "--profile", "reductionist-v1", "--check", "--target", server.url])
    out = capsys.readouterr().out
    assert code == 1
    assert "still there  " not in out
    assert "0 of " in out


def test_a_report_says_how_its_object_is_served() -> None:
    steps = [{**REPORT["steps"][0], "served": "whole"}, REPORT["steps"][1]]  # type: ignore[index, dict-item]
    profile = profile_with(steps=steps)
    (one,) = reports(profile)
    assert isinstance(one.case.steps[0], Put)
    assert one.case.steps[0].served == "whole"
    text = "\n".join(page(profile, (one,)))
    assert "# It takes a store that sends the whole object for a range" in text
    assert "asfuzz report --profile mine --check --only x --launch" in text
    with pytest.raises(UnusableKnown, match=r"no store serves 'hole'. Did you mean 'whole'"):
        reports(profile_with(steps=[{**steps[0], "served": "hole"}, steps[1]]))


def test_what_takes_a_bad_store_is_not_tried_on_another(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [{"put": "a", "hex": "00", "served": "whole"}, {"send": "sum", "body": '{"dtype": "int32"}'}]
    target = SimpleNamespace(store=SimpleNamespace(misserves=False), launcher=None)
    assert check(reports(profile_with(steps=steps)), cast(Any, target), cast(Any, REDUCTIONS.reporting)) == 0
    told = capsys.readouterr().out
    assert told.startswith("not tried")
    assert told.endswith("0 of 0 findings are still there\n")


def test_the_page_asks_about_the_bucket_that_the_case_asks_about() -> None:
    profile = profile_with(steps=[{"send": "sum", "body": "{}", "bucket": ""}])
    assert '"url": "\'$S3\'//a"' in "\n".join(page(profile, reports(profile)))
    assert "/asfuzz/a" in "\n".join(page(profile_with(), reports(profile_with())))


@pytest.mark.parametrize("source", PAGES.values())
def test_what_a_recipe_prints_is_text_and_numbers(source: str) -> None:
    profile = profiles.load(source)
    found = reports(profile)
    assert "cat -v" not in "\n".join(page(profile, found))
    assert any("[" in one.shows for one in found)
    for one in found:
        assert not re.search(r"M-.|\^[@-_?]|\\[0-9]{3}", one.shows), f"{one.id} shows bytes as a terminal spells them"


def test_a_profile_of_a_version_has_the_findings_of_that_version() -> None:
    for name in ("reductionist-0.9", "reductionist-0.12", "reductionist-v1", "reductionist-cached"):
        profile = profiles.load(name)
        found = reports(profile)
        assert found
        assert all(profile.version in one.versions for one in found)


def test_what_to_mend_first_stands_first_and_the_totals_add_up() -> None:
    profile = profiles.load(SOURCE)
    found = reports(profile)
    text = "\n".join(page(profile, found))
    rows = re.findall(r"^\| \[.*?\) \| (\w+)( \(ruling\))? \|", text, re.M)
    assert len(rows) == len(found)
    assert rows == sorted(rows, key=lambda row: (bool(row[1]), SEVERITIES.index(row[0])))
    (bugs,) = re.findall(r"^\| bugs \| (.*) \|$", text, re.M)
    *each, total = (int(number) for number in bugs.split(" | "))
    assert each == [sum((one.kind, one.severity) == ("bug", severity) for one in found) for severity in SEVERITIES]
    assert total == sum(each)


def test_one_finding_is_checked_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["report", "--profile", "reductionist", "--check", "--target", "http://127.0.0.1:9"]
    assert main([*words, "--only", "infinity-los"]) == 2
    assert "Did you mean 'infinity-lost'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", [one for one in stores.shipped() if stores.load(one).known])
def test_a_page_about_a_store_that_is_shipped_is_what_the_profile_says(name: str) -> None:
    profile = stores.load(name)
    text = "\n".join(page_of_store(profile, reports_of_store(profile))) + "\n"
    shipped = (resources.files("specs.objects") / "profiles" / f"{name}.findings.md").read_text("utf-8")
    flags = f"--subject objects --profile {name}"
    assert shipped == text, f"write it anew: asfuzz report {flags} --write specs/objects/profiles/{name}.findings.md"
