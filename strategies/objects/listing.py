"""Draw listings of buckets: prefixes, delimiters, starts, pages, both versions of the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from specs.objects.content import Content
from specs.objects.steps import DeleteObject, DeleteObjects, GetObject, ListObjects, Named, PutObject, Step
from strategies.objects.drawing import Draw, claimed_keys

TREES = (
    ("a/1", "a/2", "b/1", "b/c/2", "b/c/3", "top", "top2", "z"),
    ("1", "10", "2", "20", "3", "A", "B", "a", "b"),
    ("x-1", "x-2", "y-1", "y-1-z", "y-2", "é-1", "日-1"),
    ("p/q/r/s", "p/q/r/t", "p/q/u", "p/v", "w"),
    ("a+b", "a b", "a%20b", "a%2Bb", "a&b", "a<b", "a=b"),
    (" lead", "lead", "trail ", "trail", "in side"),
    # By code units of sixteen bits these have another order than by bytes.
    ("😀", "～", "é", "z"),
)
PREFIXES = ("", "", "a", "a/", "b/", "b/c", "x-", "p/q/", "nothing", "1", "y-1")
DELIMITERS = ("", "/", "/", "-", "c/", "1")
MOST_PAGES = 6


def listings(draw: Draw) -> list[Step]:
    """Draw a bucket, and listings of it; most are followed page by page to their end."""
    keys = draw.some(draw.one(TREES), 1, 9)
    if draw.chance(0.25):
        keys += draw.some(claimed_keys(draw.profile), 1, 2)
    keys = draw.together(keys)
    steps: list[Step] = [PutObject(key=key, content=Content(key.encode()[:3])) for key in keys]
    if draw.chance(0.2):
        steps.append(DeleteObject(key=draw.one(keys)))
    for _ in range(draw.between(1, 3)):
        steps += _listing(draw, keys)
    return steps


def _listing(draw: Draw, keys: list[str]) -> list[Step]:
    delimiters: Sequence[str] = DELIMITERS if draw.profile.delimiter == "any" else ("", "/")
    if draw.profile.delimiter == "any" and draw.chance(0.2):
        # Two letters of a key are a delimiter, and its first letter alone is another one.
        delimiters = [key[at : at + 2] for key in keys[:3] for at in range(len(key) - 1) if key[at : at + 2].isascii()]
        delimiters = delimiters or ("-",)
    most = draw.one(("", "", "1", "2", "3", "5", "0", "1000", "1001", "-1", "x", "2147483648"))
    first = ListObjects(
        v2=draw.chance(0.65), prefix=draw.one(PREFIXES), delimiter=draw.one(delimiters),
        start=draw.one(("", "", "", "a", "b/c/2", "10", keys[0])), max_keys=most,
        url=draw.profile.can("encoding-type") and draw.chance(0.6), called=draw.name("page"),
    )  # fmt: skip
    if most not in ("1", "2", "3"):
        return [draw.sending(first)]
    pages: list[Step] = [first]
    for _ in range(draw.between(1, MOST_PAGES)):
        before = pages[-1]
        # Of a token and a start the token counts.
        start = first.start if first.v2 and draw.chance(0.5) else ""
        pages.append(replace(first, after=before.called, start=start, called=draw.name("page")))
    return pages


def batches(draw: Draw) -> list[Step]:
    """Draw batch deletes of keys that exist and of some that do not."""
    keys = draw.some(draw.one(TREES), 2, 6)
    odd: list[str] = []
    if draw.chance(0.4):
        odd = [key for key in draw.some(claimed_keys(draw.profile), 1, 3) if len(key) <= 255]
    keys = draw.together([*keys, *odd])
    steps: list[Step] = [PutObject(key=key, content=Content(b"x")) for key in keys]
    # What is odd in a key shows where the batch names it.
    named = [Named(key) for key in dict.fromkeys((*draw.some(keys, 1, len(keys)), *odd)) if key in keys]
    if draw.chance(0.5):
        named.append(Named("never-there"))
    if draw.chance(0.1):
        named.append(named[0])
    folder, slash, _ = keys[0].rpartition("/")
    if slash and "trailing-slash" not in draw.profile.keys and draw.chance(0.3):
        # What is below a key that ends with a slash stays.
        named = [Named(f"{folder}/")]
    kinds = ("md5", "md5", "md5", "wrong md5", "sha256", "crc32")
    beside = named[0].key if draw.chance(0.3) and named[0].key in keys else ""
    if beside:
        # Another bucket has an object of the same key, which stays.
        steps.append(PutObject(bucket="b", key=beside, content=Content(b"beside")))
    batch = DeleteObjects(keys=tuple(named), quiet=draw.chance(0.3), digest=draw.one(kinds))  # type: ignore[arg-type]
    steps.append(draw.sending(batch))
    if beside:
        steps.append(GetObject(bucket="b", key=beside))
    if draw.chance(0.3):
        # What is put after the batch stays.
        put = PutObject(key=named[0].key, content=Content(b"anew"))
        steps += [put, *(GetObject(key=key) for key in keys), GetObject(key=put.key)]
    if draw.chance(0.02):
        steps.append(DeleteObjects(keys=tuple(Named(f"n{number}") for number in range(1001))))
    return [*steps, ListObjects()]
