"""Answer a case rightly: by the embedded store, in memory, as an example of what a script may expect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from fuzz.embedded.http_messages import Answer, HttpRequest, HttpResponse, RequestHead
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.subjects.objects.access import OWN, OWNER, SECOND
from fuzz.subjects.objects.lazy import bytes_of
from fuzz.subjects.objects.requests import Names, plain_request
from fuzz.subjects.objects.sending import signed
from fuzz.subjects.objects.signing import Key, Plain, in_header, target
from specs.objects.model.judging import FIRST_BUCKETS
from specs.objects.steps import STAYS
from specs.objects.words import NOTHING, learned
from specs.outcome import NoReply, Outcome, Reply

HOST = "store"
KEYS = {
    **{name: Key(one.access_key, one.secret) for name, one in zip((OWNER, SECOND), OWN)},
    "unknown": Key("UNKNOWN", "unknown"),
    "wrong-secret": Key(OWN[0].access_key, "wrong"),
}


def answers_of(several: Sequence[Any], store: ObjectStore | None = None) -> tuple[Outcome, ...]:
    """Return the answers of a store, by default the embedded one, to steps that are taken one after the other."""
    store = store or ObjectStore({one.access_key: one.secret for one in OWN})
    names = {getattr(step, one, "") for step in several for one in ("bucket", "source_bucket")}
    buckets = {name: f"repro-{name}" for name in names if name}
    for name in FIRST_BUCKETS:
        _answer(store, in_header(Plain("PUT", HOST, f"/repro-{name}".encode()), KEYS[OWNER], time.time()))
    memory, found = NOTHING, list[Outcome]()
    for step in several:
        if getattr(step, "leaves", STAYS) != STAYS:
            # Of a body that breaks off nothing is stored.
            found.append(NoReply("left"))
            continue
        now = time.time()
        plain = plain_request(step, Names(HOST, buckets, memory, now))
        outcome = _answer(store, signed(plain, step.sent, KEYS, now))
        memory = learned(memory, step, outcome)
        found.append(outcome)
    return tuple(found)


def _answer(store: ObjectStore, plain: Plain) -> Outcome:
    body = bytes_of(plain.body)
    length = {"content-length": str(len(body))} if body else {}
    headers = {"host": HOST, **length, **{name.lower(): value for name, value in plain.headers}}
    head = RequestHead(plain.method, target(plain), headers, True, False, len(body), False)
    receiver = store.reception(head) if body else None
    answer: Answer
    if isinstance(receiver, HttpResponse):
        answer = receiver
    else:
        if receiver is not None:
            receiver.write(body)
        answer = store(HttpRequest(plain.method, head.target, headers, received=receiver))
    if not isinstance(answer, HttpResponse):
        return NoReply("closed")
    came = answer.body if answer.stream is None else b"".join(answer.stream)
    told = {"content-length": str(len(came)), **{name.lower(): value for name, value in answer.headers.items()}}
    return Reply(answer.status, tuple(told.items()), b"" if plain.method == "HEAD" else came)
