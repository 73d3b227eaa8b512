"""A report as a page: whole in itself, true to what was told, and safe whatever a server says."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fuzz.events import Explored, FindingFound, RunEnded, Warned
from fuzz.findings.pages import pages
from fuzz.hunt.exploration import sought
from fuzz.project.own_findings import SCRIPTS
from fuzz.reports import plots
from fuzz.reports.events_file import LoggedEvent
from fuzz.reports.history import History, Run
from fuzz.reports.html_page import html_page
from fuzz.reports.markdown import MOST_LETTERS, markdown
from fuzz.reports.overview import Card, Latency, Overview, overview
from fuzz.subjects.reductions.subject import REDUCTIONS
from specs.case import Case
from specs.fields import Fields
from specs.reductions.profile import load
from specs.reductions.steps import Put, Send
from specs.violation import Violation
from tests.unit.told_runs import answer, found, progress, run_started, stride_ignored

ODD = 'a ]]> </script><script>alert(1)</script> <b> & "c" \x1b[31m \udc80 \x00 | `d` [e](f) ![g](h)'
SOUGHT = sought(REDUCTIONS.accounting, load("reference"))
EXPLORED = Explored(
    requests=60,
    values=tuple((name, value, 7) for name, values in SOUGHT.fields for value in values[1:]),
    at_stake=(("reduction", "answers", 60),),
    latencies=(("sum", "256 B", ((0, 50), (8, 10))), ("sum", "more", ((12, 3),)), ("min", "4 KiB", ((4, 9),))),
    sightings=(("select-stride", 318),),
)


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, *names: str) -> list[str]:
        return [value for name, value in self.attributes if name in names]


def report_of(*cards: Card, **started: object) -> Overview:
    run = Run("r", Path("events.jsonl"), 1000.0)
    told = [run_started(**started), SOUGHT, progress(3.0, 500), *(found(one.finding.id) for one in cards)]
    for at, event in enumerate([*told, EXPLORED, Warned("slow"), RunEnded("FAIL", 30.0, 60, len(cards), 0)]):
        run.take(LoggedEvent("r", 1000.0 + at, event))
    return overview(History((run,)), cards)


def a_card(**changes: object) -> Card:
    finding = stride_ignored(**changes)
    texts = pages(finding)
    return Card(finding, f"findings/{finding.id}", scripts=tuple((name, texts[name]) for name in SCRIPTS))


def odd_card() -> Card:
    violation = Violation("answer-shape", ODD, ODD, ODD, step=1)
    steps = (Put("a", ODD.encode("utf-8", "surrogatepass")), Send("select", Fields({"dtype": ODD}), ODD))
    finding = stride_ignored(violation=violation, case=Case("p", steps), outcomes=(None, answer((1,), [1], [1])))
    return Card(finding, ODD, ODD, (("curl.sh", ODD),))


def test_the_verdict_comes_first_and_the_finding_with_lines_to_copy() -> None:
    page = Page(html_page(report_of(a_card())))
    words = page.words[page.words.index("FAIL", page.words.index("}")) :]
    order = [
        words.index(one)
        for one in (
            "FAIL", "1 finding to look into", "select ignores the stride", "expected", "shape [2]", "got", "shape [3]",
            "asfuzz replay findings/select-stride", "By curl", "By Python",
        )
    ]  # fmt: skip
    assert order == sorted(order)
    assert page.tags["script"] == 1


def test_what_was_never_reached_is_in_plain_sight() -> None:
    report = report_of(a_card())
    never = [f"{name}: {values[0]}" for name, values in SOUGHT.fields]
    text = html_page(report)
    assert f"{len(never)} values were never drawn: {', '.join(never)}." in Page(text).words
    assert text.count(">never<") >= len(never)
    assert "requirements were never at stake" in Page(text).words
    listed = markdown(report)
    assert re.search(r"^\| operation \| min 7, max 7, sum 7, select 7 \| count \|$", listed, re.MULTILINE)


def test_a_page_loads_nothing_and_its_ids_are_its_own() -> None:
    text = html_page(report_of(a_card(), a_card(id="other", fingerprint="f")))
    page = Page(text)
    assert page.tags["link"] == page.tags["img"] == page.tags["iframe"] == page.tags["object"] == 0
    assert page.values("src") == []
    assert all(one.startswith("#") for one in page.values("href", "xlink:href"))
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    assert "@import" not in text
    assert "default-src 'none'" in text
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {one.removeprefix("#") for one in page.values("href")} <= set(ids)


def test_nothing_that_a_server_says_becomes_a_part_of_the_page() -> None:
    text = html_page(report_of(odd_card(), target=ODD))
    page = Page(text)
    assert (page.tags["script"], page.tags["b"]) == (1, 0)
    assert "</script><script>alert(1)" in page.words
    text.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)


def test_nothing_that_a_server_says_becomes_a_part_of_the_markdown() -> None:
    told = markdown(report_of(odd_card(), target=ODD))
    outside = "".join(told.split("```")[::2])
    assert "<b>" not in outside
    assert "![g](h)" not in outside
    rows = [line for line in told.splitlines() if line.startswith("| a ")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 4


def test_a_finding_whose_case_is_not_in_the_log_is_shown_without_it() -> None:
    card = Card(stride_ignored(case=Case("reduction", ()), outcomes=()), "findings/select-stride")
    for text in (Page(html_page(report_of(card))).words, markdown(report_of(card))):
        assert "shape [3]" in text
        assert "asfuzz replay findings/select-stride" in text
        assert "this log does not hold them" in text


def test_plots_are_in_the_page_s_colours_and_without_the_library_the_page_says_why_they_lack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("matplotlib")
    text = html_page(report_of(a_card()))
    assert text.count('role="img"') == 2
    assert "var(--accent)" in text
    assert not any(colour in text for colour in plots.VARIABLES)
    monkeypatch.setattr(plots, "can_draw", lambda: False)
    bare = html_page(report_of(a_card()))
    assert 'role="img"' not in bare
    assert "matplotlib is not installed" in bare


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("operations", [1, 7, pytest.param(30, marks=pytest.mark.slow)])
def test_latencies_of_any_number_of_operations_have_a_panel_each(operations: int) -> None:
    pytest.importorskip("matplotlib")
    names = [f"operation{number}" for number in range(operations)]
    drawn = plots.latency_plot(Latency(name, "4 KiB", 9, 1.0, 2.0, 3.0, 4.0) for name in names)
    assert drawn is not None
    words = [text for one in drawn.iter() if (text := (one.text or "").strip())]
    assert [one for one in words if one.startswith("operation")] == names


def test_a_long_name_of_an_operation_has_several_lines() -> None:
    pytest.importorskip("matplotlib")
    drawn = plots.latency_plot([Latency("objects: complete upload", "4 KiB", 9, 1.0, 2.0, 3.0, 4.0)])
    assert drawn is not None
    words = [text for one in drawn.iter() if (text := (one.text or "").strip())]
    assert {"objects:", "complete upload"} <= set(words)


def test_a_hundred_findings_make_a_page_of_a_few_megabytes() -> None:
    cards = [a_card(id=f"finding-{at}", fingerprint=f"{at}") for at in range(100)]
    assert len(html_page(report_of(*cards)).encode()) < 4 * 2**20


def test_a_thousand_findings_are_cut_with_their_number_told() -> None:
    cards = [Card(stride_ignored(id=f"finding-{at}", fingerprint=f"{at}"), f"f/{at}") for at in range(1000)]
    text = html_page(report_of(*cards))
    assert "1,000 findings to look into" in text
    assert "and 700 more findings in the folder" in text


@pytest.mark.parametrize("many", [1, 3, 30, 300])
def test_markdown_fits_into_an_issue_however_many_findings_there_are(many: int) -> None:
    cards = [a_card(id=f"finding-{at}", fingerprint=f"{at}") for at in range(many)]
    told = markdown(report_of(*cards))
    assert len(told) <= MOST_LETTERS < 65_536
    assert told.count("\n### ") + int((re.findall(r"and (\d+) more, for which", told) or ["0"])[0]) == many
    assert ("repro.py" in told) == (many < 300)
    assert "pairs never drawn together" in told


def test_nothing_at_all_makes_a_page_too() -> None:
    report = overview(History(()), ())
    assert "NO RUN" in html_page(report)
    assert "NO RUN" in markdown(report)


def test_a_log_without_an_account_of_what_was_explored_makes_a_page_too() -> None:
    run = Run("r", Path("events.jsonl"), 1000.0)
    run.take(LoggedEvent("r", 1000.0, FindingFound(stride_ignored(), "findings/select-stride")))
    assert "select ignores the stride" in html_page(overview(History((run,)), (a_card(),)))
