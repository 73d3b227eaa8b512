"""Write the files of a finding's folder: finding.md to read, repro.py and curl.sh to run without the suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fuzz.findings.again import loading, replay_line
from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from fuzz.findings.portrait import needs_told, portrait
from fuzz.registry import subject_of
from fuzz.subject import Scripts

_TOGETHER: Final = "The requests were sent at the same time"
_IN_TURN: Final = "; one after the other they are answered as they should be"
_HOW_OFTEN: Final = {
    "every time": "It fails every time.",
    "flaky": "It is flaky: sent again, it failed some of the times.",
    "after a while": (
        "It fails every time on a server that has run for a while, and not on a fresh one: "
        "something that was asked before stays."
    ),
    "seen once": "It was seen, and not seen again when it was looked into.",
    "cut short": "It was seen; looking into it was cut short by the end of the run, or of its share of requests.",
}


def pages(finding: Finding, profile: Any = None, path: str = "") -> dict[str, str]:
    """Return the texts of a finding's folder by file name. Without a profile the server is held to the whole API.

    `path` is the finding's folder, for the commands to copy; without it they go by the finding's id.
    """
    scripts = subject_of(finding.subject).telling.scripts(finding, profile)
    return {"finding.md": finding_page(finding, scripts, path), **scripts.files}


def finding_page(finding: Finding, scripts: Scripts, path: str = "") -> str:
    """Return the page about a finding, in Markdown."""
    violation = finding.violation
    entry = subject_of(finding.subject).requirements.get(violation.requirement)
    facts = [
        *([f"- requirement: {violation.requirement} ({entry.level}; {entry.source})"] if entry else []),
        *([f"- API: {finding.api}"] if finding.api else []),
        *_server_lines(finding),
        f"- suite: {finding.suite or 'unknown'}",
        f"- property: {finding.case.property}",
        f"- fingerprint: {finding.fingerprint}",
    ]
    return "\n".join(
        [
            f"# {_one_line(violation.title)}",
            "",
            fenced("\n".join(portrait(finding))),
            "",
            *(f"{sentence}\n" for sentence in _sentences(finding)),
            *facts,
            "",
            *scripts.by_hand,
            f"Send it again, judged by the suite{', or without the suite' if scripts.again else ''}:",
            "",
            fenced("\n".join([replay_line(path or finding.id), *scripts.again])),
            "",
            "`case.json` and `data/` hold the case as it is. How often it was seen is in `seen/`.",
            "",
        ]
    )


def _server_lines(finding: Finding) -> Iterator[str]:
    """Yield lines on the server: which it was, how it was started or reached, and its last output if it died."""
    origin = finding.origin or Origin()
    yield f"- server: {origin.server or finding.server or 'unknown'}"
    if origin.server_version:
        yield f"- server's version: {_one_line(origin.server_version)}"
    if origin.command:
        yield f"- found by: `asfuzz {origin.command}`"
    elif finding.origin is not None:
        seed = "" if origin.seed is None else f"--seed {origin.seed}"
        yield f"- found by: `{' '.join(part for part in ('asfuzz run', *loading(), origin.flags, seed) if part)}`"
    if finding.last_words:
        yield f"- its last words:\n\n{fenced(finding.last_words)}\n"


def _sentences(finding: Finding) -> Iterator[str]:
    """Yield sentences on how the finding shows, what it needs, and what the wrong answer would be right for."""
    if finding.case.together:
        yield f"{_TOGETHER}{'' if finding.reproducibility == 'seen once' else _IN_TURN}."
    yield _HOW_OFTEN[finding.reproducibility]
    if finding.needs:
        yield f"Without any of these the answer is right: {needs_told(finding, finding.needs)}."
    if finding.unproved:
        yield f"Not reduced to the end: nobody tried without {needs_told(finding, finding.unproved)}. "
        yield "They may play no part."
    if finding.not_seen_with:
        yield f"Not seen with {needs_told(finding, finding.not_seen_with)}."
    if finding.reads_as:
        yield f"The wrong answer is {finding.reads_as}."


def fenced(text: str, language: str = "text") -> str:
    """Return the text as a block of Markdown."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
