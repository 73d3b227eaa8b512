"""The measurements of the laws, by the command line, each of very few seconds."""

from __future__ import annotations

import re

import pytest

from fuzz.bench.drawing import bugs_of, draw_animals, draw_pairs
from fuzz.cli import main


def said(words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["bench", *words.split()]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("subject", ["reductions", "objects"])
def test_the_law_of_one(subject: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(f"one --subject {subject} --animals 2 --seed 3 --seconds 2", capsys)
    drawn = [bug.name for bug in draw_animals(bugs_of(subject), 2, 3)]
    assert [row.split()[0] for row in rows[1:3]] == drawn
    outcomes = [int(row.split(" of ")[0].split()[-1]) for row in rows if re.search(r" of 2 +\d", row)]
    assert sum(outcomes) == 2
    assert all(int(row.split()[4]) > 0 for row in rows[1:3]), "they were hunted"


@pytest.mark.parametrize("subject", ["reductions", "objects"])
def test_nothing_is_found_in_a_healthy_server(subject: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(f"soundness --subject {subject} --requests 60 --seed 3", capsys)
    assert re.fullmatch(r"\d+ checked requests: 0 failures, \d+ warnings", rows[-1])
    assert int(rows[-1].split()[0]) >= 60


def test_what_a_hunt_holds_is_told_while_it_lasts(capsys: pytest.CaptureFixture[str]) -> None:
    rows = said("memory --seconds 2 --every 0.5", capsys)
    held = [list(map(float, row.split())) for row in rows[1:-2]]
    assert len(held) >= 2
    assert all(seconds > 0 and min(own, server) > 1 and opened > 3 for seconds, own, server, opened, _ in held)
    assert int(rows[-2].split()[0].replace(",", "")) > 0
    assert rows[-1].startswith("too short to tell of growth")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_law_of_two(capsys: pytest.CaptureFixture[str]) -> None:
    subject = "reductions"
    words = f"--subject {subject} --pairs 1 --seed 13 --seconds 2 --witness-examples 60 --verbose"
    rows = said(f"two {words}", capsys)
    for one, other in draw_pairs(bugs_of(subject), 1, 13):
        assert any(row.split()[:2] == [one.name, other.name] for row in rows)
    hunted = next(int(row.split()[-1]) for row in rows if row.startswith("pairs drawn 1, hunted"))
    left_out = sum(int(row.split()[-1]) for row in rows if re.fullmatch(r"left out: [a-z ]+\d+", row))
    assert hunted + left_out == 1
    assert hunted
    assert any(re.fullmatch(r"two +\d of \d +[\d.]+%", row) for row in rows)


@pytest.mark.slow
def test_many_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    rows = said("hunt --bugs 2 --from selections missing --seeds 2 --seconds 2", capsys)
    shares = {row.split()[0]: row for row in rows if row.startswith(("precision", "recall"))}
    assert set(shares) == {"precision", "recall"}
    assert all(re.search(r"median [\d.]+, least [\d.]+$", row) for row in shares.values())
    assert any(row.startswith("known causes took") for row in rows)


@pytest.mark.slow
def test_a_slow_server_is_compared_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    words = "slowed --animal stride-ignored --seed 3 --examples 8 --times 5 --only reduction"
    code = main(["bench", *words.split()])
    rows = capsys.readouterr().out.splitlines()
    second = next(number for number, row in enumerate(rows) if row.startswith("slowed 5 times"))
    as_it_is, slowed = rows[1:second], rows[second + 1 : -1]
    assert as_it_is
    assert slowed
    assert all(row.startswith("    ") for row in (*as_it_is, *slowed))
    # Whether they are the same is the hunt's affair; that it is told as it is, the measurement's.
    assert (code, "the same findings" in rows[-1]) == ((0, True) if as_it_is == slowed else (1, False))


def test_an_animal_that_there_is_not_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "slowed", "--animal", "stride-ignore"]) == 2
    assert "did you mean 'stride-ignored'" in capsys.readouterr().err
