"""The ledger holds the findings of a folder, by all workers, and the ways in which each finding shows."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fuzz.config import DEFAULT_SUBJECT
from fuzz.errors import CannotRun
from fuzz.events import Event, FindingFound
from fuzz.findings import corpus
from fuzz.findings.case_files import Unreadable
from fuzz.findings.finding import Finding
from fuzz.findings.pages import pages
from fuzz.findings.scrubbing import scrubbed
from fuzz.running.session import Session
from fuzz.triage.reading import Reading
from fuzz.triage.shown import Shown
from fuzz.triage.traits import trait_told
from fuzz.triage.trial import BY_ASPECT, Appearance, Signature, Trial, of_requests_that_meet, trial_of
from fuzz.versions import suite_version
from specs.violation import Way

# Failures that did not come again, of which so many have been seen, are looked into as if none had been.
LOOKED_INTO_AGAIN = (4, 16, 64, 256, 1024)
# Findings of these come again, some of the time at least.
CERTAIN = ("every time", "flaky")
MOST_WAYS = 12


class Ledger:
    """The ledger keeps each new cause once, and counts how often each finding is seen."""

    def __init__(
        self,
        folder: Path,
        worker: str,
        reading: Reading,
        emit: Callable[[Event], None] = lambda _event: None,
        subject: str = DEFAULT_SUBJECT,
    ) -> None:
        """Take in what the folder has about the subject; findings about other subjects are left alone."""
        self.folder = folder
        self._subject = subject
        self._of_others: set[str] = set()
        self.unreadable: list[str] = []
        self.unwritten: list[str] = []
        self._unsaved: set[str] = set()
        self.made = 0
        self.named: set[str] = set()
        self._worker = worker
        self._reading = reading
        self._profile: Any = reading.profile
        self._emit = emit
        self._findings: dict[str, Finding] = {}
        self._ways: dict[str, list[Shown]] = {}
        # When the case of each finding was written that this worker has read or written.
        self._written: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        # How often each finding was seen since it was made or read.
        self._since = Counter[str]()
        self._looks: dict[str, set[Appearance]] = {}
        self.reload()
        self._of_earlier_runs = frozenset(self._findings)

    def reload(self) -> None:
        """Take in findings that other workers have made since, or have given a plainer case."""
        if not self.folder.is_dir():
            return
        there = {path.name for path in self.folder.iterdir() if path.is_dir() and not path.name.startswith(".")}
        if there - set(self._findings) - self._of_others:
            for finding in corpus.load_all(self.folder, self._complain):
                if not finding.is_about(self._subject):
                    self._of_others.add(finding.id)
                elif finding.id not in self._findings:
                    self._remember(finding, self._way_of(finding))
                    self._note_written(finding.id)
        for name in there & set(self._written):
            if self._written[name] != self._when_written(name):
                self._take_plainer(name)

    def _take_plainer(self, name: str) -> None:
        """Take in the plainer case that another worker has given a finding."""
        self._note_written(name)
        try:
            finding = corpus.load(self.folder / name)
        except Unreadable as error:
            self._complain(self.folder / name, str(error))
            return
        way = self._way_of(finding)
        before = [one for one in self._ways[name] if one.needs != way.needs]
        self._remember(replace(finding, seen=max(finding.seen, self._total(name))), way, *before)

    def _note_written(self, name: str) -> None:
        self._written[name] = self._when_written(name)

    def _when_written(self, name: str) -> int:
        try:
            return (self.folder / name / corpus.CASE).stat().st_mtime_ns
        except OSError:
            return 0

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other workers from making findings within the block, so that no cause is made twice at once."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            place = os.open(self.folder, os.O_RDONLY)
        except OSError:
            # A folder that cannot be made or opened is reported when a finding is saved; no other worker reads from it.
            yield
            return
        try:
            fcntl.flock(place, fcntl.LOCK_EX)
            self.reload()
            yield
        finally:
            os.close(place)

    def _way_of(self, finding: Finding) -> Shown:
        """Return the way in which a saved finding shows."""
        trial = trial_of(finding.case, self._reading)
        violation, covers = finding.violation, frozenset(finding.covers)
        named = frozenset() if trial.several else frozenset(self._reading.faults_named(violation.rules, trial))
        # An error wrong in itself is put down to all rules that it covers; a valid request is in doubt for them.
        of_error = violation.way in BY_ASPECT and not trial.several
        named, doubts = (named or covers, frozenset[str]()) if named or of_error else (named, covers)
        told = (violation.way, named, violation.status, violation.aspect, trial.several)
        seen = Signature(*told, doubts, violation.besides)
        needs = tuple(trait_told(need, self._reading) for need in finding.needs)
        readings = frozenset({finding.reads_as, *finding.reads_also} - {""})
        # What a flaky finding's first failure seemed to need is unproved for good.
        reduced = not finding.unproved or finding.reproducibility == "flaky"
        return Shown(finding.id, trial, seen, needs, covers | named, readings, reduced)

    def findings(self) -> list[Finding]:
        return list(map(self._as_seen, self._findings))

    def get(self, name: str) -> Finding | None:
        return self._as_seen(name) if name in self._findings else None

    def _as_seen(self, name: str) -> Finding:
        return replace(self._findings[name], seen=self._total(name))

    def _total(self, name: str) -> int:
        return self._findings[name].seen + self._since[name]

    def seen(self, name: str) -> int:
        """Say how often this worker has seen a finding."""
        return self._seen.get(name, 0)

    def of_this_run(self, name: str) -> bool:
        """Say whether a finding was seen by this worker, or made by another since this one began."""
        return self.seen(name) > 0 or name not in self._of_earlier_runs

    def confirmations(self, name: str) -> int:
        """Say how often a finding was seen, in earlier runs too; 0 until this worker has seen it."""
        return self._total(name) if self.seen(name) else 0

    def shown(self) -> list[Shown]:
        """List the ways in which reproducible findings show, of the findings seen most often first."""
        certain = (name for name, one in self._findings.items() if one.reproducibility in CERTAIN)
        order = sorted(certain, key=lambda name: -self.seen(name))
        return [way for name in order for way in self._ways[name]]

    def of_chance(self, wanted: Signature) -> Finding | None:
        """Return the finding about failures seen once; wrong answers, silence and death have one finding each."""
        several = (one for one in self._findings.values() if one.reproducibility == "seen once")
        return next((one for one in several if _unheard(self._ways[one.id][0].signature) == _unheard(wanted)), None)

    def fleeting(self, wanted: Signature) -> str | None:
        """Return the finding about failures of the same sort that do not come each time their request is sent.

        What failed once among other requests may be of requests that fail by themselves some of the time.
        """
        flaky = self.flaky(wanted) or self.flaky(replace(wanted, after_others=False))
        chance = self.of_chance(wanted) if flaky is None else None
        return flaky if chance is None else chance.id

    def is_worth_another_look(self, name: str | None) -> bool:
        """Say whether a finding about what was seen once has been seen so often that it may come for a reason."""
        if name is None or self._findings[name].reproducibility != "seen once":
            return False
        return self.seen(name) in LOOKED_INTO_AGAIN

    def cut_short(self, trial: Trial, wanted: Signature) -> str | None:
        """Return the finding that was not looked into to the end, and whose proved needs a trial has."""
        return self._first(
            lambda one: one.family == wanted.family,
            lambda finding: (
                finding.reproducibility == "cut short"
                and any(way.needs and way.concerns(trial, wanted) for way in self._ways[finding.id])
            ),
        )

    def is_flaky(self, name: str) -> bool:
        """Say whether a finding is about requests that fail some of the time."""
        return self._findings[name].reproducibility == "flaky"

    def comes_each_time(self, name: str) -> bool:
        """Say whether a finding is about requests that fail each time, whatever else is and was asked."""
        finding = self._findings[name]
        steady = finding.reproducibility in ("every time", "cut short") and not finding.case.together
        return steady and not self._ways[name][0].of_history

    def all_come_each_time(self) -> bool:
        return all(map(self.comes_each_time, self._findings))

    def flaky(self, wanted: Signature) -> str | None:
        """Return the finding about requests of the same family that fail some of the time, each by itself."""
        return self._of_family(wanted, together=False, reproducibilities=("flaky",))

    def flaky_of(self, wanted: Signature) -> str | None:
        """Return the finding about requests that fail some of the time, of which a failure may be."""
        name = self.fleeting(wanted)
        return name if name is not None and self.is_flaky(name) else None

    def race(self, wanted: Signature, *, cut_short: bool) -> str | None:
        """Return the finding about requests at the same time that fail so, looked into to the end or cut short."""
        fitting = ("cut short",) if cut_short else ("every time", "flaky")
        return self._of_family(wanted, together=True, reproducibilities=fitting)

    def race_beside(self, wanted: Signature) -> str | None:
        """Return the finding about requests at the same time that a failure beside other requests may be of."""
        return self.race(replace(wanted, after_others=True), cut_short=False)

    def beside(self, wanted: Signature, *, together: bool) -> str | None:
        """Return the finding about requests that fail so where they meet, sent together or beside each other."""
        if self._reading.stateful:
            return None
        return self._first(
            lambda one: one.kind == wanted.kind,
            lambda finding: finding.case.together == together and of_requests_that_meet(finding.case),
        )

    def is_race(self, name: str) -> bool:
        """Say whether a finding is about requests at the same time."""
        return self._findings[name].case.together

    def _of_family(self, wanted: Signature, *, together: bool, reproducibilities: tuple[str, ...]) -> str | None:
        return self._first(
            lambda one: one.family == wanted.family,
            lambda finding: finding.case.together == together and finding.reproducibility in reproducibilities,
        )

    def _first(self, alike: Callable[[Signature], bool], fits: Callable[[Finding], bool]) -> str | None:
        """Return the first finding that fits and has a way to show whose signature is alike."""
        several = (name for name, finding in self._findings.items() if fits(finding))
        return next((name for name in several if any(alike(one.signature) for one in self._ways[name])), None)

    def remembering(self, way: Way | None = None, trial: Trial | None = None) -> str | None:
        """Return a finding of a server whose answers depend on earlier requests or its age, and fail in a way.

        What a server should not remember may be of several kinds, not all of which may have spoilt a `trial`.
        """
        if self._reading.stateful:
            return None
        several = (name for name, one in self._findings.items() if self._may_have_spoilt(one, trial))
        return next((name for name in several if way is None or way in self._failed_in(name)), None)

    def _failed_in(self, name: str) -> set[Way]:
        """Return the ways of failing of a finding, and of what was counted for it."""
        return {one.signature.way for one in self._ways[name]} | {one.way for one in self._looks.get(name, ())}

    def _may_have_spoilt(self, finding: Finding, trial: Trial | None) -> bool:
        """Say whether a finding is about what a server remembers, and may have spoilt a trial."""
        if finding.reproducibility == "after a while":
            return True
        way = self._ways[finding.id][0]
        if finding.reproducibility not in CERTAIN or not way.of_history:
            return False
        may_have = (trial is None or self._reading.may_take_over(words, trial) for words in way.reads_as or ("",))
        return any(may_have)

    def keeps_state(self, trial: Trial | None = None) -> bool:
        """Say whether a finding shows that answers depend on earlier requests, as that to a `trial` may have."""
        return self.remembering(trial=trial) is not None

    def looked_like(self, wanted: Signature, *, roughly: bool = False) -> set[str]:
        """Return the findings for which failures were counted that looked just, or roughly, like another one."""
        mine = wanted.appearance
        if roughly:
            return {name for name, several in self._looks.items() if any(mine.look == one.look for one in several)}
        return {name for name, several in self._looks.items() if mine in several}

    def also_shown(self, way: Shown) -> None:
        """Remember another way in which a finding shows."""
        ways = self._ways[way.finding]
        for form in way.forms():
            known = any((one.signature, one.needs) == (form.signature, form.needs) for one in ways)
            if len(ways) < MOST_WAYS and not known:
                ways.append(form)

    def again(self, name: str, wanted: Signature) -> str:
        """Count a finding once more, and emit it if this worker sees it for the first time."""
        first = self.seen(name) == 0
        self._looks.setdefault(name, set()).add(wanted.appearance)
        self._seen[name] = self.seen(name) + 1
        self._since[name] += 1
        self.named.add(name)
        if first:
            self._emit(FindingFound(self._as_seen(name), self.path_of(name)))
        return name

    def keep(self, way: Shown, finding: Finding, session: Session, cost: int, replaces: str | None = None) -> str:
        """Make a finding, or give a known one a plainer case, and return its name; raises StoreError.

        A server whose store is there no more fails for that, which is nobody's finding.
        """
        session.store.check()
        made_meanwhile = None if replaces else self._made_meanwhile(finding)
        if made_meanwhile is not None:
            return self.again(made_meanwhile, way.signature)
        name = replaces or self._free_name(finding)
        before = self.get(name)
        finding = replace(
            finding,
            id=name,
            seen=1 if before is None else before.seen,
            api=self._profile.api,
            subject="" if session.subject.name == DEFAULT_SUBJECT else session.subject.name,
            server=session.client.url,
            suite=suite_version(),
            origin=session.origin,
        )
        # The finding is scrubbed before it is emitted, so that reports and logs hold no secrets either.
        finding = scrubbed(finding, session.store.credentials.values())
        ways = [one for one in self._ways.get(name, ()) if one.needs != way.needs]
        self.made += before is None
        self._remember(finding, *replace(way, finding=name).forms(), *ways)
        self._save(finding)
        self._emit(FindingFound(finding, self.path_of(name), requests=cost))
        self._seen[name] = self.seen(name) or 1
        self._looks.setdefault(name, set()).add(way.signature.appearance)
        self.named.add(name)
        return name

    def path_of(self, name: str) -> str:
        """Return the folder of a finding; empty if it could not be saved."""
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
            self._note_written(finding.id)

    def _made_meanwhile(self, finding: Finding) -> str | None:
        """Return the finding with the same fingerprint that another worker has made in the meantime."""
        before = set(self._findings)
        self.reload()
        new = (one for name, one in self._findings.items() if name not in before)
        return next((one.id for one in new if one.fingerprint == finding.fingerprint), None)

    def _free_name(self, finding: Finding) -> str:
        """Return a folder name that no other finding has: readable words, and as many digits as that takes."""
        for name in corpus.names_for(finding):
            if name not in self._findings and not (self.folder / name).exists():
                return name
        raise CannotRun(f"{self.folder} holds too many findings of one name: use another folder")

    def flush(self) -> None:
        """Write how often each finding was seen, and save findings that failed to be written or were deleted."""
        for name, times in self._seen.items():
            if not (self.folder / name / corpus.CASE).exists():
                self._save(self._as_seen(name))
            if name not in self._unsaved:
                self._count(name, times)

    def _count(self, name: str, times: int) -> None:
        try:
            corpus.tally(self.folder / name, self._worker, times)
        except OSError as error:
            self.unwritten.append(f"how often {name} was seen cannot be written: {error.strerror}")

    def _remember(self, finding: Finding, *ways: Shown) -> None:
        self._findings[finding.id] = finding
        del self._since[finding.id]
        self._ways[finding.id] = list(ways)

    def _complain(self, path: Path, why: str) -> None:
        note = f"{why}: left out" if str(path) in why else f"{path} was left out: {why}"
        if note not in self.unreadable:
            self.unreadable.append(note)


def _unheard(wanted: Signature) -> tuple[bool, bool]:
    return wanted.way is Way.SILENT, wanted.died
