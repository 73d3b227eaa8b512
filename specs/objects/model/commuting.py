"""Put requests at the same time in one order, where they touch different things, so that each order is as good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby
from typing import Any, Literal

from specs.case import Case
from specs.objects import steps

# Of a bucket, the settings are what belongs to none of its keys: that it exists, its policy, its versioning.
Kind = Literal["settings", "key", "keys"]
ANY_BUCKET = ""
READS: tuple[type, ...] = (
    steps.GetObject, steps.HeadObject, steps.GetTagging, steps.ListParts,
)  # fmt: skip
LISTS: tuple[type, ...] = (steps.ListObjects, steps.ListVersions, steps.ListUploads)
READ_SETTINGS: tuple[type, ...] = (steps.HeadBucket, steps.GetVersioning, steps.GetPolicy)
WRITE_KEYS: tuple[type, ...] = (
    steps.PutObject, steps.DeleteObject, steps.CopyObject, steps.CreateUpload, steps.UploadPart, steps.UploadPartCopy,
    steps.CompleteUpload, steps.AbortUpload, steps.PutTagging, steps.DeleteTagging, steps.DeleteObjects,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Touched:
    """A thing that a request reads or writes: a bucket's settings, one key, or all keys that begin with `name`."""

    bucket: str
    kind: Kind
    name: str = ""
    written: bool = False

    def hinders(self, other: Touched) -> bool:
        """Say whether the order of two requests matters that touch these things."""
        if not (self.written or other.written):
            return False
        if self.bucket != other.bucket and ANY_BUCKET not in (self.bucket, other.bucket):
            return False
        if "settings" in (self.kind, other.kind):
            return self.kind == other.kind
        if self.kind == other.kind == "key":
            return self.name == other.name
        return any(
            one.kind == "keys" and another.name.startswith(one.name) for one, another in ((self, other), (other, self))
        )


def serial(case: Case) -> list[int] | None:
    """List the numbers of a case's steps in an order that gives the same answers; None where the order matters.

    Requests of one lane stay in their order. Those of different lanes that were sent at the same time come lane by
    lane, if no lane touches what another one writes.
    """
    if case.together:
        return None
    order: list[int] = []
    for _, several in groupby(range(len(case.steps)), key=lambda number: bool(case.steps[number].lane)):
        lanes: dict[int, list[int]] = {}
        for number in several:
            lanes.setdefault(case.steps[number].lane, []).append(number)
        if not _independent([[case.steps[number] for number in one] for one in lanes.values()]):
            return None
        order += [number for lane in sorted(lanes) for number in lanes[lane]]
    return order


def _independent(lanes: Sequence[Sequence[Any]]) -> bool:
    """Say whether no lane touches what another one writes."""
    if len(lanes) < 2:
        return True
    every = [{one for step in lane for one in touched(step)} for lane in lanes]
    places: dict[tuple[str, str, str], dict[int, bool]] = {}
    wide: list[tuple[int, Touched]] = []
    for number, lane in enumerate(every):
        for one in lane:
            if one.kind == "keys" or one.bucket == ANY_BUCKET:
                wide.append((number, one))
            else:
                holders = places.setdefault((one.bucket, one.kind, one.name), {})
                holders[number] = holders.get(number, False) or one.written
    if any(len(holders) > 1 and any(holders.values()) for holders in places.values()):
        return False
    if any(a != b and one.hinders(other) for (a, one), (b, other) in combinations(wide, 2)):
        return False
    return not any(
        number != holder and one.hinders(Touched(bucket, kind, name, written))  # type: ignore[arg-type]
        for number, one in wide
        for (bucket, kind, name), holders in places.items()
        for holder, written in holders.items()
    )


def touched(step: Any) -> Iterator[Touched]:
    """List what a request reads and writes; of a step that is not known better, everything."""
    kind = type(step)
    known = kind in (*READS, *LISTS, *READ_SETTINGS, *WRITE_KEYS)
    # Whether others are let in hangs on more than the key that they ask for.
    if not known or step.sent.by != "owner" or step.sent.fault:
        yield from (Touched(ANY_BUCKET, "settings", written=True), Touched(ANY_BUCKET, "keys", written=True))
        return
    yield Touched(step.bucket, "settings")
    if kind in LISTS:
        yield Touched(step.bucket, "keys", step.prefix)
    elif kind is steps.DeleteObjects:
        yield from (Touched(step.bucket, "key", one.key, written=True) for one in step.keys)
    elif kind not in READ_SETTINGS:
        yield Touched(step.bucket, "key", step.key, written=kind in WRITE_KEYS)
    if kind in (steps.CopyObject, steps.UploadPartCopy):
        yield Touched(step.source_bucket, "settings")
        yield Touched(step.source_bucket, "key", step.source_key)
