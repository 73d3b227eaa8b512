"""Every answer that was timed, held against the oracle's: off the clock, and in full once for each that differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import cbor2

from fuzz.comparing.bypass import Reduced
from fuzz.comparing.questions import TimedQuestion
from fuzz.comparing.results import BYPASS, Complaint, Trouble
from specs.outcome import NoReply, Reply
from specs.reductions import checks
from specs.reductions.expectation import Expectation
from specs.reductions.model import expectations
from specs.reductions.profile import Profile
from specs.store_facts import StoreFacts

CLIENT_ERRORS = range(400, 500)
# Whatever version of the API the servers speak: what the bypass computed is told by `as_reply` in version 2.
OF_BYPASS = Profile(BYPASS)


class Prepared:
    """A question with its object's bytes and the answer that is due."""

    def __init__(self, question: TimedQuestion, profile: Profile) -> None:
        self.question = question
        self.profile = profile
        self.data = question.data()
        self.send = question.send()
        self.case = question.case(self.data)

    @cached_property
    def due(self) -> Expectation:
        _, due = expectations(self.case, self.profile, StoreFacts())
        assert due is not None
        return due


@dataclass(frozen=True, slots=True)
class Wrong:
    """A server's answer that breaks a requirement."""

    prepared: Prepared
    contender: str
    outcome: Reply | NoReply


@dataclass(slots=True)
class Judge:
    """Says whether answers are right, counts those that are not, and has the first of each kind by it."""

    told: dict[tuple[TimedQuestion, str, Trouble], Complaint] = field(default_factory=dict)
    wrong: dict[tuple[TimedQuestion, str, Trouble], Wrong] = field(default_factory=dict)
    _accepted: dict[tuple[TimedQuestion, str], set[Mark]] = field(default_factory=dict)

    def right(self, prepared: Prepared, contender: str, outcome: Reply | NoReply) -> bool:
        """Say whether an answer breaks no requirement; one that does is counted."""
        accepted = self._accepted.setdefault((prepared.question, contender), set())
        mark = mark_of(outcome) if isinstance(outcome, Reply) and outcome.status == 200 else None
        if mark is not None and mark in accepted:
            return True
        profile = OF_BYPASS if contender == BYPASS else prepared.profile
        exchange = checks.Answered(prepared.send, outcome, profile)
        found = checks.violations(exchange, prepared.due, 0)
        failure = next((one for one in found if one.severity == "failure"), None)
        if failure is None and mark is not None:
            accepted.add(mark)
            return True
        shown = f"{failure.title}: got {failure.actual}, due {failure.expected}" if failure else "refused"
        trouble = _trouble(outcome)
        if failure is not None and contender != BYPASS:
            self.wrong.setdefault((prepared.question, contender, trouble), Wrong(prepared, contender, outcome))
        self.count(prepared, contender, trouble, shown)
        return False

    def count(self, prepared: Prepared, contender: str, trouble: Trouble, shown: str) -> None:
        """Count one more answer that is not right."""
        where = (prepared.question, contender, trouble)
        before = self.told.get(where)
        asked = f"POST /{prepared.profile.api}/{prepared.send.operation}/  {prepared.send.fields.text}"
        first, times = (shown, 0) if before is None else (before.shown, before.times)
        self.told[where] = Complaint(prepared.question, contender, trouble, first, times + 1, asked)


Mark = tuple[tuple[tuple[str, str], ...], bytes]


def mark_of(reply: Reply) -> Mark:
    """Return all of an answer that has a meaning: its date, for one, has none."""
    meaning = tuple(
        (name, value) for name, value in reply.headers if name == "content-type" or name.startswith("x-activestorage-")
    )
    return meaning, reply.body


def as_reply(result: Reduced) -> Reply:
    """Return what the bypass computed as the answer of a server, so that one oracle judges all."""
    answer: Mapping[str, object] = {
        "bytes": result.data,
        "dtype": result.dtype,
        "shape": list(result.shape),
        "shape_as_bytes": b"",
        "count": [result.count],
        "count_as_bytes": b"",
        "byte_order": "little",
    }
    return Reply(200, (("content-type", "application/cbor"),), cbor2.dumps(answer))


def _trouble(outcome: Reply | NoReply) -> Trouble:
    if isinstance(outcome, NoReply) or outcome.status >= 500:
        return "failed"
    return "refused" if outcome.status in CLIENT_ERRORS else "wrong"
