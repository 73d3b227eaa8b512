"""Finding out what a server can do, by harmless well-formed requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from fuzz.errors import CannotRun
from fuzz.executor import Session
from fuzz.questions import NUMBERS, Question, questions
from fuzz.store import Store
from specs import encoding, wire
from specs.case import Case, Put, Send, Step
from specs.dtypes import ByteOrder
from specs.fields import Fields
from specs.outcome import NoReply, Outcome, Reply
from specs.profile import CountForm, Profile

NAME = "auto"
CACHE_ROUNDS = 3
MOST_DETAIL = 100

Reading = Literal["yes", "refused", "wrong", "failed", "not asked"]
Connect = Callable[[Profile], Session]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a server made of one feature, and the words it had for it."""

    capability: str
    value: str
    reading: Reading
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Probed:
    """A profile to start from, and what it was concluded from."""

    profile: Profile
    findings: tuple[Finding, ...]


def probe(connect: Connect, store: Store) -> Probed:
    """Ask a server everything, one feature at a time; raises CannotRun where it speaks neither version."""
    profile = _version(connect)
    session = connect(profile)
    try:
        found = [Finding("api", profile.api, "yes"), *_forms(profile)]
        found += [_ask(session, one) for one in questions(profile, frozenset(store.interfaces), store.public_readable)]
        found += _cache(session)
        found.append(_error_style(session))
    finally:
        session.close()
    return Probed(_concluded(profile, found), tuple(found))


def _version(connect: Connect) -> Profile:
    """The API's version, told by which of the two answers a plain request, whatever the operation."""
    said = []
    for base in (Profile(NAME), Profile(NAME, api="v1", options=(), interfaces=("s3",))):
        session = connect(base)
        try:
            outcomes = [(operation, _plain(session, operation)) for operation in base.operations]
        finally:
            session.close()
        for _, outcome in outcomes:
            if isinstance(outcome, Reply) and outcome.status == 200:
                return base if base.api == "v2" else _v1_forms(base, outcome)
        said += [f"/{base.api}/{operation}/: {told(outcome)}" for operation, outcome in outcomes]
    raise CannotRun(
        "the target answers no plain request, of either version of the API:\n  "
        + "\n  ".join(said)
        + "\nDoes it reach the store? If it is on another machine or in a container, give --advertise HOST"
    )


def _plain(session: Session, operation: str = "sum", **fields: Any) -> Outcome:
    """A few integers reduced, asked with nothing that a server could lack."""
    data = encoding.plain(NUMBERS)
    body = Fields({"dtype": "int32", "offset": 0, "size": len(data), **fields})
    return session.run(Case("probe", (Put("a", data), Send(operation, body, "a")))).outcomes[-1]


def _v1_forms(base: Profile, reply: Reply) -> Profile:
    """Which of the headers a v1 server has that only later ones have, and the byte order without one."""
    count, order = reply.header("x-activestorage-count"), reply.header("x-activestorage-byte-order")
    form: CountForm = "none" if count is None else "list" if count.startswith("[") else "number"
    little = encoding.plain(NUMBERS.sum(dtype="int32"), "little")
    native: ByteOrder = "little" if order == "little" or (order is None and reply.body == little) else "big"
    return replace(base, count_form=form, tells_byte_order=order is not None, native_byte_order=native)


def _forms(profile: Profile) -> Iterator[Finding]:
    if profile.api == "v1":
        yield Finding("count_form", profile.count_form, "yes")
        told = "" if profile.tells_byte_order else f"no such header; it is {profile.native_byte_order}"
        yield Finding("tells_byte_order", "", "refused" if told else "yes", told)


def _ask(session: Session, question: Question) -> Finding:
    if question.send is None:
        return Finding(question.capability, question.value, "not asked", question.why)
    judgement = session.judge(Case("probe", (question.put(), question.send)))
    outcome = judgement.transcript.outcomes[-1]
    reading: Reading = "yes"
    if isinstance(outcome, NoReply) or outcome is None or outcome.status >= 500:
        reading = "failed"
    elif 400 <= outcome.status < 500:
        reading = "refused"
    elif judgement.failures:
        reading = "wrong"
    detail = "" if reading == "yes" else told(outcome)
    if reading == "wrong":
        failure = judgement.failures[0]
        detail = f"{failure.title}: expected {failure.expected}, got {failure.actual}"
    return Finding(question.capability, question.value, reading, detail)


def _cache(session: Session) -> list[Finding]:
    """An object is overwritten and asked about again: whoever tells of the old content keeps copies."""
    old, new = encoding.plain(NUMBERS), encoding.plain(NUMBERS + 1)
    ask = Send("sum", Fields({"dtype": "int32"}), "a")
    steps: tuple[Step, ...] = (Put("a", old), ask, ask, Put("a", new), ask)
    for _ in range(CACHE_ROUNDS):
        outcomes = session.run(Case("probe", steps)).outcomes
        bodies = [one.body for one in outcomes if isinstance(one, Reply) and one.status == 200]
        if len(bodies) == len(steps) - 2 and bodies[-1] == bodies[0]:
            return [Finding("chunk_cache", "", "yes")]
    return [Finding("chunk_cache", "", "refused", "an overwritten object is read anew")]


def _error_style(session: Session) -> Finding:
    """Whether an error has the API's form; asked by a dtype that there is not."""
    outcome = _plain(session, dtype="no-such-dtype")
    try:
        if isinstance(outcome, Reply) and outcome.status >= 400:
            wire.error_text(outcome)
            return Finding("json_errors", "", "yes")
    except wire.Malformed as error:
        return Finding("json_errors", "", "refused", str(error))
    return Finding("json_errors", "", "failed", told(outcome))


def told(outcome: Outcome) -> str:
    """What came, in a line."""
    if isinstance(outcome, NoReply):
        return f"no answer: {outcome.reason} {outcome.detail}".strip()
    if outcome is None:
        return "no answer"
    text = " ".join(outcome.body.decode("utf-8", "replace").split())
    return f"{outcome.status} {text[:MOST_DETAIL]}".strip()


_LISTS = (
    "operations", "dtypes", "byte_orders", "orders", "axis_forms", "compressions", "filters", "missing_kinds",
    "options", "interfaces",
)  # fmt: skip
# What came with a later release, or with a server's surroundings.
_LATER = ("options", "interfaces", "anonymous", "chunk_cache", "compressions", "filters")
_FLAGS = ("selections", "negative_strides", "anonymous", "chunk_cache", "json_errors")


def _concluded(base: Profile, found: list[Finding]) -> Profile:
    """Everything that is not refused is claimed: what is answered wrongly is for the hunt to show."""
    claims: dict[str, Any] = {}
    for name in _LISTS:
        claims[name] = tuple(one.value for one in found if one.capability == name and _claimed(one))
    for name in _FLAGS:
        claims[name] = any(one.capability == name and _claimed(one) for one in found)
    return replace(base, title="What the server showed when it was probed", **claims)


def held_to_its_version(profile: Profile) -> Profile:
    """A probed profile with all that its version of the API has had from the first, whether shown or not.

    A server that nobody has written a profile for is not excused from what it refuses by mistake.
    """
    if profile.api == "v1":
        return profile
    whole = Profile(profile.name)
    core = {name: getattr(whole, name) for name in (*_LISTS, *_FLAGS) if name not in _LATER}
    return replace(
        profile,
        **core,
        compressions=tuple(one for one in whole.compressions if one in ("gzip", "zlib", *profile.compressions)),
        filters=tuple(one for one in whole.filters if one in ("shuffle", *profile.filters)),
    )


def _claimed(finding: Finding) -> bool:
    return finding.reading in ("yes", "wrong", "failed")
