"""Upload the objects of cases about reductions: each content once, under keys that no other run uses."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter, OrderedDict
from collections.abc import Mapping
from functools import lru_cache
from itertools import count
from secrets import token_hex
from typing import Any

from fuzz.running.store import Store
from fuzz.running.store.protocol import TakesParts
from fuzz.transport.http import HttpMessage
from specs.case import Case
from specs.fields import Fields, Json
from specs.reductions.bodies import full_body
from specs.reductions.locators import usual_locators
from specs.reductions.profile import Profile
from specs.reductions.steps import Delete, Put, Send, SendRaw

MOST_OBJECTS_KEPT = 512
# A store in memory holds them.
MOST_BYTES_KEPT = 32 * 2**20
KEY_DIGITS = 12
# Begins the part of a key that tells histories apart. A digest in its place has hexadecimal digits only.
OWN = "own"

# The real key of each object, by bucket and logical key.
Keys = Mapping[tuple[str, str], str]


class Objects:
    """Puts objects into the store, and makes the requests about them."""

    def __init__(self, store: Store, profile: Profile) -> None:
        self.store = store
        self.profile = profile
        self._run = token_hex(4)
        self._histories = count(1)
        self._kept: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._kept_bytes = 0
        # How many cases that have not ended are about each object.
        self._in_use: Counter[tuple[str, str]] = Counter()
        self._authorizations = {
            name: "Basic " + b64encode(f"{one.access_key}:{one.secret}".encode()).decode()
            for name, one in store.credentials.items()
        }
        # Many requests of a case are about the same place.
        self._places = lru_cache(MOST_OBJECTS_KEPT)(self._places_of)
        # The header contains the secret, so it is one as well.
        tokens = (text.removeprefix("Basic ") for text in self._authorizations.values())
        self.secrets = (*(one.secret for one in store.credentials.values()), *tokens)

    def prepare(self, step: Put | Delete, keys: Keys) -> None:
        """Put or delete an object."""
        key = keys[step.about]
        if isinstance(step, Delete):
            self.store.delete(step.bucket, key)
        else:
            self._put(step, key)

    def message(self, step: Send | SendRaw, keys: Keys) -> HttpMessage:
        """Return the message of a step about its object."""
        return self.message_about(step, keys[step.about])

    def message_about(self, step: Send | SendRaw, key: str) -> HttpMessage:
        """Return the message of a step about the object that is stored under a key."""
        return self._raw_message(step, key) if isinstance(step, SendRaw) else self._reduction(step, key)

    def begin(self, case: Case, *, afresh: bool) -> dict[tuple[str, str], str]:
        """Return the real key for each logical key of a case.

        A key is made of the content, or is new where the object changes during the case or `afresh` is set, as for
        concurrent requests, so that no cache has it already. All objects of a case share a prefix, so that keys that
        look alike in the case look alike in the store.
        """
        put = [step for step in case.steps if isinstance(step, Put)]
        times = Counter(step.about for step in case.steps if isinstance(step, Put | Delete))
        named = {step.about for step in case.steps}
        # Another case about the same contents may have put what is missing in this one.
        missing = put and len(named) > len({step.about for step in put})
        own = afresh or missing or any(times[step.about] > 1 or not _asked_only_after(case, step) for step in put)
        mark = self._own_mark() if own else self._content_mark(case) if put else "none"
        keys = {(bucket, key): f"{self._run}/{mark}/{key}" for bucket, key in sorted(named)}
        self._in_use.update(_places(keys))
        return keys

    def _content_mark(self, case: Case) -> str:
        """Return a digest of the objects' data and of how they are served, which becomes a part of their keys."""
        digest = hashlib.sha256()
        for step in case.steps:
            if isinstance(step, Put):
                digest.update(hashlib.sha256(step.data).digest() + step.served.encode())
        return digest.hexdigest()[:KEY_DIGITS]

    def _own_mark(self) -> str:
        return f"{OWN}{next(self._histories)}"

    def _is_own(self, key: str) -> bool:
        """Say whether a key belongs to one history alone."""
        return key.startswith(f"{self._run}/{OWN}")

    def _put(self, step: Put, key: str) -> None:
        name = (step.bucket, key)
        if name in self._kept and not self._is_own(key):
            self._kept.move_to_end(name)
            return
        if step.in_parts and isinstance(self.store, TakesParts):
            self.store.put_in_parts(step.bucket, key, step.data)
        else:
            self.store.put(step.bucket, key, step.data, step.served)
        self._kept_bytes += len(step.data) - self._kept.pop(name, 0)
        self._kept[name] = len(step.data)

    def end(self, keys: Keys) -> None:
        """Delete the objects of a history that has ended, and the oldest objects beyond the limits that nobody uses."""
        self._in_use -= Counter(_places(keys))
        for (bucket, _), key in keys.items():
            if self._is_own(key):
                self._delete(bucket, key)
        while len(self._kept) > MOST_OBJECTS_KEPT or (self._kept_bytes > MOST_BYTES_KEPT and len(self._kept) > 8):
            oldest = next((one for one in self._kept if one not in self._in_use), None)
            if oldest is None:
                break
            self._delete(*oldest)

    def _delete(self, bucket: str, key: str) -> None:
        if (bucket, key) in self._kept:
            self._kept_bytes -= self._kept.pop((bucket, key))
            self.store.delete(bucket, key)

    def _reduction(self, step: Send, key: str) -> HttpMessage:
        places = self._places(step.bucket, key, step.interface)
        headers = (("Content-Type", "application/json"), *self._authorization(step.credentials))
        path = f"/{self.profile.api}/{step.operation}/"
        return HttpMessage("POST", path, headers, self._body(step, places).encode(), step.spelled)

    def _body(self, step: Send, places: Mapping[str, str]) -> str:
        """Return the JSON text of a request's body; where the fields locate nothing, their own text is a part of it."""
        located = usual_locators(self.profile.api, step.interface)
        if not (step.without or located.keys() & step.fields.keys() or any(map(_is_open, step.fields.values()))):
            filled = Fields({name: _filled(value, places) for name, value in located.items()}).text
            return f"{filled[:-1]}, {step.fields.text[1:]}" if step.fields else filled
        body = full_body(step, self.profile)
        filling = {name: _filled(value, places) if isinstance(value, str) else value for name, value in body.items()}
        return Fields(filling).text

    def _raw_message(self, step: SendRaw, key: str) -> HttpMessage:
        body = step.body
        for name, place in self._places(step.bucket, key, "s3").items():
            body = body.replace(f"{{{name}}}".encode(), place.encode())
        names = {name.strip().lower() for name, _ in step.headers}
        extra = [] if "authorization" in names else self._authorization(step.credentials)
        return HttpMessage(step.method, step.path, (*step.headers, *extra), body)

    def _authorization(self, name: str | None) -> list[tuple[str, str]]:
        if name is None or name not in self._authorizations:
            return []
        return [("Authorization", self._authorizations[name])]

    def _places_of(self, bucket: str, key: str, interface: str) -> dict[str, str]:
        """Return the texts that replace the placeholders; a bucket that the store does not have keeps its name."""
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


def _places(keys: Keys) -> list[tuple[str, str]]:
    """List the bucket and the real key of each object."""
    return [(bucket, key) for (bucket, _), key in keys.items()]


def _is_open(value: Json) -> bool:
    """Say whether a text may have something to be filled in."""
    return isinstance(value, str) and "{" in value


def _filled(text: str, places: Mapping[str, Any]) -> str:
    for name, place in places.items():
        text = text.replace(f"{{{name}}}", place)
    return text


def _asked_only_after(case: Case, put: Put) -> bool:
    """Say whether all requests about an object come after its first put."""
    before = case.steps[: case.steps.index(put)]
    return not any(isinstance(one, Send | SendRaw) and (one.bucket, one.key) == (put.bucket, put.key) for one in before)
