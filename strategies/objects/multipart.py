"""Draw uploads in parts, copies, tags, versions, policies, signatures, malformed requests and sub-resources."""

from __future__ import annotations

from dataclasses import replace

from specs.objects.content import Content
from specs.objects.steps import (
    AbortUpload,
    CompleteUpload,
    CopyObject,
    CreateUpload,
    GetObject,
    HeadObject,
    ListObjects,
    ListParts,
    ListUploads,
    Pairs,
    Part,
    PutObject,
    Step,
    UploadPart,
    UploadPartCopy,
)  # fmt: skip
from strategies.objects.drawing import Draw
from strategies.objects.single import attributes, read, survey

LEAST_PART = 5 * 2**20
NUMBERS = ("1", "2", "3", "7", "10000")


def uploads(draw: Draw) -> list[Step]:
    """Draw an upload of small parts: one part makes an object, more are too small."""
    steps: list[Step] = []
    if draw.chance(0.4):
        steps.append(PutObject(key="k", content=Content(b"before")))
    steps.append(CreateUpload(key="k", called="u", headers=attributes(draw)))
    numbers = draw.some(NUMBERS, 1, 3)
    steps += [_part(draw, number) for number in numbers]
    if draw.chance(0.3):
        number = draw.one(numbers)
        steps.append(UploadPart(key="k", upload="u", number=number, content=draw.content(), called=f"p{number}"))
    steps += _looks(draw)
    steps += _ends(draw, numbers)
    return [*steps, *survey(["k"])]


def _part(draw: Draw, number: str) -> Step:
    part = UploadPart(key="k", upload="u", number=number, content=draw.content(), called=f"p{number}")
    return draw.sending(part, writes=True)


def _looks(draw: Draw) -> list[Step]:
    found: list[Step] = []
    if draw.chance(0.4):
        found.append(ListParts(key="k", upload="u", most=draw.one(("", "1", "2")), marker=draw.one(("", "1", "3"))))
    if draw.chance(0.3):
        found.append(ListUploads(prefix=draw.one(("k", "k", "", "other"))))
    if draw.chance(0.2):
        found.append(GetObject(key="k"))
    if draw.chance(0.1):
        number = draw.one(("0", "10001", "-1", "x"))
        found.append(UploadPart(key="k", upload="u", number=number, content=Content(b"x")))
    return found


def _ends(draw: Draw, numbers: list[str]) -> list[Step]:
    ordered = sorted(numbers, key=int)
    listed = [Part(number, f"{{etag p{number}}}") for number in ordered]
    kind = draw.random.random()
    chosen = [draw.one(listed)]
    if kind < 0.12:
        return [AbortUpload(key="k", upload="u"), *([AbortUpload(key="k", upload="u")] if draw.chance(0.3) else [])]
    if kind < 0.3:
        lists = [[Part("9", '"d41d8cd98f00b204e9800998ecf8427e"')], [Part(ordered[0], '"0"')]]
        if draw.profile.rules("part-order"):
            # What a store that is not held to the order makes of these is not known.
            lists += [listed[::-1] + chosen, [*chosen, *chosen], listed * 2]
        wrong = draw.one(lists)
        found: list[Step] = [CompleteUpload(key="k", upload="u", parts=tuple(wrong))]
        return [*found, CompleteUpload(key="k", upload="u", parts=tuple(chosen))]
    if kind < 0.4:
        return [
            CompleteUpload(key="k", upload="u", parts=tuple(listed)),
            CompleteUpload(key="k", upload="u", parts=tuple(chosen)),
        ]
    if kind < 0.45:
        return [CompleteUpload(key="other", upload="u", parts=tuple(chosen)), AbortUpload(key="other", upload="u")]
    conditions: Pairs = ()
    if draw.chance(0.2) and draw.profile.can("conditional-complete"):
        conditions = draw.one(((("If-None-Match", "*"),), (("If-Match", '"d41d8cd98f00b204e9800998ecf8427e"'),)))
    done: list[Step] = [CompleteUpload(key="k", upload="u", parts=tuple(chosen), headers=conditions)]
    if draw.chance(0.25):
        done.append(CompleteUpload(key="k", upload="u", parts=tuple(chosen)))
    if draw.chance(0.3) and draw.profile.can("get-part"):
        done.append(GetObject(key="k", query=(("partNumber", draw.one(("1", "2"))),)))
    return [*done, UploadPart(key="k", upload="u", content=Content(b"late"))] if draw.chance(0.15) else done


TREE = ("k", "dir/k", "dir/l", "dir/sub/m", "other", "z z")


def upload_lists(draw: Draw) -> list[Step]:
    """Draw several uploads in progress, some of which end, and listings of those that are left, page by page."""
    steps: list[Step] = []
    begun = [(draw.one(TREE), f"u{number}") for number in range(draw.between(1, 5))]
    for key, upload in begun:
        steps.append(CreateUpload(key=key, called=upload))
        if draw.chance(0.5):
            steps.append(UploadPart(key=key, upload=upload, content=Content(b"x"), called=f"p{upload}"))
    for key, upload in draw.some(begun, 0, 2):
        steps.append(AbortUpload(key=key, upload=upload))
    by_key = draw.profile.list_uploads == "by-key"
    prefix = draw.one([key for key, _ in begun]) if by_key else draw.one(("", "", "dir/", "d", "k", "nothing"))
    most = "" if by_key else draw.one(("", "", "1", "2", "1000"))
    page = ListUploads(
        prefix=prefix, delimiter="" if by_key else draw.one(("", "", "/")), most=most, called=draw.name("page"),
        url=draw.profile.can("encoding-type") and draw.chance(0.6),
    )  # fmt: skip
    steps.append(draw.sending(page))
    for _ in range(draw.between(1, 5) if most in ("1", "2") and not page.delimiter else 0):
        page = replace(page, after=page.called, called=draw.name("page"))
        steps.append(page)
    key, upload = draw.one(begun)
    return [*steps, ListParts(key=key, upload=upload), *survey([key])]


def large_uploads(draw: Draw) -> list[Step]:
    """Draw an upload of two or three parts that are large enough, in any order of sending."""
    last = draw.one((0, 1, 1000))
    sizes = [LEAST_PART + draw.between(0, 3) for _ in range(draw.between(1, 2))] + [last]
    numbers = [str(number) for number in sorted(draw.random.sample(range(1, 20), len(sizes)))]
    # What a part's number means to a read is open where numbers have gaps.
    if "unlisted-parts" in draw.profile.rulings_off or draw.chance(0.6):
        numbers = [str(number) for number in range(1, len(sizes) + 1)]
    parts: list[Step] = [
        UploadPart(
            key="k", upload="u", number=number, content=Content(fill=size, seed=int(number)), called=f"p{number}"
        )
        for number, size in zip(numbers, sizes)
    ]
    draw.random.shuffle(parts)
    listed = tuple(Part(number, f"{{etag p{number}}}") for number in numbers)
    # Only parts that are large enough have no other fault than their order.
    disordered = (listed[1], listed[0], *listed[2:]) if _is_disordered(draw, sizes) else ()
    refused = [CompleteUpload(key="k", upload="u", parts=disordered)] if disordered else []
    # What was there before is the same after a while.
    old: list[Step] = [PutObject(key="old", content=Content(b"old")), HeadObject(key="old")]
    steps: list[Step] = [
        *old,
        CreateUpload(key="k", called="u", headers=attributes(draw)),
        *parts,
        *refused,
        CompleteUpload(key="k", upload="u", parts=listed),
        old[-1],
        HeadObject(key="k"),
        ListObjects(),
    ]
    # Next to what it takes to send them, reads of the parts cost little.
    steps += [_read_of_parts(draw, sizes) for _ in range(draw.between(2, 5))]
    if draw.chance(0.3):
        steps.append(GetObject(key="k", headers=(("Range", "bytes=1-"),)))
    if draw.chance(0.4):
        steps += [CopyObject(key="copy", source_key="k"), HeadObject(key="copy")]
    return steps


def _read_of_parts(draw: Draw, sizes: list[int]) -> Step:
    """Draw a read of a part by its number, or of a few bytes around the edge between two parts."""
    if draw.profile.can("get-part") and draw.chance(0.5):
        kind = HeadObject if draw.chance(0.4) else GetObject
        return kind(key="k", query=(("partNumber", str(draw.between(1, len(sizes) + 1))),))
    edge = sum(sizes[: draw.between(1, len(sizes) - 1)]) + draw.between(-3, 3)
    return GetObject(key="k", headers=(("Range", f"bytes={edge - 2}-{edge + 5}"),))


def _is_disordered(draw: Draw, sizes: list[int]) -> bool:
    return len(sizes) > 2 and draw.profile.rules("part-order") and draw.chance(0.4)


def copies(draw: Draw) -> list[Step]:
    """Draw copies of objects within and between buckets, over others, and of things that are missing."""
    keys = draw.keys(2, 3)
    source, target = keys[0], keys[-1]
    steps: list[Step] = [PutObject(key=source, content=draw.content(), headers=attributes(draw), called="source")]
    if draw.chance(0.4):
        steps.append(PutObject(key=target, content=draw.content(), headers=attributes(draw)))
    for _ in range(draw.between(1, 3)):
        steps += _copy(draw, source, target)
    return [*steps, *survey([source, target])]


def _copy(draw: Draw, source: str, target: str) -> list[Step]:
    headers = (
        (("x-amz-metadata-directive", draw.one(("COPY", "REPLACE"))), *attributes(draw)) if draw.chance(0.5) else ()
    )
    missing = draw.one((source, source, source, source, "missing"))
    if draw.chance(0.12) and draw.profile.can("conditional-copy"):
        name = draw.one(("if-match", "if-none-match"))
        etag = draw.one(("{etag source}", '"d41d8cd98f00b204e9800998ecf8427e"'))
        headers += ((f"x-amz-copy-source-{name}", etag),)
    if draw.chance(0.2):
        copy: Step = CopyObject(bucket="b", key=target, source_key=missing, headers=headers)
        return [copy, read(draw, target, bucket="b")]
    if draw.chance(0.15):
        return [CopyObject(key=source, source_key=source, headers=headers), read(draw, source)]
    return [draw.sending(CopyObject(key=target, source_key=missing, headers=headers)), read(draw, target)]


def part_copies(draw: Draw) -> list[Step]:
    """Draw uploads of a part that is copied from an object, whole or in part."""
    size = draw.between(1, 200)
    headers: Pairs = ()
    if draw.chance(0.6):
        first, last = draw.between(0, size), draw.between(0, size + 3)
        headers = (("x-amz-copy-source-range", draw.one((f"bytes={first}-{last}", f"bytes=0-{size - 1}", "bytes=x"))),)
    return [
        PutObject(key="source", content=Content(fill=size, seed=3)),
        CreateUpload(key="k", called="u"),
        UploadPartCopy(
            key="k",
            upload="u",
            source_key=draw.one(("source", "source", "source", "missing")),
            headers=headers,
            called="p1",
        ),
        ListParts(key="k", upload="u"),
        CompleteUpload(key="k", upload="u", parts=(Part("1", "{etag p1}"),)),
        *survey(["k"]),
    ]
