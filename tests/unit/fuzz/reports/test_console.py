"""What the person who watches a run sees: on a terminal, in a log, without colour, without UTF-8."""

import io
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.events import EXPLAINING, Event, FindingFixed, PropertyDone, RunEnded, Warned
from fuzz.reports.console import MOST_SHOWN, Console
from fuzz.reports.terminal import STYLED, Terminal
from specs.violation import Violation
from tests.unit.told_runs import a_run_with_a_finding, found, progress, run_started, stride_ignored


class Screen(io.StringIO):
    """A stream that keeps each write apart."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding
        self.writes: list[str] = []

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def write(self, text: str) -> int:
        text.encode(self._encoding)
        self.writes.append(text)
        return super().write(text)


def shown(events: list[Event], screen: Screen | None = None, *, live: bool = False, color: bool = False) -> str:
    """All that was written; the clock moves by a minute with each event."""
    screen = screen or Screen()
    ticks = count(0, 60)
    console = Console(Terminal(screen, color=color, live=live), clock=lambda: float(next(ticks)))
    for event in events:
        console(event)
    console.close()
    return screen.getvalue()


def seen_on_screen(text: str) -> list[str]:
    """The lines that a terminal is left with."""
    lines = []
    for line in STYLED.sub("", text).split("\n"):
        kept = line.rpartition("\r")[2]
        lines.append(kept.removeprefix("\x1b[K").removesuffix("\x1b[K"))
    return lines


def test_a_run_begins_with_what_it_is_about() -> None:
    text = shown([run_started(budget_examples=200, budget_seconds=None, workers=2)])
    for word in ("http://127.0.0.1:8080", "http://127.0.0.1:9000", "reference", "200 examples", "7  (2 workers)"):
        assert word in text
    assert "bytes per object 4 MiB" in text


def test_a_run_ends_with_a_table_its_findings_and_what_to_do_next() -> None:
    lines = shown(list(a_run_with_a_finding())).splitlines()
    table = lines[next(i for i, line in enumerate(lines) if line.startswith("property")) :]
    assert table[0].split() == ["property", "examples", "requests", "verdict"]
    assert table[1].split() == ["reduction", "1,234", "12,340", "FAIL", "1", "finding"]
    assert table[2].split() == ["malformed", "0", "0", "SKIP", "not", "claimed", "by", "the", "profile"]
    start = next(i for i, line in enumerate(lines) if line.startswith("✗ 1"))
    assert lines[start].startswith("✗ 1  select ignores the stride   ")
    assert lines[start].endswith("   findings/select-stride")
    assert lines[start + 1].startswith("     POST /v2/select/  {")
    assert "     again      asfuzz replay findings/select-stride" in lines
    verdict = next(line for line in lines if line.startswith("FAIL"))
    assert verdict == "FAIL  1 finding · 12,340 checked requests in 0:30, 405 per second · tried 1 of 2 properties"
    assert "asfuzz replay findings/select-stride" in lines[-2]


def test_a_property_that_was_never_tried_is_told_so() -> None:
    text = shown([run_started(), PropertyDone("raw", "SKIP", 0, 0, 0), RunEnded("PASS", 1.0, 10, 0, 0)])
    assert "SKIP  not reached before the run ended" in text


def test_a_finding_told_again_is_announced_once_and_shown_with_the_latest_facts() -> None:
    text = shown(list(a_run_with_a_finding()))
    assert text.count("select ignores the stride") == 2
    assert "318 times" in text
    assert "sent again" not in text


def test_findings_beyond_the_limit_are_counted() -> None:
    events: list[Event] = [run_started(), *(found(f"f{i}") for i in range(MOST_SHOWN + 3))]
    text = shown([*events, RunEnded("FAIL", 1.0, 10, MOST_SHOWN + 3, 0)])
    assert "… and 3 more in findings" in text


def test_known_findings_are_listed_with_their_reason_and_are_no_failures() -> None:
    text = shown([run_started(), found(known_reason="see the tracker"), RunEnded("KNOWN", 1.0, 10, 0, 1)])
    assert "known  select ignores the stride: see the tracker  findings/select-stride" in text
    assert "✗" not in text
    assert "KNOWN  0 findings, 1 known" in text


def test_a_run_that_breaks_says_why_line_by_line() -> None:
    why = "nothing answers at http://a:1\nits last words:\npanic"
    text = shown([run_started(), RunEnded("ERROR", 0.0, 0, 0, 0, why)])
    assert text.splitlines()[-3:] == ["nothing answers at http://a:1", "its last words:", "panic"]
    assert "ERROR" in text


def test_an_interrupted_run_says_so() -> None:
    text = shown([run_started(), RunEnded("INTERRUPTED", 1.0, 10, 0, 0, "interrupted")])
    assert text.splitlines()[-1].startswith("INTERRUPTED  0 findings · 10 checked requests")


def test_a_run_too_short_to_mean_anything_says_so() -> None:
    idle = PropertyDone("malformed", "SKIP", 2, 8, 0, "too few requests to tell")
    text = shown([run_started(), PropertyDone("reduction", "SKIP", 0, 0, 0), idle, RunEnded("PASS", 1.0, 8, 0, 0)])
    assert "tried 1 of 2 properties, 1 of them too little to tell" in text
    assert "too short to mean much" in text
    done = [PropertyDone(name, "PASS", 20, 80, 0) for name in ("reduction", "malformed")]
    assert "too short" not in shown([run_started(), *done, RunEnded("PASS", 1.0, 160, 0, 0)])


def test_saved_findings_that_are_fixed_are_told() -> None:
    text = shown([run_started(), FindingFixed(stride_ignored(), "findings/a"), RunEnded("PASS", 1.0, 8, 0, 0)])
    assert "fixed  select ignores the stride  findings/a" in text
    assert "1 saved finding is fixed" in text


def test_a_clean_run_says_how_to_repeat_it() -> None:
    assert "--seed 7" in shown([run_started(), RunEnded("PASS", 1.0, 10, 0, 0)])


def test_a_log_has_plain_lines_now_and_then_and_no_control_characters() -> None:
    text = shown([run_started(), *(progress(float(i), 100 * i) for i in range(4)), *a_run_with_a_finding()])
    assert "0:03 of 0:30 · 300 checked requests · 0 findings · 100 per second · properties 1/2" in text
    assert "\x1b" not in text
    assert "\r" not in text


@pytest.mark.parametrize(("live", "interval"), [(True, 0.2), (False, 10.0)])
def test_progress_is_shown_no_more_often_than_fits_the_medium(live: bool, interval: float) -> None:
    now = 0.0
    screen = Screen()
    console = Console(Terminal(screen, live=live), clock=lambda: now)
    console(run_started())
    before = len(screen.writes)
    for step in range(101):
        now = step * interval / 10
        console(progress(now + 1, 10))
    assert 9 <= len(screen.writes) - before <= 12


def test_a_terminal_shows_one_live_line_which_ends_with_the_run() -> None:
    events: list[Event] = [run_started(), *(progress(float(i), 100 * i) for i in range(1, 4))]
    running = Screen()
    console = Console(Terminal(running, live=True), clock=iter(range(0, 1000, 60)).__next__)
    for event in events:
        console(event)
    assert "0:03 of 0:30 · 300 checked requests" in seen_on_screen(running.getvalue())[-1]
    ended = seen_on_screen(shown([*events, RunEnded("PASS", 4.0, 400, 0, 0)], live=True))
    assert not any("0:03 of 0:30" in line for line in ended)


def test_lines_that_stay_come_above_the_live_line() -> None:
    screen = Screen()
    console = Console(Terminal(screen, live=True), clock=iter(range(0, 1000, 60)).__next__)
    for event in (run_started(), progress(1.0, 100), Warned("careful")):
        console(event)
    *_, warning, live = seen_on_screen(screen.getvalue())
    assert warning == "warning  careful"
    assert "100 checked requests" in live


@given(st.integers(20, 200), st.integers(0, 10**9), st.integers(0, 10**4))
def test_the_live_line_fits_any_width_and_is_written_at_once(width: int, checked: int, findings: int) -> None:
    screen = Screen()

    class Narrow(Terminal):
        @property
        def width(self) -> int:
            return width

    console = Console(Narrow(screen, live=True), clock=lambda: 0.0)
    console(run_started())
    console(progress(10.0, checked, findings))
    line = STYLED.sub("", screen.writes[-1])
    assert screen.writes[-1].startswith("\r")
    assert line.endswith("\x1b[K")
    assert 1 <= len(line) - len("\r\x1b[K") < width


def test_colour_is_for_terminals_that_want_it() -> None:
    events = list(a_run_with_a_finding())
    assert STYLED.search(shown(events, live=True, color=True))
    assert not STYLED.search(shown(events, live=True, color=False))
    assert not STYLED.search(shown(events, live=False, color=True))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("live", [True, False])
def test_any_encoding_takes_all_that_is_shown(encoding: str, live: bool) -> None:
    violation = Violation("counts", "\ud800 snow ☃ \x1b[2J", "∞", "\x00")
    odd: Event = found("odd", violation=violation, needs=("stride ≠ 1", "\udcff"))
    shown([run_started(), odd, *a_run_with_a_finding()], Screen(encoding), live=live)


def test_without_utf8_the_marks_are_ascii() -> None:
    text = shown(list(a_run_with_a_finding()), Screen("ascii"))
    assert "x 1  select ignores the stride" in text
    assert "needs      stride != 1" in text


def test_what_a_server_says_cannot_move_the_cursor() -> None:
    violation = Violation("counts", "\x1b[2Jgone", "\x1b[1A", "a\rb")
    odd: Event = found("odd", violation=violation)
    text = shown([run_started(), odd, Warned("\x1b[2J"), PropertyDone("p", "ERROR", 1, 1, 0, "\x1b[2J")])
    text += shown([run_started(), odd, RunEnded("ERROR", 1.0, 1, 1, 0, "\x1b[2J")])
    assert "\x1b" not in text
    assert "\r" not in text


def test_the_same_finding_has_the_same_portrait_wherever_it_is_shown() -> None:
    text = shown([run_started(), found(), RunEnded("FAIL", 1.0, 10, 1, 0)])
    assert all(one in text for one in stride_ignored().needs)


def test_while_something_is_explained_the_live_line_says_so_and_names_no_rate() -> None:
    screen = Screen()
    console = Console(Terminal(screen, live=True), clock=iter(range(0, 1000, 60)).__next__)
    console(run_started())
    console(replace(progress(4.0, 12, findings=1), doing=f"{EXPLAINING} 1 of 3"))
    live = seen_on_screen(screen.getvalue())[-1]
    assert f"0:04 of 0:30 · 12 checked requests · 1 finding · {EXPLAINING} 1 of 3" in live
    assert "per second" not in live


def test_a_quiet_run_shows_what_was_found_and_the_verdict_and_nothing_else() -> None:
    screen = Screen()
    console = Console(Terminal(screen, live=True), clock=iter(range(0, 1000, 60)).__next__, quiet=True)
    for event in a_run_with_a_finding():
        console(event)
    console.close()
    lines = seen_on_screen(screen.getvalue())
    assert lines[0].startswith("✗ 1  select ignores the stride")
    assert not any(line.startswith(("target", "property", "reduction")) for line in lines)
    assert any(line.startswith("FAIL  1 finding") for line in lines)


def test_a_quiet_run_that_found_nothing_says_so_and_no_more() -> None:
    screen = Screen()
    console = Console(Terminal(screen, live=True), clock=iter(range(0, 1000, 60)).__next__, quiet=True)
    for event in (run_started(), PropertyDone("reduction", "PASS", 5, 50, 0), RunEnded("PASS", 1.0, 50, 0, 0)):
        console(event)
    console.close()
    assert [line[:16] for line in seen_on_screen(screen.getvalue()) if line] == ["PASS  0 findings"]
