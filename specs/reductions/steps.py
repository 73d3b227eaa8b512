"""Define the steps of a case about reductions: objects are put and deleted, requests about them are sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from specs.fields import Fields
from specs.manners import Manner

Bucket = Literal["private", "public"]
Interface = Literal["s3", "http", "https"]
Credential = Literal["owner", "stranger", "unknown", "wrong-secret"]

# `specs.spellings` says what each spelling does.
Spelling = Literal[
    "plainly", "no-slash", "whole-target", "accept-any", "header-names-lower", "header-names-upper", "header-order",
    "header-spaces", "header-tight", "content-type-case", "content-type-charset", "content-type-quoted", "basic-case",
    "chunked", "chunks", "chunk-extensions", "trailers", "go-ahead", "in-pieces", "pipelined", "names-escaped",
    "texts-escaped", "slashes-escaped", "unescaped", "spaces", "no-spaces", "members-reversed", "exponents", "zeros",
    "url-escapes", "url-scheme",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Put:
    """A step that stores an object, over an older one if there is one. `served` is how the store then serves it.

    With `in_parts`, it is an upload that is completed. In a `lane` other than 0, it is done beside steps of others.
    """

    key: str
    data: bytes
    bucket: Bucket = "private"
    served: Manner = "well"
    in_parts: bool = False
    lane: int = 0
    came_later: ClassVar[tuple[str, ...]] = ("served", "in_parts", "lane")
    asks: ClassVar[bool] = False
    removes: ClassVar[bool] = False

    @property
    def about(self) -> tuple[str, str]:
        """Return the bucket and key that the step is about."""
        return self.bucket, self.key


@dataclass(frozen=True, slots=True)
class Delete:
    """A step that deletes an object; in a `lane` other than 0, beside steps of others."""

    key: str
    bucket: Bucket = "private"
    lane: int = 0
    came_later: ClassVar[tuple[str, ...]] = ("lane",)
    asks: ClassVar[bool] = False
    removes: ClassVar[bool] = True

    @property
    def about(self) -> tuple[str, str]:
        """Return the bucket and key that the step is about."""
        return self.bucket, self.key


@dataclass(frozen=True, slots=True)
class Send:
    """A reduction request about one object.

    `fields` holds the body less what locates the object, which the client adds for the API's version. A locating
    field that stands in `fields` wins over the client's; `{url}` in it means the object's real URL, `{source}`,
    `{bucket}` and `{object}` its parts. One that stands in `without` is left out. `spelled` is how HTTP, JSON and URLs
    write the request; it means the same in every spelling. In a `lane` other than 0, it is sent beside steps of others.
    """

    operation: str
    fields: Fields
    key: str
    bucket: str = "private"
    interface: Interface = "s3"
    credentials: Credential | None = "owner"
    without: tuple[str, ...] = ()
    spelled: Spelling = "plainly"
    lane: int = 0
    came_later: ClassVar[tuple[str, ...]] = ("spelled", "lane")
    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = False

    @property
    def about(self) -> tuple[str, str]:
        """Return the bucket and key that the step is about."""
        return self.bucket, self.key


@dataclass(frozen=True, slots=True)
class SendRaw:
    """Arbitrary bytes as a request; `{url}` and the like in the body mean the named object's place.

    Content-Length and Host are added unless given.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    key: str = "a"
    bucket: str = "private"
    credentials: Credential | None = "owner"
    asks: ClassVar[bool] = True
    removes: ClassVar[bool] = False

    @property
    def about(self) -> tuple[str, str]:
        """Return the bucket and key that the step is about."""
        return self.bucket, self.key


Step = Put | Delete | Send | SendRaw
