"""Findings as cards: what is wrong, and lines to copy that show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree.ElementTree import Element

from fuzz.reports.elements import element
from fuzz.reports.overview import Card
from fuzz.reports.wording import counted

REPLAY = "again"
TITLES = {"curl.sh": "By curl", "repro.py": "By Python"}
MOST_CARDS = 300


def cards(shown: Iterable[Card], first: int = 1) -> Iterator[Element]:
    """Yield the cards, numbered; beyond a limit, yield how many more there are."""
    every = list(shown)
    for number, card in enumerate(every[:MOST_CARDS], first):
        yield _card(number, card)
    if len(every) > MOST_CARDS:
        yield element("p", f"… and {counted(len(every) - MOST_CARDS, 'more finding')} in the folder.")


def _card(number: int, card: Card) -> Element:
    finding = card.finding
    rows = card.rows()
    replay = next((words for label, words in rows if label == REPLAY), "")
    return element(
        "article",
        element(
            "header",
            element("h3", f"{number}. {finding.violation.title}"),
            element("code", card.path, class_="quiet"),
        ),
        element("ul", (element("li", chip) for chip in _chips(card)), class_="chips"),
        _facts([row for row in rows if row[0] != REPLAY]),
        copyable(replay, "the command that replays it", class_="code line") if replay else None,
        (_script(name, text) for name, text in card.scripts),
        class_="card known" if card.known_reason else "card",
        id=f"finding-{number}",
    )


def _chips(card: Card) -> Iterator[str]:
    """Yield the chips of a finding, by which findings are filtered.

    Its row has how often it was seen, and its needs.
    """
    finding = card.finding
    if card.known_reason:
        yield f"known: {card.known_reason}"
    yield finding.violation.requirement
    yield f"property {finding.case.property}"
    yield f"API {finding.api}"
    if finding.reproducibility != "every time":
        yield finding.reproducibility


def _facts(rows: list[tuple[str, str]]) -> Iterator[Element]:
    """Yield requests and steps as they are, and rows with a label as a list."""
    for is_request, group in groupby(rows, key=lambda row: not row[0]):
        if is_request:
            yield element("pre", "\n".join(words for _, words in group), class_="request")
        else:
            told = (element("div", element("dt", label), element("dd", words), class_=label) for label, words in group)
            yield element("dl", told, class_="facts mono")


def _script(name: str, text: str) -> Element:
    title = TITLES.get(name, name)
    return element("details", element("summary", f"{title} ({name})"), copyable(text.rstrip("\n"), name))


def copyable(text: str, what: str, class_: str = "code") -> Element:
    """Return a block of text that a button copies."""
    return element("div", element("pre", text, tabindex="0"), class_=class_, data_what=what)
