"""What a finding's folder tells people: finding.md to read, repro.py and curl.sh to run without the suite."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final

from fuzz.findings.case_files import laid_out
from fuzz.findings.finding import Finding
from fuzz.findings.origin import Origin
from fuzz.subjects.reductions.portrait import portrait
from fuzz.subjects.reductions.scripts.curl_script import curl_command, curl_script, judge_text
from fuzz.subjects.reductions.scripts.plan import plan_of, printable, takes_bad_store
from fuzz.subjects.reductions.scripts.short_script import short_script
from specs import requirements
from specs.reductions.profile import Profile
from specs.reductions.steps import Send, SendRaw

_NO_PLAN: Final = "r'''{}'''"
_NO_JUDGE: Final = "from fuzz.subjects.reductions.scripts.script_judge import faults, shown\n"
_SETTINGS: Final = "export SERVER_URL=… STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… BUCKET=…"
_BY_OWN_STORE: Final = (
    "python repro.py SERVER_URL http://127.0.0.1:8399     # it is the store itself, at this address for the server"
)
_SIGNED: Final = (
    'curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
    "-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "
)
MOST_STEPS_BY_HAND: Final = 8
_TOGETHER: Final = "The requests were sent at the same time"
_IN_TURN: Final = "; one after the other they are answered as they should be"
_HOW_OFTEN: Final = {
    "every time": "It fails every time.",
    "flaky": "It is flaky: sent again, it failed some of the times.",
    "after a while": (
        "It fails every time on a server that has run for a while, and not on a fresh one: "
        "something that was asked before stays."
    ),
    "seen once": "It was seen once, and sending it again did not show it.",
}


def pages(finding: Finding, profile: Profile | None = None, path: str = "") -> dict[str, str]:
    """The texts by file name. Without a profile the server is held to the whole API.

    `path` is the finding's folder, for the commands to copy; without it they go by the finding's id.
    """
    held_to = profile or Profile("", api="v1" if finding.api == "v1" else "v2")
    plan = plan_of(finding, held_to)
    by_curl = curl_script(finding, held_to, plan)
    return {
        "finding.md": finding_page(finding, held_to, path, by_curl=by_curl is not None),
        "repro.py": short_script(finding, plan) or long_script(plan),
        **({} if by_curl is None else {"curl.sh": by_curl}),
    }


def finding_page(finding: Finding, profile: Profile, path: str = "", *, by_curl: bool) -> str:
    """What a person should know, in Markdown."""
    violation = finding.violation
    entry = requirements.load().get(violation.requirement)
    facts = [
        *([f"- requirement: {violation.requirement} ({entry.level}; {entry.source})"] if entry else []),
        f"- API: {finding.api}",
        *_server_lines(finding),
        f"- suite: {finding.suite or 'unknown'}",
        f"- property: {finding.case.property}",
        f"- fingerprint: {finding.fingerprint}",
    ]
    own_store = takes_bad_store(finding.case)
    return "\n".join(
        [
            f"# {_one_line(violation.title)}",
            "",
            _fenced("\n".join(portrait(finding))),
            "",
            *(f"{sentence}\n" for sentence in _sentences(finding)),
            *facts,
            "",
            *_by_hand(finding, profile),
            "Send it again, judged by the suite, or without the suite:",
            "",
            _fenced(
                f"asfuzz replay {shlex.quote(path or finding.id)}\n"
                + (_BY_OWN_STORE if own_store else f"{_SETTINGS}\npython repro.py")
                + ("\nsh curl.sh" if by_curl else "")
            ),
            "",
            "`case.json` and `data/` hold the case as it is. How often it was seen is in `seen/`.",
            "",
        ]
    )


def _server_lines(finding: Finding) -> Iterator[str]:
    """Which server it was, how it was started or reached, and what it said before it died of the finding."""
    origin = finding.origin or Origin()
    yield f"- server: {origin.server or finding.server or 'unknown'}"
    if origin.server_version:
        yield f"- server's version: {_one_line(origin.server_version)}"
    if finding.origin is not None:
        seed = "" if origin.seed is None else f"--seed {origin.seed}"
        yield f"- found by: `{' '.join(part for part in ('asfuzz run', origin.flags, seed) if part)}`"
    if finding.last_words:
        yield f"- its last words:\n\n{_fenced(finding.last_words)}\n"


def _sentences(finding: Finding) -> Iterator[str]:
    """How the finding shows, what it needs, and what the wrong answer would be right for."""
    if finding.case.together:
        yield f"{_TOGETHER}{'' if finding.reproducibility == 'seen once' else _IN_TURN}."
    yield _HOW_OFTEN[finding.reproducibility]
    if finding.needs:
        yield f"Without any of these the answer is right: {', '.join(finding.needs)}."
    if finding.unproved:
        yield f"Not reduced to the end: nobody tried without {', '.join(finding.unproved)}. They may play no part."
    if finding.not_seen_with:
        yield f"Not seen with {', '.join(finding.not_seen_with)}."
    if finding.reads_as:
        yield f"The wrong answer is {finding.reads_as}."


def _by_hand(finding: Finding, profile: Profile) -> Iterator[str]:
    """The requests in full, to paste into a shell, where they are few."""
    steps = finding.case.steps
    if takes_bad_store(finding.case):
        steps = tuple(step for step in steps if isinstance(step, Send | SendRaw))
    if len(steps) > MOST_STEPS_BY_HAND:
        return
    yield "By hand, with the variables below set:\n"
    commands = [curl_command(step, profile, ask="curl -sS -i --path-as-is", run="") for step in steps]
    yield _fenced("\n".join(commands).replace("signed ", _SIGNED).replace("$SERVER_STORE_URL", "$STORE_URL"), "sh")
    yield ""


def _fenced(text: str, language: str = "text") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def long_script(plan: Mapping[str, Any]) -> str:
    """The stand-alone script with a finding's plan in it."""
    source = (resources.files("fuzz.subjects.reductions.scripts") / "standalone.py").read_text("utf-8")
    # The plan stands in a raw string: neither quotes nor anything but ASCII may be in it.
    text = laid_out(plan).replace("'", "\\u0027")
    text = "".join(letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text)
    title = printable(plan["title"]).replace("\\", "/").replace('"', "'")
    assert _NO_PLAN in source
    assert _NO_JUDGE in source
    source = source.replace(_NO_JUDGE, judge_text(), 1)
    return source.replace("REPLACED BY THE FINDING'S TITLE", title, 1).replace(_NO_PLAN, f"r'''{text}'''", 1)
