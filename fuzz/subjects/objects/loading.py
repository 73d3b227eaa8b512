"""List the loads that object stores are put under, with the numbers that public suites use as defaults."""

from __future__ import annotations

from typing import Any

from fuzz.subject import Loading, Round, Scenario
from fuzz.subjects.objects.accounting import operation
from fuzz.subjects.objects.stage import CaseBuckets
from specs.case import Case
from specs.objects.model import judging
from specs.objects.model.commuting import serial
from specs.objects.profile import Profile
from specs.outcome import Reply, Transcript

KIB, MIB = 2**10, 2**20
SIZES = tuple(10**power for power in range(9))
SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "mixed",
        "Clients put, read, copy, list and delete objects of their own, and then objects that all share.",
        (
            Round(
                "own keys", 20,
                (
                    ("get", 35), ("head", 20), ("put", 15), ("overwrite", 5), ("range", 5), ("list", 5), ("copy", 5),
                    ("describe", 3), ("delete", 5), ("missing", 2),
                ),
                each=40, sizes=(0, 1, KIB, 64 * KIB, 2 * MIB), begin=("put",) * 3, end=("list", "clean"),
            ),
            Round(
                "shared keys", 20,
                (("get shared", 45), ("head shared", 20), ("put shared", 25), ("delete shared", 10)),
                each=20, sizes=(KIB, 64 * KIB), first=("share",),
            ),
        ),
    ),
    Scenario(
        "uploads",
        "Clients put objects at the same time, in one request or in parts; some give up or go away in the middle.",
        (
            Round("50 at once", 50, (("put", 1),), sizes=(5 * MIB,), end=("get", "clean")),
            *(Round("8 of 20 MiB", 8, (("put", 1),), sizes=(20 * MIB,), end=("get", "clean")),) * 8,
            Round("in parts", 8, (("upload", 1),), sizes=(12 * MIB,), end=("get", "clean")),
            Round("given up", 8, (("abort", 1),), each=2, sizes=(MIB,), begin=("put",), end=("clean",)),
            Round("broken off", 8, (("break off", 1),), each=4, sizes=(MIB,), begin=("put",), end=("clean",)),
        ),
    ),
    Scenario(
        "downloads",
        "Clients read the same few objects at the same time, whole and in ranges.",
        (
            Round("100 at once", 100, (("get shared", 1),), sizes=(5 * MIB,), first=("share",)),
            Round("16 of 10 MiB", 16, (("get shared", 1), ("range shared", 1)), each=2, sizes=(10 * MIB,),
                  first=("share",)),
        ),
    ),
    Scenario(
        "metadata",
        "Clients write metadata, tags and types that do not fit, and read them back.",
        (
            Round(
                "metadata", 16, (("describe", 4), ("retitle", 3), ("head", 6), ("tag", 1), ("get", 1)),
                each=20, sizes=(KIB,), begin=("describe",), end=("list", "clean"),
            ),
            Round("100 at once", 100, (("head shared", 1),), sizes=(MIB,), first=("share",)),
        ),
    ),
    Scenario(
        "revisions",
        "Clients write many versions of a few keys, read old ones, and purge all.",
        (
            Round(
                "revisions", 8, (("revise", 3), ("old version", 2)), each=30, sizes=(KIB,),
                first=("versions on",), begin=("revise",), end=("purge",),
            ),
        ),
    ),
    Scenario(
        "many",
        "Clients fill a bucket with thousands of objects, list it page by page, copy all and delete all.",
        (
            Round(
                "thousands", 8, (("pages", 2), ("folders", 1), ("head", 5), ("get", 5)), each=10, sizes=(100,),
                begin=("put",) * 250, end=("clone", "pages", "clean"),
            ),
            Round("names", 4, (("names", 1),), sizes=(10,)),
        ),
    ),
    Scenario(
        "sizes",
        "One client puts, reads, copies and deletes objects whose sizes grow tenfold.",
        tuple(
            Round(
                f"{size:,} bytes", 1, sizes=(size,),
                begin=("put", "head", "get", "range", "copy", "upload", "get", "clean"),
            )
            for size in SIZES
        ),
    ),
)  # fmt: skip


def case(wanted: Round, seed: int, profile: Profile) -> Case:
    """Draw the requests of a round."""
    # Strategies are imported only where cases are drawn, so that commands which draw none start quickly.
    from strategies.objects.loads import steps_of

    return Case("load", steps_of(wanted, seed, profile), (wanted.name,))


def sent_bytes(step: Any) -> int:
    """Return how many bytes of an object a step sends."""
    content = getattr(step, "content", None)
    return 0 if content is None else int(content.size)


def checked(transcript: Transcript, profile: Profile, failed: bool) -> int:
    """Count the answers that the judge has come to; it comes to all unless something stops it."""
    outcomes = transcript.outcomes
    stopped = any(not isinstance(one, Reply) or one.status in judging.SLOW_DOWN for one in outcomes)
    if not failed and not stopped and serial(transcript.case) is not None:
        return len(outcomes)
    return judging.checked(transcript.case, outcomes, profile)


def run_of(stage: CaseBuckets) -> str:
    """Return what the buckets of a stage have in their names."""
    return stage.run


def remove_left(stage: CaseBuckets, run: str) -> int:
    """Remove the buckets that an earlier run left behind."""
    return stage.remove_left(run)


def named(step: Any) -> str:
    """Name a step's operation in one word."""
    return operation(step).replace(" ", "-")


LOADING = Loading(SCENARIOS, case, named, sent_bytes, checked, run_of, remove_left)
