"""Find out what a server can do, by harmless well-formed requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from fuzz.errors import CannotRun
from fuzz.findings.replay import judged, outcomes_unreachable
from fuzz.running.session import Session
from fuzz.running.store import Store
from fuzz.subjects.reductions.first_question import Connect, plain, told, version_of
from fuzz.subjects.reductions.questions import NUMBERS, Question, questions
from fuzz.transport.protocol import Client
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions import encoding, wire
from specs.reductions.dtypes import ByteOrder
from specs.reductions.profile import Profile
from specs.reductions.steps import Put, Send, Step

CACHE_ROUNDS = 3
# After a timeout, later answers get HASTE times as long as they usually take, and at least this long.
HASTE = 100
LEAST_PATIENCE_SECONDS = 1.0

# "absent" is for features that depend on the server's configuration, and that no server must have.
Conclusion = Literal["yes", "absent", "refused", "wrong", "failed", "not asked"]


@dataclass(frozen=True, slots=True)
class Feature:
    """A server's reaction to one feature, and the text of that reaction."""

    capability: str
    value: str
    reading: Conclusion
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """A profile to start from, and the findings that it was concluded from."""

    profile: Profile
    findings: tuple[Feature, ...]


def probe(connect: Connect, store: Store, revive: Callable[[], None] | None = None) -> Probe:
    """Ask a server about every feature, one at a time; raise CannotRun where it speaks neither API version.

    `revive` starts a server again that died of a question; without it, the probe ends there.
    """
    profile = _version(connect)
    session = connect(profile)
    try:
        found = [Feature("api", profile.api, "yes"), *_forms(profile)]
        found += [
            _ask(session, one, revive) for one in questions(profile, frozenset(store.interfaces), store.public_readable)
        ]
        found += _cache(session)
        found.append(_error_style(session))
    finally:
        session.close()
    return Probe(_concluded(profile, found), tuple(found))


def _version(connect: Connect) -> Profile:
    """Return a profile of the API version in which the server answers a plain request."""
    base, answer = version_of(connect)
    return base if base.api == "v2" else _v1_forms(base, answer)


def _v1_forms(base: Profile, reply: Reply) -> Profile:
    """Return the profile with the forms of a v1 server: its optional headers and its native byte order."""
    order = reply.header("x-activestorage-byte-order")
    little = encoding.plain(NUMBERS.sum(dtype="int32"), "little")
    native: ByteOrder = "little" if order == "little" or (order is None and reply.body == little) else "big"
    return replace(
        base, count_form=wire.v1_count_form(reply), tells_byte_order=order is not None, native_byte_order=native
    )


def _forms(profile: Profile) -> Iterator[Feature]:
    if profile.api == "v1":
        yield Feature("count_form", profile.count_form, "yes")
        told = "" if profile.tells_byte_order else f"no such header; it is {profile.native_byte_order}"
        yield Feature("tells_byte_order", "", "refused" if told else "yes", told)


def _ask(session: Session, question: Question, revive: Callable[[], None] | None) -> Feature:
    if question.send is None:
        return Feature(question.capability, question.value, "not asked", question.why)
    judgement = judged(session, Case("probe", (question.put(), question.send)), revive)
    if outcomes_unreachable(judgement.transcript.outcomes):
        raise CannotRun(f"the target at {session.client.url} is gone since it was probed: is the server running?")
    outcome = judgement.transcript.outcomes[-1]
    if isinstance(outcome, NoReply) and outcome.reason == "timeout":
        _hurry(session.client)
    reading: Conclusion = "yes"
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
    return Feature(question.capability, question.value, reading, detail)


def _hurry(client: Client) -> None:
    """Shorten the client's timeout after an answer did not come: to a multiple of what answers take."""
    patience = max(LEAST_PATIENCE_SECONDS, HASTE * client.answers.usual_ms / 1000)
    client.settings = replace(client.settings, timeout_seconds=min(patience, client.settings.timeout_seconds))


def _cache(session: Session) -> list[Feature]:
    """Overwrite an object and ask again: a server that answers from the old content has a cache."""
    old, new = encoding.plain(NUMBERS), encoding.plain(NUMBERS + 1)
    ask = Send("sum", Fields({"dtype": "int32"}), "a")
    steps: tuple[Step, ...] = (Put("a", old), ask, ask, Put("a", new), ask)
    for _ in range(CACHE_ROUNDS):
        outcomes = session.run(Case("probe", steps)).outcomes
        bodies = [one.body for one in outcomes if isinstance(one, Reply) and one.status == 200]
        if len(bodies) == len(steps) - 2 and bodies[-1] == bodies[0]:
            return [Feature("chunk_cache", "", "yes")]
    return [Feature("chunk_cache", "", "absent", "an overwritten object is read anew")]


def _error_style(session: Session) -> Feature:
    """Find out whether errors have the API's form, by a request with an unknown dtype."""
    outcome = plain(session, dtype="no-such-dtype")
    try:
        if isinstance(outcome, Reply) and outcome.status >= 400:
            wire.error_text(outcome)
            return Feature("json_errors", "", "yes")
    except wire.Malformed as error:
        return Feature("json_errors", "", "refused", str(error))
    return Feature("json_errors", "", "failed", told(outcome))


_LISTS = (
    "operations", "dtypes", "byte_orders", "orders", "axis_forms", "compressions", "filters", "missing_kinds",
    "options", "interfaces",
)  # fmt: skip
# Claims about features that came with a later release, or that depend on the server's environment.
_LATER = ("options", "interfaces", "anonymous", "chunk_cache", "compressions", "filters")
_FLAGS = ("selections", "negative_strides", "anonymous", "chunk_cache", "json_errors")


def _concluded(base: Profile, found: list[Feature]) -> Profile:
    """Return the profile that claims every feature the server does not refuse; wrong answers are left to the hunt."""
    claims: dict[str, Any] = {}
    for name in _LISTS:
        claims[name] = tuple(one.value for one in found if one.capability == name and _claimed(one))
    for name in _FLAGS:
        claims[name] = any(one.capability == name and _claimed(one) for one in found)
    return replace(base, title="What the server showed when it was probed", **claims)


def held_to_its_version(profile: Profile) -> Profile:
    """Return a probed profile that also claims all that its API version has had from its first release.

    Without a profile written for it, a server is not excused from features that it refuses by mistake.
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


def _claimed(finding: Feature) -> bool:
    return finding.reading in ("yes", "wrong", "failed")
