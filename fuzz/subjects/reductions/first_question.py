"""Ask a target plain requests first, to find out whether it is an active-storage server at all."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from fuzz.errors import CannotRun
from fuzz.running.session import Session
from fuzz.subjects.reductions.questions import NUMBERS
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Outcome, Reply
from specs.reductions import encoding
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send

NAME = "auto"
V2: Final = Profile(NAME)
V1: Final = Profile(NAME, api="v1", options=(), interfaces=("s3",))
# One operation may be broken, so several are tried; a server that answers none of them is not asked further.
MOST_OPERATIONS = 3
MOST_SECONDS = 10.0
MOST_DETAIL = 100
# The statuses that a web server sends for a path that it does not know.
NO_SUCH_PATH = (404, 405, 501)

Connect = Callable[[Profile], Session]
Outcomes = Mapping[str, Outcome]


def plain(session: Session, operation: str = "sum", **fields: Any) -> Outcome:
    """Send a reduction of a few integers that uses no optional feature, and return its outcome."""
    data = encoding.plain(NUMBERS)
    body = Fields({"dtype": "int32", "offset": 0, "size": len(data), **fields})
    return session.run(Case("probe", (Put("a", data), Send(operation, body, "a")))).outcomes[-1]


def version_of(connect: Connect) -> tuple[Profile, Reply]:
    """Return a profile of the API version that answers a plain request, and the answer; else raise CannotRun."""
    asked: dict[str, Outcomes] = {}
    for base in (V2, V1):
        asked[base.api] = _asked(connect, base)
        answer = _answer(asked[base.api])
        if answer is not None:
            return base, answer
    raise CannotRun(_diagnosis(asked, connect(V2)))


def check(connect: Connect, profile: Profile) -> None:
    """Raise CannotRun unless the target answers a plain request in the profile's version of the API."""
    own, other = (V1, V2) if profile.api == "v1" else (V2, V1)
    asked: dict[str, Outcomes] = {own.api: _asked(connect, own)}
    if _answer(asked[own.api]) is not None:
        return
    if not _knows(asked[own.api]):
        asked[other.api] = _asked(connect, other)
        if _answer(asked[other.api]) is not None:
            raise CannotRun(
                f"the target speaks version {other.api[1:]} of the API, and profile {profile.name} is about version "
                f"{own.api[1:]}: name another profile, or leave --profile out"
            )
    raise CannotRun(_diagnosis(asked, connect(own)))


def _asked(connect: Connect, base: Profile) -> Outcomes:
    """Send plain requests until one is answered, and return their outcomes by operation."""
    session = connect(base)
    outcomes: dict[str, Outcome] = {}
    end = time.monotonic() + MOST_SECONDS
    try:
        for operation in base.operations[:MOST_OPERATIONS]:
            outcome = outcomes[operation] = plain(session, operation)
            if (isinstance(outcome, Reply) and outcome.status == 200) or time.monotonic() > end:
                break
    finally:
        session.close()
    return outcomes


def _answer(outcomes: Outcomes) -> Reply | None:
    return next((one for one in outcomes.values() if isinstance(one, Reply) and one.status == 200), None)


def _knows(outcomes: Outcomes) -> bool:
    """Say whether the target knows the paths of an API version, by the outcomes of requests to it."""
    return any(
        isinstance(one, Reply) and (one.status not in NO_SUCH_PATH or _in_form(one)) for one in outcomes.values()
    )


def _in_form(reply: Reply) -> bool:
    """Say whether an error has the API's form, which a plain web server's errors do not have."""
    try:
        return "message" in json.loads(reply.body)["error"]
    except (ValueError, KeyError, TypeError):
        return False


def _diagnosis(asked: Mapping[str, Outcomes], session: Session) -> str:
    """Return a line that explains why no plain request was answered."""
    url, store = session.client.url, session.store.s3_url
    session.close()
    if urlsplit(url).path.rstrip("/").endswith(("/v1", "/v2")):
        return f"--target {url}: leave out {urlsplit(url).path.rstrip('/')[-3:]}, which asfuzz adds by itself"
    known = [api for api, outcomes in asked.items() if _knows(outcomes)]
    api, operation, outcome = next(_told(asked, known or list(asked)))
    came = f"POST /{api}/{operation}/ gets {told(outcome)}"
    if known or _is_silence(outcome):
        return (
            f"the target answers no plain request: {came}. Does it reach the store at {store}? "
            "If it is on another machine or in a container, give --advertise HOST"
        )
    if not isinstance(outcome, Reply):
        return f"the target answers no plain request: {came}"
    kind = (outcome.header("content-type") or "").split(";")[0]
    return f"this is no active-storage server: POST /{api}/{operation}/ gets {f'{outcome.status} {kind}'.rstrip()}"


def _told(asked: Mapping[str, Outcomes], versions: list[str]) -> Iterator[tuple[str, str, Outcome]]:
    """Yield the outcomes with their versions and operations: silence first, then replies, then lost connections.

    A server that has no path for one version and is silent to the other knows the other.
    """
    every = [(api, name, one) for api in versions for name, one in asked[api].items()]
    yield from sorted(every, key=lambda one: (not _is_silence(one[2]), not isinstance(one[2], Reply)))


def _is_silence(outcome: Outcome) -> bool:
    return isinstance(outcome, NoReply) and outcome.reason == "timeout"


def told(outcome: Outcome) -> str:
    """Return a line that describes the outcome."""
    if isinstance(outcome, NoReply):
        return f"no answer: {outcome.reason} {outcome.detail}".strip()
    if outcome is None:
        return "no answer"
    text = " ".join(outcome.body.decode("utf-8", "replace").split())
    return f"{outcome.status} {text[:MOST_DETAIL]}".strip()
