"""Draw the requests of a round of load: what each client does, about keys of its own or about keys that all share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from types import MappingProxyType
from typing import Protocol

from specs.objects.content import Content
from specs.objects.profile import Profile
from specs.objects.steps import (
    AbortUpload,
    CompleteUpload,
    CopyObject,
    CreateUpload,
    DeleteObject,
    DeleteObjects,
    DeleteTagging,
    GetObject,
    GetTagging,
    HeadObject,
    ListObjects,
    ListVersions,
    Named,
    Pairs,
    Part,
    PutObject,
    PutTagging,
    PutVersioning,
    Sent,
    Step,
    UploadPart,
)  # fmt: skip
from strategies.claims import NotClaimed
from strategies.objects.drawing import claimed_keys

PART_BYTES = 5 * 2**20
MOST_KEY_BYTES = 1024
MOST_BATCH = 1000
PAGE = 100
SHARED = ("shared/one", "shared/two", "shared/three", "shared/four")
TYPES = ("text/plain", "image/png", "application/json", "application/octet-stream", "video/mp4")
Steps = Iterator[Step]


class LoadRound(Protocol):
    """A protocol for what a round of load says of its clients."""

    @property
    def clients(self) -> int: ...
    @property
    def operations(self) -> tuple[tuple[str, float], ...]: ...
    @property
    def each(self) -> int: ...
    @property
    def sizes(self) -> tuple[int, ...]: ...
    @property
    def first(self) -> tuple[str, ...]: ...
    @property
    def begin(self) -> tuple[str, ...]: ...
    @property
    def end(self) -> tuple[str, ...]: ...


@dataclass
class Client:
    """A client of a load: the keys that it has put and not deleted, and the versions that it has made of each."""

    lane: int
    random: Random
    profile: Profile
    sizes: tuple[int, ...]
    held: dict[str, Content] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def prefix(self) -> str:
        """Return what the keys of this client begin with, and those of no other."""
        return f"{self.lane:03}/"

    def name(self, word: str) -> str:
        """Return a new name of this client's."""
        return f"{word}-{self.lane}-{next(self.numbers)}"

    def key(self) -> str:
        """Return a new key."""
        return f"{self.prefix}{'dir/' * (self.random.random() < 0.3)}{next(self.numbers):05}"

    def own(self) -> str:
        """Return a key that this client has put, or a new one if there is none."""
        return self.random.choice(sorted(self.held)) if self.held else self.key()

    def content(self) -> Content:
        """Return a content that no other object has, of one of the sizes."""
        size = self.random.choice(self.sizes)
        text = self.random.randbytes(min(size, 16))
        return Content(text, size - len(text), self.random.randrange(2**32))

    def needs(self, *capabilities: str) -> None:
        """Raise NotClaimed unless the store claims all of these."""
        missing = [one for one in capabilities if not self.profile.can(one)]
        if missing:
            raise NotClaimed(f"the profile does not claim {', '.join(missing)}")


def steps_of(wanted: LoadRound, seed: int, profile: Profile) -> tuple[Step, ...]:
    """Return the steps of a round, client by client; raises NotClaimed."""
    random = Random(seed)
    before = Client(0, random, profile, wanted.sizes)
    steps = [one for name in wanted.first for one in OPERATIONS[name](before)]
    names, weights = [name for name, _ in wanted.operations], [weight for _, weight in wanted.operations]
    for lane in range(1, wanted.clients + 1):
        client = Client(lane, random, profile, wanted.sizes)
        drawn = random.choices(names, weights, k=wanted.each) if names else []
        for name in (*wanted.begin, *drawn, *wanted.end):
            steps += [replace(one, lane=lane) for one in OPERATIONS[name](client)]
    return tuple(steps)


def _put(client: Client) -> Steps:
    yield _written(client, client.key())


def _overwrite(client: Client) -> Steps:
    yield _written(client, client.own())


def _written(client: Client, key: str, headers: Pairs = ()) -> PutObject:
    client.held[key] = content = client.content()
    return PutObject(key=key, content=content, headers=headers)


def _get(client: Client) -> Steps:
    yield GetObject(key=client.own())


def _head(client: Client) -> Steps:
    yield HeadObject(key=client.own())


def _range(client: Client) -> Steps:
    key = client.own()
    yield _part_of(client, key, client.held[key].size if key in client.held else 1)


def _part_of(client: Client, key: str, size: int) -> GetObject:
    first = client.random.randrange(max(size, 1))
    last = first + client.random.randrange(max(size - first, 1))
    return GetObject(key=key, headers=(("Range", f"bytes={first}-{last}"),))


def _missing(client: Client) -> Steps:
    yield GetObject(key=f"{client.prefix}missing")


def _delete(client: Client) -> Steps:
    key = client.own()
    client.held.pop(key, None)
    yield DeleteObject(key=key)


def _clean(client: Client) -> Steps:
    """Delete all that the client has left, in batches, and list what is there after that."""
    plain = [key for key in client.held if key.isprintable()]
    for start in range(0, len(plain), MOST_BATCH):
        yield DeleteObjects(keys=tuple(map(Named, plain[start : start + MOST_BATCH])))
    # Keys that XML may not have are deleted one by one.
    yield from (DeleteObject(key=key) for key in client.held if not key.isprintable())
    client.held.clear()
    yield ListObjects(prefix=client.prefix)


def _list(client: Client) -> Steps:
    yield ListObjects(prefix=client.prefix, v2=client.random.random() < 0.8)


def _pages(client: Client) -> Steps:
    """List all keys of the client page by page."""
    after = ""
    for _ in range(max(1, -(-len(client.held) // PAGE))):
        called = client.name("page")
        yield ListObjects(prefix=client.prefix, max_keys=str(PAGE), after=after, called=called)
        after = called


def _folders(client: Client) -> Steps:
    yield ListObjects(prefix=client.prefix, delimiter="/")


def _copy(client: Client) -> Steps:
    source, key = client.own(), client.key()
    if source in client.held:
        client.held[key] = client.held[source]
        yield CopyObject(key=key, source_key=source)


def _clone(client: Client) -> Steps:
    """Copy all that the client has to keys beside it."""
    for key, content in list(client.held.items()):
        clone = f"{client.prefix}clone/{key.removeprefix(client.prefix)}"
        client.held[clone] = content
        yield CopyObject(key=clone, source_key=key)


def _described(client: Client) -> Pairs:
    metadata = tuple((f"x-amz-meta-{name}", f"{client.random.randrange(10**9)}") for name in ("owner", "run-id", "v1"))
    return (("Content-Type", client.random.choice(TYPES)), ("Cache-Control", "max-age=60"), *metadata)


def _describe(client: Client) -> Steps:
    """Put an object with metadata, and with a type that has nothing to do with its content."""
    key = client.key()
    yield _written(client, key, _described(client))
    yield HeadObject(key=key)


def _retitle(client: Client) -> Steps:
    key = client.own()
    if key in client.held:
        yield CopyObject(
            key=key, source_key=key, headers=(("x-amz-metadata-directive", "REPLACE"), *_described(client))
        )
        yield HeadObject(key=key)


def _tag(client: Client) -> Steps:
    key = client.own()
    if key in client.held and client.profile.can("tagging"):
        yield PutTagging(key=key, tags=(("run", str(client.random.randrange(100))), ("kind", "load")))
        yield GetTagging(key=key)
        yield DeleteTagging(key=key)


def _upload(client: Client) -> Steps:
    """Upload an object in parts, each as small as they may be, and read what is known of it."""
    client.needs("multipart")
    key, upload, content = client.key(), client.name("upload"), client.content()
    yield CreateUpload(key=key, called=upload)
    parts = []
    for number, start in enumerate(range(0, max(content.size, 1), PART_BYTES), 1):
        called = client.name("part")
        part = Content(fill=min(PART_BYTES, content.size - start), seed=client.random.randrange(2**32))
        yield UploadPart(key=key, upload=upload, number=str(number), content=part, called=called)
        parts.append(Part(str(number), f"{{etag {called}}}"))
    yield CompleteUpload(key=key, upload=upload, parts=tuple(parts))
    client.held[key] = content
    yield HeadObject(key=key)


def _abort(client: Client) -> Steps:
    """Begin an upload over an object that is there, send a part, and give it up; the object stays."""
    client.needs("multipart")
    key, upload = client.own(), client.name("upload")
    yield CreateUpload(key=key, called=upload)
    yield UploadPart(key=key, upload=upload, content=client.content())
    yield AbortUpload(key=key, upload=upload)
    yield GetObject(key=key)


def _break_off(client: Client) -> Steps:
    """Go away in the middle of a body that would overwrite an object; the object stays."""
    key, content = client.own(), client.content()
    sent = client.random.choice((Sent(), Sent(signing="unsigned-payload")))
    yield PutObject(key=key, content=content, leaves=content.size // 2, sent=sent)
    yield GetObject(key=key)


def _names(client: Client) -> Steps:
    """Put objects under keys of every kind and at every limit, list them, read each and delete each."""
    rest = MOST_KEY_BYTES - len(client.prefix)
    longest = "z" * rest if "long-segment" not in client.profile.keys else ("s" * 200 + "/") * (rest // 201) + "e"
    every = {f"{client.prefix}{key}" for key in claimed_keys(client.profile) if len(key.encode()) <= rest}
    keys = [*sorted(every), f"{client.prefix}{longest}"]
    for key in keys:
        yield _written(client, key)
    yield ListObjects(prefix=client.prefix)
    for key in keys:
        yield GetObject(key=key)
    for key in keys:
        del client.held[key]
        yield DeleteObject(key=key)


def _versions_on(client: Client) -> Steps:
    client.needs("versioning")
    yield PutVersioning()


def _revise(client: Client) -> Steps:
    """Write one more version of a key, or a marker that it is deleted."""
    key = f"{client.prefix}revised-{client.random.randrange(3)}"
    called, several = client.name("version"), client.versions.setdefault(key, [])
    if several and client.random.random() < 0.15:
        yield DeleteObject(key=key, called=called)
    else:
        yield PutObject(key=key, content=client.content(), called=called)
    several.append(called)


def _old_version(client: Client) -> Steps:
    key = client.random.choice(sorted(client.versions))
    yield GetObject(key=key, query=(("versionId", f"{{version {client.random.choice(client.versions[key])}}}"),))


def _purge(client: Client) -> Steps:
    """List all versions of the client's keys, and delete each."""
    yield ListVersions(prefix=client.prefix)
    for key, several in client.versions.items():
        yield from (DeleteObject(key=key, query=(("versionId", f"{{version {one}}}"),)) for one in several)
    client.versions.clear()


def _share(client: Client) -> Steps:
    yield from (PutObject(key=key, content=client.content()) for key in SHARED)


def _get_shared(client: Client) -> Steps:
    yield GetObject(key=client.random.choice(SHARED))


def _head_shared(client: Client) -> Steps:
    yield HeadObject(key=client.random.choice(SHARED))


def _range_shared(client: Client) -> Steps:
    yield _part_of(client, client.random.choice(SHARED), max(client.sizes))


def _put_shared(client: Client) -> Steps:
    yield PutObject(key=client.random.choice(SHARED), content=client.content())


def _delete_shared(client: Client) -> Steps:
    yield DeleteObject(key=client.random.choice(SHARED))


OPERATIONS: Mapping[str, Callable[[Client], Steps]] = MappingProxyType(
    {
        "put": _put, "overwrite": _overwrite, "get": _get, "head": _head, "range": _range, "missing": _missing,
        "delete": _delete, "clean": _clean, "list": _list, "pages": _pages, "folders": _folders, "copy": _copy,
        "clone": _clone, "describe": _describe, "retitle": _retitle, "tag": _tag, "upload": _upload, "abort": _abort,
        "break off": _break_off, "names": _names, "versions on": _versions_on, "revise": _revise,
        "old version": _old_version, "purge": _purge, "share": _share, "get shared": _get_shared,
        "head shared": _head_shared, "range shared": _range_shared, "put shared": _put_shared,
        "delete shared": _delete_shared,
    }
)  # fmt: skip
