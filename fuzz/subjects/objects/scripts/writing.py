"""Write the scripts of a finding about an object store, where they can show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fuzz.findings.finding import Finding
from fuzz.findings.pages import fenced
from fuzz.subject import Scripts
from fuzz.subjects.objects.scripts.at_once import script_at_once
from fuzz.subjects.objects.scripts.curl_script import curl_script
from fuzz.subjects.objects.scripts.due import due_answer
from fuzz.subjects.objects.scripts.marked import Place, Request, requests
from fuzz.subjects.objects.scripts.python_script import python_script
from specs.case import Case
from specs.objects.profile import Profile
from specs.objects.steps import STAYS, StreamCopy
from specs.outcome import NoReply

MOST_STEPS: Final = 24
MOST_BYTES: Final = 64 * 2**20
SETTINGS: Final = "export STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…"
WITHOUT: Final = "There is no script: {}.\n"
SEVERAL: Final = "these requests at the same time are sent by `asfuzz replay` alone"
NOT_ALWAYS: Final = "it does not show every time"
UNUSUAL: Final = "`asfuzz replay` alone sends what is unusual in these requests"
NOT_PLAIN: Final = "what is due takes more than a few comparisons, which `asfuzz replay` makes"


def scripts(finding: Finding, profile: Profile | None) -> Scripts:
    """Return the scripts that show a finding without the suite; without a profile, they expect the whole API."""
    if any(step.lane for step in finding.case.steps):
        return _at_once(finding)
    case = Case(finding.case.property, finding.case.steps[: finding.violation.step + 1 or None])
    if why := _why_not(finding, case):
        return Scripts(by_hand=(WITHOUT.format(why),))
    sent = requests(case, finding.outcomes)
    held_to = profile or Profile("reference")
    due = None if any(map(_is_beyond, sent)) else due_answer(finding, case, held_to)
    if due is None:
        return Scripts(by_hand=(WITHOUT.format(UNUSUAL if any(map(_is_beyond, sent)) else NOT_PLAIN),))
    by_curl = curl_script(finding, sent, due, held_to)
    files = {
        "repro.py": python_script(finding, sent, due, held_to),
        **({} if by_curl is None else {"curl.sh": by_curl}),
    }
    again = (SETTINGS, "python repro.py", *([] if by_curl is None else ["sh curl.sh"]))
    return Scripts(files, again, tuple(_in_full(*list(files.items())[-1])))


def _at_once(finding: Finding) -> Scripts:
    """Return the script of a finding about requests at the same time that came again."""
    text = script_at_once(finding) if finding.reproducibility in ("every time", "flaky") else None
    if text is None:
        return Scripts(by_hand=(WITHOUT.format(SEVERAL),))
    return Scripts({"repro.py": text}, (SETTINGS, "python repro.py"), tuple(_in_full("repro.py", text)))


def _in_full(name: str, text: str) -> Iterator[str]:
    """Yield the requests in full for the page, as a script sends them; they are folded away."""
    yield f"<details><summary>The requests in full, as {name} sends them</summary>\n"
    yield fenced(text.rstrip("\n"), "python" if name.endswith(".py") else "sh")
    yield "\n</details>\n"


def _why_not(finding: Finding, case: Case) -> str:
    """Say why no script can show a finding; empty if one may."""
    if finding.reproducibility != "every time":
        return NOT_ALWAYS
    answered = zip(case.steps[:-1], finding.outcomes)
    if len(finding.outcomes) < len(case.steps) or any(
        (came is None or isinstance(came, NoReply)) and getattr(step, "leaves", STAYS) == STAYS
        for step, came in answered
    ):
        return UNUSUAL
    return UNUSUAL if len(case.steps) > MOST_STEPS or any(map(_is_unusual, case.steps)) else ""


def _is_unusual(step: Any) -> bool:
    """Say whether a script does not send a step: by its size, or as it is several requests."""
    content = getattr(step, "content", None)
    return isinstance(step, StreamCopy) or (content is not None and content.size > MOST_BYTES)


def _is_beyond(one: Request) -> bool:
    """Say whether a script cannot send a request: it has a digest of what is filled in."""
    names = [name.lower() for name, _ in one.headers]
    digests = any(name == "content-md5" or name.startswith("x-amz-checksum-") for name in names)
    return digests and any(isinstance(piece, Place) for piece in one.body)
