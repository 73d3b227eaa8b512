"""What the hunt remembers: the findings of a folder, its own and other workers'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.hunt.explaining import Known, Reach
from fuzz.hunt.failures import Kind
from fuzz.hunt.histories import SEVERAL
from fuzz.hunt.scene import scene_of
from fuzz.hunt.triage import is_named
from specs.profile import Profile

MOST_OTHER_WAYS = 6


class Memory:
    """The findings folder as this worker sees it."""

    def __init__(self, folder: Path, worker: str, profile: Profile) -> None:
        self.folder = folder
        self.unreadable: list[str] = []
        self.unwritten: list[str] = []
        self._unsaved: set[str] = set()
        self._worker = worker
        self._profile = profile
        self._findings: dict[str, Finding] = {}
        self._known: dict[str, Known | None] = {}
        self._other_ways: dict[str, list[Known]] = {}
        self._seen: dict[str, int] = {}
        self._symptoms: dict[str, set[Kind]] = {}
        self._measured: set[str] = set()
        self.reload()

    def reload(self) -> None:
        """Take in what other workers have found since."""
        if not self.folder.is_dir():
            return
        there = {path.name for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
        if there - set(self._findings):
            for finding in corpus.load_all(self.folder, self._complain):
                if finding.id not in self._findings:
                    self._remember(finding)

    def findings(self) -> list[Finding]:
        return list(self._findings.values())

    def scenes(self, *, in_other_ways: bool = True) -> list[Known]:
        """The findings whose smallest case is a scene, the most frequent first; and in what other ways they show."""
        scenes = [one for one in self._known.values() if one is not None]
        others = [one for several in self._other_ways.values() for one in several] if in_other_ways else []
        return sorted([*scenes, *others], key=lambda one: -self.seen(one.finding.id))

    def shown_by(self, known: Known) -> None:
        """Remember another way in which a finding shows."""
        ways = self._other_ways.setdefault(known.finding.id, [])
        if len(ways) < MOST_OTHER_WAYS and all(one.finding.needs != known.finding.needs for one in ways):
            ways.append(known)
            self._symptoms.setdefault(known.finding.id, set()).update(known.reach.symptoms)

    def get(self, name: str) -> Finding | None:
        return self._findings.get(name)

    def of_fingerprint(self, fingerprint: str) -> Finding | None:
        """The finding of a cause, also where a plainer case has taken the place of the one it is named for."""
        same = (one for one in self._findings.values() if one.fingerprint == fingerprint)
        return next(same, None) or next((one for one in self._findings.values() if is_named(one.id, fingerprint)), None)

    def about_several(self) -> Finding | None:
        """A finding that the answer hangs on what was asked before: what is not seen again may well be that."""
        certain = (one for one in self._findings.values() if one.reproducibility == "every time")
        return next((one for one in certain if SEVERAL in one.needs), None)

    def seen(self, name: str) -> int:
        """How often this worker has seen a finding."""
        return self._seen.get(name, 0)

    def measure(self, reach_of: Callable[[Known], Reach]) -> None:
        """Find out how far those findings reach of which it is not known yet."""
        for name, known in self._known.items():
            if known is not None and name not in self._measured:
                self._measured.add(name)
                reach = reach_of(known)
                self._known[name] = replace(known, reach=reach)
                self._symptoms.setdefault(name, set()).update(reach.symptoms)

    def symptoms(self, name: str) -> set[Kind]:
        """The kinds of failure that a finding has been confirmed to cause."""
        return self._symptoms.get(name, set())

    def save(self, finding: Finding) -> str:
        """Keep a new finding, or a smaller case of one, for good; the path, or nothing where it cannot be written."""
        self._remember(finding)
        self._save(finding)
        return self.path_of(finding.id)

    def path_of(self, name: str) -> str:
        """The folder of a finding; empty where it could not be saved."""
        return "" if name in self._unsaved else str(self.folder / name)

    def _save(self, finding: Finding) -> None:
        texts = pages(finding, self._profile, str(self.folder / finding.id))
        try:
            corpus.save(self.folder, finding, texts)
        except OSError as error:
            self._unsaved.add(finding.id)
            self.unwritten.append(f"{self.folder / finding.id} cannot be written: {error.strerror}; the run goes on")
        else:
            self._unsaved.discard(finding.id)

    def saw_again(self, name: str, kind: Kind) -> Finding:
        """Count a finding once more, shown by that kind of failure."""
        self._symptoms.setdefault(name, set()).add(kind)
        self._seen[name] = self._seen.get(name, 0) + 1
        finding = self._findings[name]
        self._findings[name] = replace(finding, seen=finding.seen + 1)
        return self._findings[name]

    def flush(self) -> None:
        """Write down how often each finding was seen, and what could not be written before, or is gone since."""
        for name, times in self._seen.items():
            if not (self.folder / name / corpus.CASE).exists():
                self._save(self._findings[name])
            if name not in self._unsaved:
                self._count(name, times)

    def _count(self, name: str, times: int) -> None:
        try:
            corpus.tally(self.folder / name, self._worker, times)
        except OSError as error:
            self.unwritten.append(f"how often {name} was seen cannot be written: {error.strerror}")

    def _remember(self, finding: Finding) -> None:
        scene = scene_of(finding.case, self._profile)
        self._findings[finding.id] = finding
        self._measured.discard(finding.id)
        self._known[finding.id] = None if scene is None else Known(finding, scene)

    def _complain(self, path: Path, why: str) -> None:
        note = f"{why}: left out" if str(path) in why else f"{path} was left out: {why}"
        if note not in self.unreadable:
            self.unreadable.append(note)
