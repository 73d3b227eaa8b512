"""Write the scripts of a finding about reductions, and its requests as shell commands to paste."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any, Final

from fuzz.findings.case_files import laid_out
from fuzz.findings.finding import Finding
from fuzz.findings.pages import fenced
from fuzz.subject import Scripts
from fuzz.subjects.reductions.scripts.curl_script import curl_command, curl_script, judge_text
from fuzz.subjects.reductions.scripts.plan import plan_of, printable, takes_bad_store
from fuzz.subjects.reductions.scripts.short_script import short_script
from specs.reductions.profile import Profile
from specs.reductions.steps import Send, SendRaw

_NO_PLAN: Final = "r'''{}'''"
_NO_JUDGE: Final = "from fuzz.subjects.reductions.scripts.script_judge import faults, shown\n"
_NO_SPELLINGS: Final = "from specs.spellings import spelled\n"
_SPELLED_PLAINLY: Final = "spelled: Any = None  # not needed: every request here is spelled plainly\n"
_SETTINGS: Final = "export SERVER_URL=… STORE_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… BUCKET=…"
_BY_OWN_STORE: Final = (
    "python repro.py SERVER_URL http://127.0.0.1:8399     # it is the store itself, at this address for the server"
)
_SIGNED: Final = (
    'curl -sS --aws-sigv4 aws:amz:us-east-1:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" '
    "-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "
)
MOST_STEPS_BY_HAND: Final = 8


def scripts(finding: Finding, profile: Profile | None) -> Scripts:
    """Return the scripts that show a finding without the suite. Without a profile, they expect the whole API."""
    held_to = profile or Profile("", api="v1" if finding.api == "v1" else "v2")
    plan = plan_of(finding, held_to)
    by_curl = curl_script(finding, held_to, plan)
    files = {
        "repro.py": short_script(finding, plan) or long_script(plan),
        **({} if by_curl is None else {"curl.sh": by_curl}),
    }
    by_python = (_BY_OWN_STORE,) if takes_bad_store(finding.case) else (_SETTINGS, "python repro.py")
    again = (*by_python, *([] if by_curl is None else ["sh curl.sh"]))
    return Scripts(files, again, tuple(_by_hand(finding, held_to)))


def _by_hand(finding: Finding, profile: Profile) -> Iterator[str]:
    """Yield the full requests as shell commands to paste, unless they are too many."""
    steps = finding.case.steps
    if takes_bad_store(finding.case):
        steps = tuple(step for step in steps if isinstance(step, Send | SendRaw))
    if len(steps) > MOST_STEPS_BY_HAND:
        return
    yield "By hand, with the variables below set:\n"
    commands = [curl_command(step, profile, ask="curl -sS -i --path-as-is", run="") for step in steps]
    yield fenced("\n".join(commands).replace("signed ", _SIGNED).replace("$SERVER_STORE_URL", "$STORE_URL"), "sh")
    yield ""


def long_script(plan: Mapping[str, Any]) -> str:
    """Return the stand-alone script with a finding's plan in it."""
    source = (resources.files("fuzz.subjects.reductions.scripts") / "standalone.py").read_text("utf-8")
    # The plan stands in a raw string, so it may contain ASCII only, and no quotes.
    text = laid_out(plan).replace("'", "\\u0027")
    text = "".join(letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text)
    title = printable(plan["title"]).replace("\\", "/").replace('"', "'")
    assert _NO_PLAN in source
    assert _NO_JUDGE in source
    assert _NO_SPELLINGS in source
    source = source.replace(_NO_JUDGE, judge_text(), 1)
    unusual = any("spelled" in step for step in plan["steps"])
    source = source.replace(_NO_SPELLINGS, _spellings_text() if unusual else _SPELLED_PLAINLY, 1)
    return source.replace("REPLACED BY THE FINDING'S TITLE", title, 1).replace(_NO_PLAN, f"r'''{text}'''", 1)


def _spellings_text() -> str:
    """Return the source of the spellings, which scripts contain."""
    text = (resources.files("specs") / "spellings.py").read_text("utf-8")
    return text[text.index("import json") :]
