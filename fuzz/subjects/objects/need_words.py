"""Say in plain words what a finding about an object store needs, and how its requests were sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fuzz.subjects.objects.traits.keys import NAME
from specs.case import Case
from specs.objects.steps import PLAINLY, Account, Sent, Signing

ACCOUNTS: dict[Account, str] = {
    "second": "the second account",
    "anonymous": "nobody's account",
    "unknown": "an access key that nobody has",
    "wrong-secret": "a wrong secret key",
}
SIGNINGS: dict[Signing, str] = {
    "unsigned-payload": "a body that is not signed",
    "presigned": "a presigned URL",
    "late-clock": "a clock that is nearly ten minutes late",
    "early-clock": "a clock that is nearly ten minutes early",
    "chunks": "a body in signed chunks",
    "chunks-trailer": "a body in signed chunks with a trailer",
    "unsigned-trailer": "a body in unsigned chunks with a trailer",
}
WORDS = {
    "requests beside each other": "requests at the same time",
    "a plan of parts": "a copy in parts",
    "a start": "a key to start after",
    "a limit": "max-keys",
    "encoding": "encoding-type=url",
    "version 1": "the first version of ListObjects",
    "a limit of parts": "a limit to the page",
    "a marker": "a marker to go on from",
}
WAY = "another way of sending"
SEVERAL, STEP = "several requests", "step "


def said(needs: Iterable[str], case: Case) -> tuple[str, ...]:
    """Return names of traits in words that say what in the case they are."""
    several = tuple(needs)
    before = [name.removeprefix(STEP) for name in several if name.startswith(STEP)]
    others = [_said(name, case) for name in several if not name.startswith(STEP) and not (before and name == SEVERAL)]
    return (*([f"{' and '.join(before)} before it"] if before else []), *others)


def _said(need: str, case: Case) -> str:
    kind, _, rest = need.partition(" ")
    if need.startswith("answer to "):
        return f"{need.removeprefix('answer to ')} as the last request"
    if kind == "header" and rest:
        return f"the header {_as_sent(rest, case)}"
    if kind == "query" and rest:
        return f"{rest} in the query"
    if need == NAME:
        keys = (key for step in case.steps for key in (getattr(step, "key", ""),) if key)
        return f"key {next(keys, '')!r}"
    if need == WAY:
        ways = dict.fromkeys(word for step in case.steps for word in ways_of(step.sent))
        return " and ".join(ways) or need
    return WORDS.get(need, need)


def _as_sent(header: str, case: Case) -> str:
    names = (name for step in case.steps for name, _ in getattr(step, "headers", ()))
    return next((name for name in names if name.lower() == header), header)


def ways_of(sent: Sent) -> Iterator[str]:
    """List what is unusual in the way in which a request is sent: its account, its signing, and its fault."""
    if sent.by != PLAINLY.by:
        yield ACCOUNTS[sent.by]
    if sent.signing != PLAINLY.signing:
        yield SIGNINGS[sent.signing]
    if sent.fault:
        yield f"a signing fault: {sent.fault.replace('-', ' ')}"
