"""Measure whether an object store loses what it acknowledged when it is killed at random moments."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol

from fuzz.running.launcher import Launcher, free_port
from fuzz.running.store import Credentials
from fuzz.running.store.protocol import impostors
from fuzz.subjects.objects.access import OWN, OWNER, Access
from fuzz.subjects.objects.own_store import start_object_store
from fuzz.subjects.objects.serving import SERVING
from fuzz.subjects.objects.stage import CaseBuckets, Places
from fuzz.subjects.objects.zoo import animals
from fuzz.transport.exchanges import send
from fuzz.transport.http import HttpClient
from fuzz.transport.protocol import ClientSettings
from specs.case import Case
from specs.objects import requirements, steps
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
# How often a broken store is killed at most.
MOST_KILLS = 20
SETTINGS = ClientSettings(timeout_seconds=10.0)
MAKERS: Mapping[str, Callable[[Draw], Sequence[steps.Step]]] = {
    "objects": single.objects,
    "metadata": single.metadata,
    "batches": listing.batches,
    "uploads": multipart.uploads,
    "large uploads": multipart.large_uploads,
}
EXAMPLES = """\
examples:
  asfuzz bench durability --times 200
  asfuzz bench durability --times 200 --profile versitygw
  asfuzz bench durability --animals

Clients write, each in buckets of its own, until the store is killed. Started again, the store must have all that it
acknowledged; what was under way is there as a whole or not at all. Stores other than the suite's own are started by the
command of their profile.

exit codes:
  0  nothing was lost; of broken stores, each lost something
  1  something was lost; of broken stores, one lost nothing that was seen
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: which store, and how often it is killed."""
    parser.add_argument("--times", type=int, default=200, metavar="N", help="how often to kill (default: 200)")
    parser.add_argument("--profile", default="reference", metavar="NAME", help="of the store (default: reference)")
    parser.add_argument("--animals", action="store_true", help="kill the stores of the zoo that forget")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which requests and moments (default: 1)")
    parser.add_argument("--most-seconds", type=float, default=0.6, metavar="N", help="the latest moment (default: 0.6)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Kill, start again, look, and print what was lost."""
    if arguments.animals:
        return 1 if _unseen(arguments) else 0
    profile = SERVING.load(arguments.profile)
    with _killable(profile) as store:
        found = killed_often(store, profile, arguments.times, arguments.seed, arguments.most_seconds)
    print(f"{arguments.profile}: {found.told}")
    if found.lost:
        print(f"must: {requirements.load()['durable'].sentence}")
    return 1 if found.lost else 0


def _unseen(arguments: Namespace) -> list[str]:
    """Kill each broken store until it has lost something, and return those of which nothing was seen."""
    unseen = []
    profile = SERVING.load("reference")
    for one in animals().values():
        if one.kind != "durability":
            continue
        with OwnStore((one.id,)).folder() as store:
            found = killed_often(store, profile, MOST_KILLS, arguments.seed, arguments.most_seconds, until_lost=True)
        print(f"{one.id}: {found.told}", flush=True)
        unseen += [] if found.lost else [one.id]
    return unseen


class Killable(Protocol):
    """A protocol for a store that is killed, and started again on what it kept."""

    access: Access

    def start(self) -> str:
        """Start the store, and return its URL."""

    def kill(self) -> None:
        """End the store by SIGKILL."""

    def close(self) -> None:
        """End the store for good."""


class OwnStore:
    """The suite's own store in a directory, broken in the ways of some animals."""

    def __init__(self, ways: Sequence[str] = ()) -> None:
        self.access = Access({OWNER: OWN[0], **impostors(OWN[0])})
        self._ways = ways
        self._port = free_port()
        self._directory: Path | None = None
        self._running: Any = None
        self._process_id = 0

    @contextmanager
    def folder(self) -> Iterator[OwnStore]:
        """Keep the store in a temporary directory until the end of the block."""
        with tempfile.TemporaryDirectory() as directory:
            self._directory = Path(directory)
            try:
                yield self
            finally:
                self.close()

    def start(self) -> str:
        """Start the store, and return its URL."""
        self.close()
        accounts = {one.access_key: one.secret for one in OWN}
        self._running = start_object_store(accounts, self._ways, port=self._port, directory=self._directory)
        server = self._running.__enter__()
        self._process_id = server.process_id
        return str(server.url)

    def kill(self) -> None:
        """End the store by SIGKILL."""
        os.kill(self._process_id, signal.SIGKILL)

    def close(self) -> None:
        """End the store for good."""
        if self._running is not None:
            running, self._running = self._running, None
            running.__exit__(None, None, None)


class LaunchedStore:
    """A store that the command of its profile starts, always in the same folder."""

    def __init__(self, command: str, folder: str) -> None:
        owner = Credentials(f"ASFUZZ{token_hex(6).upper()}", token_hex(20))
        self.access = Access({OWNER: owner, **impostors(owner)})
        words = {"folder": folder, "access_key": owner.access_key, "secret_key": owner.secret}
        self._launcher = Launcher(command, words=words)

    def start(self) -> str:
        """Start the store, and return its URL."""
        if self._launcher.process_id is None:
            self._launcher.start()
        else:
            self._launcher.restart()
        return f"http://{self._launcher.address}"

    def kill(self) -> None:
        """End the store by SIGKILL."""
        assert self._launcher.process_id is not None
        with suppress(ProcessLookupError):
            os.killpg(self._launcher.process_id, signal.SIGKILL)

    def close(self) -> None:
        """End the store for good."""
        self._launcher.stop()


@contextmanager
def _killable(profile: Profile) -> Iterator[Killable]:
    if profile.name == "reference":
        with OwnStore().folder() as own:
            yield own
        return
    with tempfile.TemporaryDirectory() as folder:
        store = LaunchedStore(profile.launch, folder)
        try:
            yield store
        finally:
            store.close()


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
    store: Killable, profile: Profile, times: int, seed: int, most_seconds: float, *, until_lost: bool = False
) -> KillCounts:
    """Kill a store at random moments while clients write, and look each time at what they wrote."""
    chance, found = random.Random(seed), KillCounts()
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
            break
    return found


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
