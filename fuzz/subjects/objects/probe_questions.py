"""List the questions that a store is asked to find out what it can do, each a short history with a telling answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from specs.objects.checksums import KINDS
from specs.objects.content import Content
from specs.objects.state import StoredPart, joined_etag, md5_etag
from specs.objects.steps import (
    CompleteUpload,
    CopyObject,
    CreateBucket,
    CreateUpload,
    DeleteObject,
    GetObject,
    GetTagging,
    ListBuckets,
    ListObjects,
    ListParts,
    ListUploads,
    Part,
    PutObject,
    PutPolicy,
    PutTagging,
    PutVersioning,
    Sent,
    Signing,
    Statement,
    UploadPart,
    UploadPartCopy,
)  # fmt: skip
from specs.outcome import Outcome, Reply

Says = Callable[[Sequence[Outcome]], bool]
TEXT: Final = b"a content"
PUT: Final = PutObject(key="k", content=Content(TEXT))
OTHER: Final = '"d41d8cd98f00b204e9800998ecf8427e"'
BEGUN: Final = CreateUpload(key="k", called="u")
SENT: Final = (BEGUN, UploadPart(key="k", upload="u", content=Content(TEXT), called="p"))
ENDED: Final = CompleteUpload(key="k", upload="u", parts=(Part("1", "{etag p}"),))


@dataclass(frozen=True, slots=True)
class Question:
    """A question: what of a profile it is about, the history to send, and whether its answers say yes."""

    about: str
    steps: tuple[Any, ...]
    says: Says


def answered(*statuses: int) -> Says:
    """Return a function that says whether the last answer has one of these statuses."""
    return lambda came: isinstance(came[-1], Reply) and came[-1].status in statuses


def refused(came: Sequence[Outcome]) -> bool:
    """Say whether the last answer is a refusal."""
    return isinstance(came[-1], Reply) and 400 <= came[-1].status < 500


def gives(text: bytes) -> Says:
    """Return a function that says whether the last answer is a success with a text in it."""
    return lambda came: isinstance(came[-1], Reply) and came[-1].status < 300 and text in came[-1].body


def _read(came: Sequence[Outcome]) -> bool:
    return isinstance(came[-1], Reply) and came[-1].status == 200 and came[-1].body == TEXT


def _of_signing(about: str, signing: Signing) -> Question:
    return Question(about, (replace(PUT, sent=Sent(signing=signing)), GetObject(key="k")), _read)


def _has_version(came: Sequence[Outcome]) -> bool:
    return isinstance(came[-1], Reply) and came[-1].status == 200 and bool(came[-1].header("x-amz-version-id"))


ANONYMOUS: Final = GetObject(key="k", sent=Sent("anonymous"))
ANEW: Final = (("If-Match", OTHER), ("x-amz-metadata-directive", "REPLACE"))
SOURCE_IS: Final = (("x-amz-copy-source-if-match", OTHER),)
READERS: Final = PutPolicy(statements=(Statement("Allow", ("s3:GetObject",), ("*",)),))
CAPABILITIES: Final = (
    Question("auth", (PUT, GetObject(key="k", sent=Sent("wrong-secret"))), answered(401, 403)),
    Question("presign", (PUT, GetObject(key="k", sent=Sent(signing="presigned"))), _read),
    _of_signing("streaming-signed", "chunks"),
    _of_signing("streaming-unsigned", "unsigned-trailer"),
    Question("second-account", (ListBuckets(sent=Sent("second")),), answered(200)),
    Question("policy", (PUT, ANONYMOUS, READERS, ANONYMOUS), lambda came: answered(401, 403)(came[:2]) and _read(came)),
    Question(
        "tagging",
        (PUT, PutTagging(key="k", tags=(("a", "1"),)), GetTagging(key="k"), GetObject(key="k")),
        lambda came: gives(b"<Key>a</Key>")(came[:3]) and _read(came),
    ),
    Question("versioning", (PutVersioning(), PUT), _has_version),
    Question("multipart", (*SENT, ENDED, GetObject(key="k")), _read),
    Question("part-copy", (PUT, BEGUN, UploadPartCopy(key="k", upload="u", source_key="k")), answered(200)),
    Question("get-part", (*SENT, ENDED, GetObject(key="k", query=(("partNumber", "1"),))), answered(206)),
    Question("list-parts", (*SENT, ListParts(key="k", upload="u")), gives(b"<PartNumber>1</PartNumber>")),
    Question("conditional-read", (PUT, GetObject(key="k", headers=(("If-Match", OTHER),))), answered(412)),
    Question("conditional-put", (PUT, replace(PUT, headers=(("If-None-Match", "*"),))), answered(412)),
    Question("conditional-complete", (PUT, *SENT, replace(ENDED, headers=(("If-Match", OTHER),))), answered(412)),
    Question("conditional-copy", (PUT, CopyObject(key="l", source_key="k", headers=SOURCE_IS)), answered(412)),
    Question("conditional-copy-target", (PUT, CopyObject(key="k", source_key="k", headers=ANEW)), answered(412)),
    Question("conditional-delete", (PUT, DeleteObject(key="k", headers=(("If-Match", OTHER),))), answered(412)),
    Question("encoding-type", (PutObject(key="a b", content=Content(TEXT)), ListObjects(url=True)),
             gives(b"<EncodingType>url</EncodingType>")),
)  # fmt: skip
DIGESTS: Final = tuple(
    Question(kind, (PutObject(key="k", content=Content(TEXT), headers=((name, f"{{wrong {kind}}}"),)),), refused)
    for kind, name in ((kind, "Content-MD5" if kind == "md5" else f"x-amz-checksum-{kind}") for kind in KINDS)
)
DELIMITER: Final = Question(
    "any", (PutObject(key="a-b", content=Content(TEXT)), ListObjects(delimiter="-", url=False)),
    gives(b"<CommonPrefixes>"),
)  # fmt: skip
UPLOADS: Final = (
    Question("full", (BEGUN, ListUploads(url=False)), gives(b"<UploadId>")),
    Question("by-key", (BEGUN, ListUploads(prefix="k", url=False)), gives(b"<UploadId>")),
)
# Keys of each class; all of them must be there at the end.
ODD_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "empty-segment": ("a//b", "a/b"),
    "dot-segment": ("a/./b", "a/b", "a/../c", "c"),
    "leading-slash": ("/a", "a"),
    "trailing-slash": ("a/", "dir/sub/"),
    "long-segment": ("y" * 256, "y" * 1024),
    "object-and-prefix": ("a", "a/b", "c/d", "c"),
    "control": ("bell\x07", "cr\rx"),
}


def keys_question(kind: str) -> Question:
    """Return the question whether a store keeps keys of a class apart from others."""
    keys = ODD_KEYS[kind]
    puts = tuple(PutObject(key=key, content=Content(f"{at}".encode())) for at, key in enumerate(keys))

    def kept(came: Sequence[Outcome]) -> bool:
        reads = came[len(puts) :]
        return all(isinstance(one, Reply) and one.body == f"{at}".encode() for at, one in enumerate(reads))

    return Question(kind, (*puts, *(GetObject(key=key) for key in keys)), kept)


def _etag_is(etag: str | None) -> Says:
    return lambda came: isinstance(came[-1], Reply) and came[-1].header("etag") == etag


_SECOND: Final = UploadPart(key="k", upload="u", number="2", content=Content(b"more"), called="q")
_OF_PARTS: Final = joined_etag([StoredPart(TEXT, md5_etag(TEXT))])
_NO_ITEMS: Final = ListObjects(max_keys="0", url=False)
# What a ruling asks for; a store that does otherwise is not held to it.
RULINGS: Final = (
    Question("etag-md5", (PUT, GetObject(key="k")), _etag_is(md5_etag(TEXT))),
    Question("etag-multipart", (*SENT, ENDED, GetObject(key="k")), _etag_is(_OF_PARTS)),
    Question("key-limit", (PutObject(key="z" * 1025, content=Content(TEXT)),), refused),
    Question("bucket-names", (CreateBucket(bucket="=192.168.5.4"),), refused),
    Question("max-keys-invalid", (ListObjects(max_keys="-1", url=False),), refused),
    Question("page-limit", (PUT, _NO_ITEMS), lambda came: answered(200)(came) and not gives(b"<Contents>")(came)),
    Question("part-numbers", (BEGUN, UploadPart(key="k", upload="u", number="0", content=Content(TEXT))), refused),
    Question("part-size", (*SENT, _SECOND, replace(ENDED, parts=(*ENDED.parts, Part("2", "{etag q}")))), refused),
    Question("unlisted-parts", (*SENT, _SECOND, ENDED), answered(200)),
)
