"""Measure that bodies of any size are sent, stored and verified without the memory to hold them."""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path

from fuzz.bench.range_keeper import Range
from fuzz.embedded.processes import running
from fuzz.subjects.objects.access import OWN
from fuzz.subjects.objects.asking import Asker
from fuzz.subjects.objects.lazy import Hashes, LazyBody, Verifier
from fuzz.subjects.objects.own_store import start_object_store
from fuzz.subjects.objects.signing import Key
from fuzz.transport.exchanges import send
from fuzz.transport.http import HttpClient, HttpMessage
from fuzz.transport.http.answers import Receiver
from fuzz.transport.http.message import BrokenOff
from specs.objects.content import Content
from specs.objects.steps import (
    CompleteUpload,
    CreateBucket,
    CreateUpload,
    GetObject,
    Part,
    Sent,
    UploadPart,
)  # fmt: skip
from specs.outcome import NoReply, Reply

# What may be on its way between two processes.
UNREAD_BYTES = 64 * 2**20
LONGEST_RANGE = 64 * 1024
TELL_SECONDS = 10.0
UNSIGNED = Sent(signing="unsigned-payload")
EXAMPLES = """\
examples:
  asfuzz bench lazy --sent 10000000000 --stored 1000000000
  asfuzz bench lazy --seconds 60 --stored 0

A terabyte is announced and sent to a server that keeps as many ranges of it as are verified; where the body breaks off,
the ranges behind that place are sent one by one. Then ten gibibytes are uploaded in parts to the suite's own store in a
directory, and read again.

exit codes:
  0  all that came back is what was sent
  1  something else came back
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how many bytes, ranges and parts."""
    parser.add_argument("--sent", type=int, default=10**12, metavar="BYTES", help="to the server (default: 10^12)")
    parser.add_argument("--seconds", type=float, default=inf, metavar="N", help="break off then (default: never)")
    parser.add_argument("--ranges", type=int, default=1000, metavar="N", help="ranges to verify (default: 1000)")
    parser.add_argument(
        "--stored", type=int, default=10 * 2**30, metavar="BYTES", help="in the store (default: 10 GiB)"
    )
    parser.add_argument("--part", type=int, default=256 * 2**20, metavar="BYTES", help="of a part (default: 256 MiB)")
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="where the store keeps it (default: a temporary one)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="which bytes and ranges (default: 1)")
    parser.epilog = EXAMPLES


def main(arguments: Namespace) -> int:
    """Send, store, and print what came back and how much memory it took."""
    wrong = sent(arguments.sent, arguments.ranges, arguments.seed, arguments.seconds) if arguments.sent else 0
    if arguments.stored:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            wrong += stored(arguments.stored, arguments.part, arguments.seed, Path(folder))
    return 1 if wrong else 0


def sent(size: int, count: int, seed: int, seconds: float = inf) -> int:
    """Send a body for so long at most, verify ranges of it, and return how many were wrong.

    Ranges that had not come by then are sent one by one.
    """
    content = Content(fill=size, seed=seed)
    ranges = drawn(size, count, seed)
    command = [sys.executable, "-P", "-m", "fuzz.bench.range_keeper"]
    with running(command, json.dumps(ranges).encode() + b"\n") as server, closing(HttpClient(server.url)) as client:
        begun = time.monotonic()
        gone = Gone(size, begun + seconds)
        message = HttpMessage("PUT", "/b/k", (("Content-Length", str(size)),), gone.passing(content.pieces()))
        came = send(client, message)
        took = time.monotonic() - begun
        whole = isinstance(came, Reply) and came.header("x-size") == str(size)
        if not whole and not (isinstance(came, NoReply) and came.reason == "left"):
            print(f"{size:,} bytes were sent: {came}")
            return 1
        # The last bytes may not have been read when the client went away.
        there = [one for one in ranges if whole or one[1] <= gone.size - UNREAD_BYTES]
        wrong = sum(differs(client, content, one) for one in there)
        alone = ranges[len(there) :]
        wrong += sum(differs_alone(client, content, one) for one in alone)
        print(
            f"announced {size:,} bytes, sent {gone.size:,} in {took:,.0f} s, {gone.size / took / 1e6:,.0f} MB/s · "
            f"{count:,} ranges over all of them verified, {len(alone):,} of these sent alone, {wrong} wrong · "
            f"memory at most {own_memory():.0f} MB here, {memory_of(server.process_id):.0f} MB in the server"
        )
    return wrong


class Gone:
    """Counts the bytes of a body while they go, tells how many now and then, and breaks off at a time."""

    def __init__(self, announced: int, until: float) -> None:
        self._announced = announced
        self._until = until
        self.size = 0

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield pieces as they are; raises BrokenOff when the time is up."""
        begun = told = time.monotonic()
        for piece in pieces:
            yield piece
            self.size += len(piece)
            if (now := time.monotonic()) - told > TELL_SECONDS:
                told = now
                rate = self.size / (now - begun)
                share = f"{self.size / self._announced:.1%} of {self._announced:,} bytes"
                print(f"{share}, {rate / 1e6:,.0f} MB/s", flush=True)
            if now > self._until:
                raise BrokenOff("the time is up")


def drawn(size: int, count: int, seed: int) -> list[Range]:
    """Draw ranges over the whole of so many bytes."""
    chance = random.Random(seed)
    starts = sorted(chance.randrange(size) for _ in range(count))
    return [(start, min(start + chance.randint(1, LONGEST_RANGE), size)) for start in starts]


def differs(client: HttpClient, content: Content, one: Range) -> bool:
    """Read a range, and tell what is wrong with it."""
    verifier = Verifier(content, *one)
    message = HttpMessage("GET", "/b/k", (("Range", f"bytes={one[0]}-{one[1] - 1}"),))
    came = send(client, replace(message, receiver=verifier))
    found = verifier.difference()
    if not isinstance(came, Reply) or came.status != 206 or found is not None:
        print(f"range {one[0]:,} to {one[1]:,}: {found or came}")
        return True
    return False


def differs_alone(client: HttpClient, content: Content, one: Range) -> bool:
    """Send a range by itself, read it again, and tell what is wrong with it."""
    headers = (("Content-Range", f"bytes {one[0]}-{one[1] - 1}/{content.size}"),)
    send(client, HttpMessage("PUT", "/b/k", headers, b"".join(content.pieces(*one))))
    return differs(client, content, one)


def stored(size: int, part_bytes: int, seed: int, folder: Path) -> int:
    """Upload a content in parts to the suite's own store, read it again, and return how often it was wrong."""
    content = Content(fill=size, seed=seed)
    owner = OWN[0]
    keys = {"owner": Key(owner.access_key, owner.secret)}
    out, back, verifier = Hashes(), Hashes(), Verifier(content)
    with start_object_store({owner.access_key: owner.secret}, directory=folder) as store:
        asker = Asker(store.url, keys)
        begun = time.monotonic()
        asker.done(CreateBucket(bucket="=lazy"))
        asker.done(CreateUpload(bucket="=lazy", key="large", called="u"))
        parts = []
        for number, start in enumerate(range(0, size, part_bytes), 1):
            stop = min(start + part_bytes, size)
            step = UploadPart(
                bucket="=lazy", key="large", upload="u", number=str(number), called=f"p{number}", sent=UNSIGNED
            )
            asker.done(step, body=LazyBody(stop - start, partial(_hashed, content, start, stop, out)))
            parts.append(Part(str(number), f"{{etag p{number}}}"))
        asker.done(CompleteUpload(bucket="=lazy", key="large", upload="u", parts=tuple(parts)))
        put = time.monotonic()
        asker.done(GetObject(bucket="=lazy", key="large"), receiver=_Both(back, verifier))
        got = time.monotonic()
        asker.close()
        found = verifier.difference()
        same = out.told == back.told and found is None
        print(
            f"stored {size:,} bytes in {len(parts)} parts in {put - begun:,.0f} s, read in {got - put:,.0f} s · "
            f"{'hashes equal' if same else f'not the same: {found}'} · memory at most {own_memory():.0f} MB here, "
            f"{memory_of(store.process_id):.0f} MB in the store\n  MD5 {back.told[0]}\n  SHA-256 {back.told[1]}"
        )
    return 0 if same else 1


def _hashed(content: Content, start: int, stop: int, hashes: Hashes) -> Iterator[bytes]:
    return hashes.passing(content.pieces(start, stop))


class _Both(Receiver):
    """Gives what comes to two receivers."""

    def __init__(self, hashes: Hashes, verifier: Verifier) -> None:
        self._takers = hashes, verifier

    def write(self, data: bytes) -> None:
        for one in self._takers:
            one.write(data)


def own_memory() -> float:
    """Return the most memory that this process had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def memory_of(process_id: int) -> float:
    """Return the most memory that a process had, in megabytes."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6
