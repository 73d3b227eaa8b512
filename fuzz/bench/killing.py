"""Kill an object store at random moments while clients write, and look each time at what they wrote."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fuzz.bench.killable import Killable
from fuzz.subjects.objects.access import Access
from fuzz.subjects.objects.stage import CaseBuckets, Places
from fuzz.transport.exchanges import send
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from specs.case import Case
from specs.objects import steps
from specs.objects.model.asked import Asked
from specs.objects.model.judging import SLOW_DOWN, first_state, judge, unknown
from specs.objects.model.operations import alternatives
from specs.objects.profile import Profile
from specs.objects.state import State
from specs.objects.words import NOTHING, Memory
from specs.outcome import NoReply, Outcome, Reply
from specs.violation import Violation
from strategies.objects import listing, multipart, single
from strategies.objects.drawing import Draw

WRITERS = 3
READY_SECONDS = 30.0
MOST_TOLD = 20
SETTINGS = ClientSettings(timeout_seconds=10.0)
MAKERS: Mapping[str, Callable[[Draw], Sequence[steps.Step]]] = {
    "objects": single.objects,
    "metadata": single.metadata,
    "batches": listing.batches,
    "uploads": multipart.uploads,
    "large uploads": multipart.large_uploads,
}


@dataclass
class KillCounts:
    """The counts of a store that was killed often: its kills, requests, histories, and what was lost."""

    kills: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    surveyed: int = 0
    given_up: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """Tell the counts in a line."""
        return (
            f"killed {self.kills} times · {self.acknowledged:,} writes acknowledged, {self.unanswered:,} requests "
            f"under way · {self.surveyed:,} histories looked at again, {self.given_up:,} not judged · "
            f"{len(self.lost)} lost" + "".join(f"\n  {one}" for one in self.lost[:MOST_TOLD])
        )


class Writer(threading.Thread):
    """A client that writes in buckets of its own, and keeps the states that its store may be in."""

    def __init__(self, stage: CaseBuckets, url: str, profile: Profile, seed: int) -> None:
        super().__init__()
        self._stage = stage
        self._client = HttpClient(url, SETTINGS)
        self._profile = profile
        self._draw = Draw(random.Random(seed), profile)
        self.places: Places | None = None
        self.states: tuple[State, ...] = (first_state(),)
        self.memory: Memory = NOTHING
        self.keys: set[str] = set()
        self.acknowledged = self.unanswered = 0
        self.under_way = ""
        self.error: Exception | None = None

    def run(self) -> None:
        """Write until the store does not answer, or does what it should not."""
        try:
            while self.states and self.unanswered == 0:
                for step in MAKERS[self._draw.one(tuple(MAKERS))](self._draw):
                    # What a store should refuse and does not is not lost, and no affair of this measurement's.
                    if not self._is_refused(step):
                        self._take(step)
                    if self.unanswered or not self.states:
                        break
        except Exception as error:  # noqa: BLE001  (it is raised again in the thread that waits for this one)
            self.error = error
        finally:
            self._client.close()

    def _take(self, step: steps.Step) -> None:
        assert self.places is not None
        self.keys |= {key for key in (getattr(step, "key", ""),) if key}
        outcome = self._asked(step)
        if isinstance(outcome, NoReply):
            self.unanswered += 1
            self.under_way = f"{type(step).__name__} {getattr(step, 'key', '')}".strip()
            self.states = unknown(step, self.states, self.memory, self._profile)
            return
        self._judge(step, outcome)
        self.acknowledged += isinstance(step, steps.WRITES) and isinstance(outcome, Reply) and outcome.status < 300

    def _is_refused(self, step: steps.Step) -> bool:
        now = Asked(step, self.states[0], self._profile, self.memory, time.time())
        return alternatives(now)[0].refuses

    def _asked(self, step: steps.Step) -> Outcome:
        assert self.places is not None
        outcome = send(self._client, self._stage.message(step, self.places))
        self._stage.heard(step, self.places, outcome)
        return outcome

    def _judge(self, step: steps.Step, outcome: Outcome) -> list[Violation]:
        judged = judge(step, outcome, self.states, self.memory, self._profile)
        found = [one for one in judged.violations if one.severity == "failure"]
        self.states, self.memory = (() if found else judged.states), judged.memory
        return found

    def survey(self, url: str) -> list[str]:
        """Read all that this client wrote, from the store that was started again, and tell what is not as it may be."""
        self._client = HttpClient(url, SETTINGS)
        reads: list[steps.Step] = [steps.ListObjects(bucket=name) for name in ("a", "b")]
        for key in sorted(self.keys):
            reads += [steps.GetObject(key=key), steps.HeadObject(key=key)]
        if self._profile.can("multipart") and self._profile.list_uploads == "full":
            reads.append(steps.ListUploads())
        if self._profile.can("multipart") and self._profile.can("list-parts"):
            reads += self._lists_of_parts()
        try:
            for step in reads:
                if not self.states:
                    return []
                outcome = self._settled(step)
                found = self._judge(step, outcome)
                if found:
                    what = f"{type(step).__name__} {getattr(step, 'key', '')}: {found[0].title}"
                    told = f"{what}: {found[0].expected} was due, {found[0].actual} came"
                    return [f"{told} (under way was {self.under_way})"]
        finally:
            self._client.close()
        return []

    def _lists_of_parts(self) -> Iterator[steps.Step]:
        """List the parts of each upload that may still be in progress."""
        begun = {name.partition(" ")[2]: told for name, told in self.memory.told.items() if name.startswith("upload ")}
        for name, told in begun.items():
            found = [bucket.uploads.get(told) for state in self.states if (bucket := state.bucket("a")) is not None]
            keys = {upload.key for upload in found if upload is not None}
            yield from (steps.ListParts(key=key, upload=name) for key in sorted(keys))

    def _settled(self, step: steps.Step) -> Outcome:
        """Ask until a store that has just started is ready."""
        until = time.monotonic() + READY_SECONDS
        while True:
            outcome = self._asked(step)
            ready = isinstance(outcome, Reply) and outcome.status not in SLOW_DOWN
            if ready or time.monotonic() > until:
                return outcome
            time.sleep(0.1)


def killed_often(
    store: Killable,
    profile: Profile,
    times: int,
    seed: int,
    most_seconds: float,
    found: KillCounts,
    *,
    until_lost: bool = False,
) -> None:
    """Kill a store at random moments while clients write, look each time at what they wrote, and count in `found`."""
    chance = random.Random(seed)
    url = store.start()
    for number in range(times):
        writers = [_writer(store.access, url, profile, f"{seed}/{number}/{one}") for one in range(WRITERS)]
        for writer in writers:
            writer.start()
        writers[0].join(chance.uniform(0, most_seconds))
        store.kill()
        for writer in writers:
            writer.join()
            if writer.error is not None:
                raise writer.error
        found.kills += 1
        url = store.start()
        for writer in writers:
            found.acknowledged += writer.acknowledged
            found.unanswered += writer.unanswered
            found.given_up += not writer.states
            found.surveyed += bool(writer.states)
            found.lost += writer.survey(url)
        if found.lost and until_lost:
            return


def _writer(access: Access, url: str, profile: Profile, seed: str) -> Writer:
    stage = CaseBuckets(access, profile)
    client = HttpClient(url, SETTINGS)
    stage.reach(url, lambda message: send(client, message))
    writer = Writer(stage, url, profile, random.Random(seed).randrange(2**48))
    try:
        named = Case("durability", (steps.ListObjects(bucket="a"), steps.ListObjects(bucket="b")))
        writer.places = stage.begin(named, afresh=True)
    finally:
        client.close()
    return writer
