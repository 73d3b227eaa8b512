"""A report as Markdown, to paste into an issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fuzz.findings.elision import visible
from fuzz.findings.portrait import LABEL, portrait
from fuzz.reports.cells import LATENCIES, RUNS, latency_cells, run_cells, run_facts
from fuzz.reports.overview import Card, Overview
from fuzz.reports.wording import clock_time, counted

# An issue of GitHub takes 65,536 letters.
MOST_LETTERS = 65_000
# What is left out first where a report is longer: scripts, then findings beyond a number, then lists of pairs.
SHORTER = ((True, 100, 100), (False, 100, 100), (False, 50, 20), (False, 20, 20), (False, 10, 0), (False, 3, 0))
MOST_SCRIPT = 4096
MOST_ACCEPTED = 50
MOST_NEVER = 40
MOST_WARNINGS = 20
FENCE = "```"


def markdown(report: Overview, most_letters: int = MOST_LETTERS) -> str:
    """Return the report, as much of it as there is room for."""
    told = ""
    for scripts, most_cards, most_pairs in SHORTER:
        told = _markdown(report, scripts=scripts, most_cards=most_cards, most_pairs=most_pairs)
        if len(told) <= most_letters:
            break
    return told[:most_letters]


def _markdown(report: Overview, *, scripts: bool, most_cards: int, most_pairs: int) -> str:
    found = _findings(report, scripts=scripts, most_cards=most_cards)
    return "\n".join([*_head(report), *found, *_explored(report, most_pairs), *_runs(report)]) + "\n"


def _head(report: Overview) -> Iterator[str]:
    yield f"# {report.verdict}: {text(report.headline)}"
    yield ""
    asked = f"{report.requests:,} checked requests in {clock_time(report.seconds)}, {counted(len(report.runs), 'run')}"
    tried = "{} of {} properties tried".format(*report.properties)
    yield f"{text(report.title)} · {asked}, {tried}"
    for note in report.notes:
        yield f"\n> {text(note)}"


def _findings(report: Overview, *, scripts: bool, most_cards: int) -> Iterator[str]:
    if report.fresh:
        yield "\n## Findings"
    for number, card in enumerate(report.fresh[:most_cards], 1):
        yield from _card(number, card, scripts=scripts)
    if len(report.fresh) > most_cards:
        yield f"\n… and {len(report.fresh) - most_cards} more, for which there is no room here."
    if report.known:
        yield "\n## Accepted for now\n"
        yield from table(
            ("finding", "reason", "seen"),
            (
                (one.finding.violation.title, one.known_reason, f"{one.finding.seen:,}")
                for one in report.known[:MOST_ACCEPTED]
            ),
        )
        if len(report.known) > MOST_ACCEPTED:
            yield f"\n… and {len(report.known) - MOST_ACCEPTED} more."


def _card(number: int, card: Card, *, scripts: bool) -> Iterator[str]:
    yield f"\n### {number}. {text(card.finding.violation.title)}\n"
    yield from fenced("\n".join(picture(card)), "text")
    for name, script in card.scripts if scripts else ():
        if len(script) <= MOST_SCRIPT:
            yield f"\n<details><summary>{text(name)}</summary>\n"
            yield from fenced(script.rstrip("\n"), "python" if name.endswith(".py") else "sh")
            yield "\n</details>"


def picture(card: Card) -> list[str]:
    """Return the lines of a finding."""
    if card.is_whole:
        return portrait(card.finding, card.path)
    return [f"{label:<{LABEL}}{words}" for label, words in card.rows()]


def _explored(report: Overview, most_pairs: int) -> Iterator[str]:
    if not report.fields:
        return
    yield "\n## What was explored\n"
    reached = sum(one.possible - len(one.never) for one in report.pairs)
    possible = sum(one.possible for one in report.pairs)
    yield f"{reached:,} of {possible:,} pairs of values were drawn together at least once."
    yield ""
    rows = (
        (one.name, ", ".join(f"{v} {n:,}" for v, n in one.values if n), ", ".join(one.never)) for one in report.fields
    )
    yield from table(("field", "requests by value", "never"), rows)
    yield from _never_together(report, most_pairs)
    yield from _never_at_stake(report)
    yield f"\n## What is left\n\n{report.outlook.sentence()}"
    if report.latencies:
        yield "\n## Latencies\n"
        yield from table(LATENCIES, latency_cells(report))


def _never_together(report: Overview, most: int) -> Iterator[str]:
    """Yield the pairs of values that no request had, as many as there is room for."""
    never = [f"{pair.one} {a} with {pair.other} {b}" for pair in report.pairs for a, b in pair.never]
    if never and most:
        yield f"\n<details><summary>{counted(len(never), 'pair')} never drawn together</summary>\n"
        yield from (f"- {text(one)}" for one in never[:most])
        if len(never) > most:
            yield f"- … and {len(never) - most:,} more"
        yield "\n</details>"


def _never_at_stake(report: Overview) -> Iterator[str]:
    yield "\n## What was at stake\n"
    never = [one.name for one in report.stakes if not one.times]
    staked = f"{len(report.stakes) - len(never)} of {len(report.stakes)}"
    yield f"{staked} requirements could have been broken by some answer."
    if never:
        more = f" … and {len(never) - MOST_NEVER} more" if len(never) > MOST_NEVER else ""
        yield f"Never at stake: {', '.join(f'`{name}`' for name in never[:MOST_NEVER])}{more}."


def _runs(report: Overview) -> Iterator[str]:
    if not report.runs:
        return
    yield "\n## Runs\n"
    yield from table(RUNS, run_cells(report))
    yield ""
    for name, values in run_facts(report):
        yield f"- {name}: {text('; '.join(values))}"
    for warning, times in report.warnings[:MOST_WARNINGS]:
        yield f"- warning: {text(warning)}" + (f" ({times} times)" if times > 1 else "")


def table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the rows as a table of Markdown."""
    names = list(heading)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(text(cell) for cell in row)} |"


def text(words: str) -> str:
    """Return words that a server may have chosen, without anything that Markdown or HTML would take for its own."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>|#&" else one for one in visible(words, 1000))


def fenced(block: str, language: str) -> Iterator[str]:
    """Yield a block of text as it is, whatever fences are in it."""
    fence = FENCE
    while fence in block:
        fence += "`"
    yield f"{fence}{language}\n{block}\n{fence}"
