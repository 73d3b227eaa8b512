"""Count how many of the planted bugs a hunt finds, and how many findings it makes of them."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from fuzz.bench.animals.trials import PROFILES, size_bytes
from fuzz.bench.costs import Costs
from fuzz.bench.planted import Bug, hiding, owners
from fuzz.bench.recording import Failures, RecordingTarget
from fuzz.bench.witnesses import is_hidden
from fuzz.config import Settings
from fuzz.events import Event, FindingFound, RunEnded
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.campaign import Plan, hunt
from fuzz.running.targets import open_store_for, open_target, resolve_profile
from specs.reductions.profile import Profile


@dataclass(frozen=True, slots=True)
class Hunt:
    """The result of one hunt of planted bugs, with the bugs that each finding belongs to."""

    seed: int
    bugs: tuple[Bug, ...]
    findings: tuple[Finding, ...]
    owners: dict[str, tuple[Bug, ...]]
    costs: Costs
    last_new_seconds: float
    sizes: tuple[int, ...] = field(default=())
    hidden: tuple[Bug, ...] = ()

    @property
    def ended(self) -> RunEnded:
        return self.costs.ended

    @property
    def found(self) -> set[Bug]:
        return {bug for some in self.owners.values() for bug in some}

    @property
    def missed(self) -> list[Bug]:
        return [bug for bug in self.bugs if bug not in self.found]

    @property
    def recall(self) -> float:
        return len(self.found) / max(1, len(self.bugs))

    @property
    def recall_of_seen(self) -> float:
        """Return the recall without the bugs that the others hide."""
        return len(self.found) / max(1, len(self.bugs) - len(self.hidden))

    @property
    def precision(self) -> float:
        """Return the share of findings that are the only one of their bug, or its first."""
        return len(self.found) / max(1, len(self.findings))


class Watch:
    """Notes of each finding of a run when it came first, and how many requests it took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.requests: dict[str, int] = {}
        self._begun = time.monotonic()

    def __call__(self, event: Event) -> None:
        if isinstance(event, FindingFound) and event.finding.id not in self.seconds:
            self.seconds[event.finding.id] = time.monotonic() - self._begun
            self.requests[event.finding.id] = event.requests


@dataclass(frozen=True, slots=True)
class HuntResult:
    """The findings of a hunt, when they came and their cost; `failures` are failed cases, if they were kept."""

    findings: tuple[Finding, ...]
    watch: Watch
    ended: RunEnded
    profile: Profile
    failures: Failures

    @property
    def costs(self) -> Costs:
        return Costs(tuple(self.watch.requests.values()), self.ended)


def hunt_animals(
    some: Sequence[Bug],
    seed: int,
    seconds: float,
    workers: int = 1,
    only: tuple[str, ...] = (),
    keep: Path | None = None,
) -> HuntResult:
    """Hunt a server with the animals; keep the findings where that is wanted, and the failures of a single worker."""
    settings = Settings(
        subject=some[0].subject,
        animals=tuple(bug.path for bug in some),
        profile=PROFILES[some[0].api],
        workers=workers,
    )
    watch = Watch()
    with tempfile.TemporaryDirectory() as passing:
        folder = keep or Path(passing)
        with open_target(settings) as opened:
            target = RecordingTarget.of(opened)
            # As many lanes as serve, as in the hunts of users.
            plan = Plan(target.profile, seed, seconds, None, only, folder, None, workers, lanes=None)
            ended = hunt(plan, target, watch)
        return HuntResult(tuple(corpus.load_all(folder)), watch, ended, target.profile, target.failures)


def hunt_planted(
    some: Sequence[Bug], seed: int, seconds: float, workers: int, only: tuple[str, ...] = (), keep: Path | None = None
) -> Hunt:
    """Plant the bugs in one server, hunt, and tell whose each finding is."""
    found = hunt_animals(some, seed, seconds, workers, only, keep)
    with closing(open_store_for(Settings())) as store:
        belongs = owners(found.findings, some, store, found.profile)
    sizes = tuple(size_bytes(one.case) for one in found.findings)
    last = max(found.watch.seconds.values(), default=0.0)
    hunted = Hunt(seed, tuple(some), found.findings, belongs, found.costs, last, sizes)
    return replace(hunted, hidden=tuple(bug for bug in hunted.missed if is_hidden(bug, some, seed)))


def seen_apart(several: Sequence[Bug]) -> list[Bug]:
    """Return the bugs that leave the plainest answers right."""
    settings = Settings()
    with closing(open_store_for(settings)) as store:
        hidden = hiding(several, store, resolve_profile(settings))
    return [bug for bug in several if bug not in hidden]


HEADER = (
    f"{'bugs':>4} {'seed':>5} {'found':>5} {'findings':>8} {'precision':>9} {'recall':>6} {'requests':>8} "
    f"{'last new s':>10} {'re-finding':>10} {'shrinking':>9} {'   median bytes':>15}"
)


def row(one: Hunt) -> str:
    elements = statistics.median(one.sizes) if one.sizes else 0
    return (
        f"{len(one.bugs):>4} {one.seed:>5} {len(one.found):>5} {len(one.findings):>8} {one.precision:>9.2f} "
        f"{one.recall:>6.2f} {one.ended.checked_requests:>8} {one.last_new_seconds:>10.1f} "
        f"{one.ended.known_causes_seconds / one.ended.seconds:>10.1%} "
        f"{one.ended.shrinking_seconds / one.ended.seconds:>9.1%} {elements:>15g}"
    )


def details(one: Hunt) -> list[str]:
    """List the bugs that were missed, those that were found with their findings, and findings of no bug."""
    lines = [
        f"    {'hidden' if bug in one.hidden else 'missed'} {bug.path.removeprefix('fuzz.subjects.reductions.zoo.')}"
        for bug in one.missed
    ]
    for bug in one.bugs:
        mine = [finding for finding in one.findings if bug in one.owners[finding.id]]
        lines += [f"{'twice' if len(mine) > 1 else 'found':>10} {bug.name}: {_told(finding)}" for finding in mine]
    lines += [f"  nobody's: {_told(finding)}" for finding in one.findings if not one.owners[finding.id]]
    return lines


def _told(finding: Finding) -> str:
    failed = " ".join((finding.violation.requirement, *finding.violation.ids))
    return f"{finding.id} ({finding.reproducibility}, {failed})"
