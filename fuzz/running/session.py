"""Runs cases: puts objects, sends requests, and has the outcomes judged."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from secrets import token_hex
from typing import Any

from fuzz.findings.origin import Origin
from fuzz.running.client import Client
from fuzz.running.crowd import Crowd, Message
from fuzz.running.store import Store, Unstorable, facts_of
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Outcome, Reply, Transcript
from specs.reductions import checks, relations
from specs.reductions.expectation import Expectation
from specs.reductions.model import expectations, full_body
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw, Step
from specs.violation import Violation

MOST_OBJECTS_KEPT = 512
MOST_BYTES_KEPT = 256 * 2**20
KEY_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of a case, and the requirements broken: failures first, in the order of the steps.

    `unstorable` says why the store did not take the case's objects, where nothing came of it for that reason.
    """

    transcript: Transcript
    violations: tuple[Violation, ...]
    expectations: tuple[Expectation | None, ...] = field(default=(), compare=False)
    unstorable: str = ""

    @property
    def failures(self) -> tuple[Violation, ...]:
        return tuple(one for one in self.violations if one.severity == "failure")


class Session:
    """A client, a store and a profile. Objects are uploaded once per content, under keys that no other run uses."""

    def __init__(self, client: Client, store: Store, profile: Profile, origin: Origin | None = None) -> None:
        self.client = client
        self.store = store
        self._crowd = Crowd(client.url)
        self.profile = profile
        self.sent = 0
        # What findings are to remember of where they were made.
        self.origin = origin
        # Called after each case, so that whoever watches sees that something goes on.
        self.tick: Callable[[], None] | None = None
        self._run = token_hex(4)
        self._histories = count(1)
        self._kept: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._kept_bytes = 0
        self.facts = facts_of(store)
        self._authorizations = {
            name: "Basic " + b64encode(f"{one.access_key}:{one.secret}".encode()).decode()
            for name, one in store.credentials.items()
        }
        # Whoever has the header has the secret.
        tokens = (text.removeprefix("Basic ") for text in self._authorizations.values())
        self._secrets = (*(one.secret for one in store.credentials.values()), *tokens)

    def judge(self, case: Case, *, afresh: bool = False) -> Judgement:
        """Run a case and compare what came with what was due; afresh: on objects that nobody has asked about."""
        due = expectations(case, self.profile, self.facts)
        try:
            transcript = self.run(case, afresh=afresh)
        except Unstorable as error:
            # What the store cannot hold says nothing about the server.
            return Judgement(Transcript(case, (None,) * len(case.steps)), (), unstorable=str(error))
        found: list[Violation] = []
        for number, (step, outcome, expected) in enumerate(zip(case.steps, transcript.outcomes, due)):
            if isinstance(step, Send | SendRaw) and outcome is not None and expected is not None:
                exchange = checks.Exchange(step, outcome, self.profile, self._secrets, case.together)
                found += checks.violations(exchange, expected, number)
        if not any(one.severity == "failure" for one in found):
            found += relations.violations(transcript, due, self.profile)
        found.sort(key=lambda one: one.severity != "failure")
        return Judgement(transcript, tuple(found), due)

    def run(self, case: Case, *, afresh: bool = False) -> Transcript:
        """Take a case's steps one after the other, or send its requests at the same time."""
        keys = self._keys(case, afresh=afresh or case.together)
        outcomes = self._take_together(case, keys) if case.together else self._take_in_turn(case, keys)
        self._forget(keys)
        self._note_version(outcomes)
        if self.tick is not None:
            self.tick()
        return Transcript(case, outcomes)

    def _note_version(self, outcomes: Iterable[Outcome]) -> None:
        """Keep what the server calls itself, from the first answer that says so."""
        if self.origin is None or self.origin.server_version:
            return
        told = (one.header("server") for one in outcomes if isinstance(one, Reply))
        self.origin = replace(self.origin, server_version=next(filter(None, told), ""))

    def close(self) -> None:
        self._crowd.close()
        self.client.close()

    def _keys(self, case: Case, *, afresh: bool) -> dict[tuple[str, str], str]:
        """Real keys for a case's logical ones: by content, or the case's own where an object changes on the way.

        Of requests at the same time the objects are new each time, so that no cache has them already. What a case puts
        shares a prefix, so that keys that look alike are as alike in the store.
        """
        content = self._content_mark(case)
        own = self._own_mark() if afresh else ""
        puts = Counter((step.bucket, step.key) for step in case.steps if isinstance(step, Put | Delete))
        keys: dict[tuple[str, str], str] = {}
        for step in case.steps:
            if isinstance(step, Put) and (step.bucket, step.key) not in keys:
                name = (step.bucket, step.key)
                changes = afresh or puts[name] > 1 or not _asked_only_after(case, step)
                own = own or (self._own_mark() if changes else "")
                mark = own if changes else content
                keys[name] = f"{self._run}/{mark}/{step.key}"
        for step in case.steps:
            if not isinstance(step, Put):
                keys.setdefault((step.bucket, step.key), f"{self._run}/none/{step.key}")
        return keys

    def _content_mark(self, case: Case) -> str:
        """Of the objects that are put, and of how they are served: they and the logical keys make up the key."""
        digest = hashlib.sha256()
        for step in case.steps:
            if isinstance(step, Put):
                digest.update(hashlib.sha256(step.data).digest() + step.served.encode())
        return digest.hexdigest()[:KEY_DIGITS]

    def _own_mark(self) -> str:
        return f"own{next(self._histories)}"

    def _take(self, step: Step, keys: Mapping[tuple[str, str], str]) -> Outcome:
        key = keys[step.bucket, step.key]
        match step:
            case Put():
                self._put(step, key)
                return None
            case Delete():
                self.store.delete(step.bucket, key)
                return None
            case Send() | SendRaw():
                self.sent += 1
                asked = self.message(step, key)
                return self.client.send(asked.method, asked.path, asked.headers, asked.body)

    def _take_in_turn(self, case: Case, keys: Mapping[tuple[str, str], str]) -> tuple[Outcome, ...]:
        """Take step by step, until a request is not answered in time: waiting for more of that kind costs too much."""
        outcomes: list[Outcome] = [None] * len(case.steps)
        for number, step in enumerate(case.steps):
            outcome = outcomes[number] = self._take(step, keys)
            if isinstance(outcome, NoReply) and outcome.reason == "timeout":
                break
        return tuple(outcomes)

    def _take_together(self, case: Case, keys: Mapping[tuple[str, str], str]) -> tuple[Outcome, ...]:
        """Put the objects, send the requests at the same time; outcomes in the order of the steps."""
        messages: dict[int, Message] = {}
        for number, step in enumerate(case.steps):
            if isinstance(step, Send | SendRaw):
                messages[number] = self.message(step, keys[step.bucket, step.key])
            else:
                self._take(step, keys)
        self.sent += len(messages)
        came = dict(zip(messages, self._crowd.send(list(messages.values()), self.client.settings)))
        return tuple(came.get(number) for number in range(len(case.steps)))

    def _put(self, step: Put, key: str) -> None:
        name = (step.bucket, key)
        if name in self._kept and "/own" not in key[: len(self._run) + 4]:
            self._kept.move_to_end(name)
            return
        self.store.put(step.bucket, key, step.data, step.served)
        self._kept_bytes += len(step.data) - self._kept.pop(name, 0)
        self._kept[name] = len(step.data)

    def _forget(self, keys: Mapping[tuple[str, str], str]) -> None:
        """Delete what a history leaves behind, and the oldest objects beyond the limits."""
        for (bucket, _), key in keys.items():
            if "/own" in key[: len(self._run) + 4]:
                self._delete(bucket, key)
        while len(self._kept) > MOST_OBJECTS_KEPT or (self._kept_bytes > MOST_BYTES_KEPT and len(self._kept) > 8):
            bucket, key = next(iter(self._kept))
            self._delete(bucket, key)

    def _delete(self, bucket: str, key: str) -> None:
        if (bucket, key) in self._kept:
            self._kept_bytes -= self._kept.pop((bucket, key))
            self.store.delete(bucket, key)

    def message(self, step: Send | SendRaw, key: str) -> Message:
        """A step's request about the object that is stored under a key."""
        return self._raw_message(step, key) if isinstance(step, SendRaw) else self._reduction(step, key)

    def _reduction(self, step: Send, key: str) -> Message:
        places = self._places(step.bucket, key, step.interface)
        body = {
            name: _filled(value, places) if isinstance(value, str) else value
            for name, value in full_body(step, self.profile).items()
        }
        headers = (("Content-Type", "application/json"), *self._authorization(step.credentials))
        path = f"/{self.profile.api}/{step.operation}/"
        return Message("POST", path, headers, Fields(body).text.encode())

    def _raw_message(self, step: SendRaw, key: str) -> Message:
        body = step.body
        for name, place in self._places(step.bucket, key, "s3").items():
            body = body.replace(f"{{{name}}}".encode(), place.encode())
        names = {name.strip().lower() for name, _ in step.headers}
        extra = [] if "authorization" in names else self._authorization(step.credentials)
        return Message(step.method, step.path, (*step.headers, *extra), body)

    def _authorization(self, name: str | None) -> list[tuple[str, str]]:
        if name is None or name not in self._authorizations:
            return []
        return [("Authorization", self._authorizations[name])]

    def _places(self, bucket: str, key: str, interface: str) -> dict[str, str]:
        """What the placeholders stand for; a bucket that is neither of the store's goes by its own name."""
        known = bucket in ("private", "public")
        url = self.store.url(bucket if known else "private", key, interface)
        if not known:
            url = url.replace(f"/{self.store.buckets['private']}/", f"/{bucket}/", 1)
        return {
            "url": url,
            "source": self.store.s3_url,
            "bucket": self.store.buckets[bucket] if known else bucket,
            "object": key,
        }


def _filled(text: str, places: Mapping[str, Any]) -> str:
    for name, place in places.items():
        text = text.replace(f"{{{name}}}", place)
    return text


def _asked_only_after(case: Case, put: Put) -> bool:
    """Whether no request about an object comes before it is put."""
    before = case.steps[: case.steps.index(put)]
    return not any(isinstance(one, Send | SendRaw) and (one.bucket, one.key) == (put.bucket, put.key) for one in before)
