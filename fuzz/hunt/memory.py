"""What the hunt remembers: the findings of a folder, its own and other workers'."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fuzz.findings import corpus
from fuzz.findings.finding import Finding


class Memory:
    """The findings folder as this worker sees it."""

    def __init__(self, folder: Path, worker: str) -> None:
        self.folder = folder
        self.unreadable: list[str] = []
        self._worker = worker
        self._findings: dict[str, Finding] = {}
        self._seen: dict[str, int] = {}
        self.reload()

    def reload(self) -> None:
        """Take in what other workers have found since."""
        if not self.folder.is_dir():
            return
        known = {path.name for path in self.folder.iterdir() if path.is_dir()}
        if known - set(self._findings):
            for finding in corpus.load_all(self.folder, self._complain):
                self._findings.setdefault(finding.id, finding)

    def findings(self) -> list[Finding]:
        return list(self._findings.values())

    def get(self, name: str) -> Finding | None:
        return self._findings.get(name)

    def seen(self, name: str) -> int:
        """How often this worker has seen a finding."""
        return self._seen.get(name, 0)

    def save(self, finding: Finding) -> Path:
        """Keep a new finding, or a smaller case of one, for good."""
        self._findings[finding.id] = finding
        return corpus.save(self.folder, finding)

    def saw_again(self, name: str) -> Finding:
        """Count a finding once more."""
        self._seen[name] = self._seen.get(name, 0) + 1
        finding = self._findings[name]
        self._findings[name] = replace(finding, seen=finding.seen + 1)
        return self._findings[name]

    def flush(self) -> None:
        """Write down how often each finding was seen."""
        for name, times in self._seen.items():
            if (self.folder / name).is_dir():
                corpus.tally(self.folder / name, self._worker, times)

    def _complain(self, path: Path, why: str) -> None:
        note = f"{path} cannot be read and was left out: {why}"
        if note not in self.unreadable:
            self.unreadable.append(note)
