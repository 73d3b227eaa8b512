"""A request as the model sees it: the step with its templates filled, and the state that it meets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from specs.objects import answers
from specs.objects.answers import Alternative, Learns, Looks, may_refuse, refused
from specs.objects.checksums import HEADERS, digest, well_formed
from specs.objects.profile import Profile
from specs.objects.rules import Rule
from specs.objects.state import METADATA, STANDARD_HEADERS, Bucket, State, Stored, in_bytes
from specs.objects.steps import Pairs
from specs.objects.words import Memory, filled

MOST_KEY_BYTES = 1024
MOST_METADATA_BYTES = 2000
MOST_TAGS, MOST_TAG_KEY, MOST_TAG_VALUE = 10, 128, 256
# Headers whose effects the API leaves open.
LEFT_OPEN = (
    "x-amz-storage-class", "x-amz-server-side-encryption", "x-amz-acl", "x-amz-expected-bucket-owner",
    "x-amz-mp-object-size", "x-amz-object-lock-mode", "x-amz-website-redirect-location",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A step, the state before it, the profile, what earlier answers told, and the time of the store's clock."""

    step: Any
    state: State
    profile: Profile
    memory: Memory
    now: float

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Return the headers by lower-case name, with templates filled."""
        return {name.lower(): self.fill(value) for name, value in self.step.headers}

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Return the step's own query, with templates filled."""
        return {name: self.fill(value) for name, value in self.step.query}

    @cached_property
    def body(self) -> bytes:
        """Return the content that the step sends."""
        content = getattr(self.step, "content", None)
        return b"" if content is None else content.data

    @property
    def bucket(self) -> Bucket | None:
        """Return the bucket that the step is about, if it exists."""
        return self.state.bucket(self.step.bucket)

    @property
    def head(self) -> bool:
        """Say whether the answer has no body."""
        return bool(self.step.method == "HEAD")

    def fill(self, text: str) -> str:
        """Return a text with its templates filled."""
        return filled(text, self.memory, lambda: (self.body,), self.now)

    def id_of(self, word: str, name: str) -> str:
        """Return the id that an earlier answer told, or one that stands for nothing."""
        return self.memory.of(word, name)

    def refuse(
        self,
        requirement: str,
        rule: Rule,
        *,
        code: str = "",
        status: int = 0,
        loose: bool = False,
        grade: answers.Grade = "right",
    ) -> Alternative:
        """Return the refusal for a rule, after which the state is as it was."""
        return refused(
            requirement, rule, self.state, head=self.head, code=code, status=status, loose=loose, grade=grade
        )

    def may_refuse(self, requirement: str, says: str = "any refusal") -> Alternative:
        """Return the refusal that the store may choose."""
        return may_refuse(requirement, self.state, says=says, head=self.head)

    def holding(self, bucket: Bucket) -> State:
        """Return the state with the step's bucket as given."""
        return self.state.holding(self.step.bucket, bucket)

    def done(
        self,
        requirement: str,
        status: int,
        *,
        then: State | None = None,
        looks: Looks | None = None,
        learns: Learns | None = None,
        says: str = "",
        grade: answers.Grade = "right",
        tells: tuple[tuple[str, str], ...] = (),
    ) -> Alternative:
        """Return the alternative of an answer that says that it is done."""
        return Alternative(
            requirement,
            status,
            self.state if then is None else then,
            says,
            grade,
            looks=looks,
            learns=learns,
            tells=tells,
            head=self.head,
        )


def missing_bucket(at: Asked) -> list[Alternative]:
    """Return the refusal of a request about a bucket that does not exist; empty if it exists."""
    return [] if at.bucket is not None else [at.refuse("missing-things", Rule.NO_SUCH_BUCKET)]


def key_faults(at: Asked, key: str) -> list[Alternative]:
    """Return the refusal of a key that is too long."""
    if too_long(key) and at.profile.rules("key-limit"):
        return [at.refuse("keys", Rule.KEY_TOO_LONG)]
    return []


def too_long(key: str) -> bool:
    """Say whether a key has more bytes than the API allows."""
    return len(in_bytes(key)) > MOST_KEY_BYTES


def unclaimed_key(profile: Profile, key: str) -> bool:
    """Say whether a key is of a class that the profile does not claim."""
    return bool(classes_of(key) & set(profile.keys))


def classes_of(key: str) -> set[str]:
    """Return the classes that a key is of, as profiles name them."""
    segments = key.split("/")
    found = set()
    if "" in segments[1:-1]:
        found.add("empty-segment")
    if {".", ".."} & set(re.split(r"[/\\]", key)):
        found.add("dot-segment")
    if key.startswith("/"):
        found.add("leading-slash")
    if key.endswith("/"):
        found.add("trailing-slash")
    if any(len(in_bytes(one)) > 255 for one in segments):
        found.add("long-segment")
    if any(ord(letter) < 32 or ord(letter) in (0x7F, 0xFFFE, 0xFFFF) for letter in key):
        found.add("control")
    return found


def climbs(key: str) -> bool:
    """Say whether a key read as a path climbs above its start; such keys may be refused."""
    depth = 0
    for segment in re.split(r"[/\\]", key):
        depth += -1 if segment == ".." else segment not in ("", ".")
        if depth < 0:
            return True
    return False


def digest_faults(at: Asked) -> tuple[list[Alternative], bool]:
    """Return the refusals of digests that are malformed or wrong, and whether a refusal is left open."""
    found: list[Alternative] = []
    opened = False
    kinds = [name for name in HEADERS if name in at.headers]
    if len(kinds) > 1 and any(kind.removeprefix("x-amz-checksum-") in at.profile.digests for kind in kinds):
        found.append(at.refuse("digests", Rule.DIGEST_MALFORMED, code="InvalidRequest"))
    for name in ("content-md5", *kinds):
        if name not in at.headers:
            continue
        kind = "md5" if name == "content-md5" else name.removeprefix("x-amz-checksum-")
        value, code = at.headers[name], "" if kind == "md5" else "InvalidRequest"
        fault = (
            Rule.DIGEST_MALFORMED
            if not well_formed(kind, value)
            else (Rule.DIGEST_WRONG if value != digest(kind, at.body) else None)
        )
        if fault is not None and kind not in at.profile.digests:
            opened = True
        elif fault is not None:
            found.append(at.refuse("digests", fault, code=code if fault is Rule.DIGEST_MALFORMED else ""))
    return found, opened


def checksums_of(at: Asked) -> Pairs:
    """Return the checksums that were sent and that the store verifies."""
    return tuple(
        (name, at.headers[name])
        for name in HEADERS
        if name in at.headers and name.removeprefix("x-amz-checksum-") in at.profile.digests
    )


def tags_of(text: str) -> Pairs | None:
    """Read the tags of an x-amz-tagging header; None where they are not tags of distinct keys."""
    from urllib.parse import parse_qsl

    try:
        pairs = tuple(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)))
    except ValueError:
        return None
    return pairs if legal_tags(pairs) else None


def legal_tags(pairs: Pairs) -> bool:
    """Say whether these tags are few and short enough, and of distinct keys."""
    keys = [key for key, _ in pairs]
    return (
        len(pairs) <= MOST_TAGS
        and len(set(keys)) == len(keys)
        and all(1 <= len(key) <= MOST_TAG_KEY and len(value) <= MOST_TAG_VALUE for key, value in pairs)
    )


def plain_value(value: str) -> bool:
    """Say whether a header's value is one that every store keeps as it stands."""
    return bool(value) and value.isascii() and value.isprintable() and value.strip() == value and "  " not in value


def attributes(at: Asked) -> tuple[Stored, list[Alternative], bool]:
    """Return an object with the attributes that the request gives, its faults, and whether it may be refused."""
    headers = tuple((name, at.headers[name]) for name in STANDARD_HEADERS if name in at.headers)
    metadata = tuple((name[len(METADATA) :], value) for name, value in at.headers.items() if name.startswith(METADATA))
    names = [name.lower() for name, _ in at.step.headers]
    free = {METADATA + name for name, value in metadata if not plain_value(value) or names.count(METADATA + name) > 1}
    free |= {name for name, value in headers if not plain_value(value) or " ;" in value or "; " in value}
    free |= {name for name, value in headers if name == "content-encoding" and "aws-chunked" in value}
    size = sum(len(METADATA + name) + len(value) for name, value in metadata)
    if size > MOST_METADATA_BYTES:
        free |= {METADATA + name for name, _ in metadata}
    opened = bool(free) or any(name in at.headers for name in LEFT_OPEN)
    found: list[Alternative] = []
    tags: Pairs = ()
    if "x-amz-tagging" in at.headers:
        if not at.profile.can("tagging") or "+" in at.headers["x-amz-tagging"]:
            opened = True
        else:
            read = tags_of(at.headers["x-amz-tagging"])
            tags = read or ()
            if read is None:
                found.append(at.refuse("tagging", Rule.TAGS))
    one = Stored(headers=headers, metadata=tuple(sorted(metadata)), tags=tags, free=frozenset(free))
    return one, found, opened


def with_version(one: Stored, bucket: Bucket) -> Stored:
    """Return an object with the version's id that it gets in a bucket, as far as that is known before the answer."""
    return replace(one, version={"": NO_VERSION, "Suspended": "null"}.get(bucket.versioning))


NO_VERSION = ""
