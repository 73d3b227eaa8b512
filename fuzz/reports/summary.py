"""A run as one JSON file, for scripts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fuzz.events import Event, FindingFound, PropertyDone, PutToTest, RunEnded
from fuzz.reports.tally import Tally
from fuzz.whole_files import replace_file

FORMAT = 1
# The name of a file that is none.
STANDARD_OUTPUT = Path("-")


class Summary:
    """Writes the file when the run has ended; a run that cannot even start is told of as well."""

    def __init__(self, path: Path, versions: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._versions = dict(versions or {})
        self._tally = Tally()

    @property
    def name(self) -> str:
        return str(self._path)

    def __call__(self, event: Event) -> None:
        self._tally(event)
        if isinstance(event, RunEnded):
            text = json.dumps(self.document(event), indent=2, ensure_ascii=True) + "\n"
            if _is_standard_output(self._path):
                sys.stdout.write(text)
            else:
                write_atomically(self._path, text)

    def close(self) -> None:
        """Do nothing: the file is written at the end of the run."""

    def document(self, end: RunEnded) -> dict[str, Any]:
        run, tally = self._tally.started, self._tally
        return {
            "format": FORMAT,
            "verdict": end.verdict,
            "why": end.why,
            "seconds": round(end.seconds, 3),
            "checked_requests": end.checked_requests,
            "findings": [_finding(one) for one in tally.findings.values()],
            "fixed": [
                {"id": one.finding.id, "title": one.finding.violation.title, "path": one.path}
                for one in tally.fixed.values()
            ],
            "properties_tried": tally.tried,
            "properties_meant": len(tally.meant),
            "properties": [_property(one, tally.stakes.get(one.name)) for one in tally.properties.values()],
            "warnings": [{"text": text, "times": times} for text, times in tally.warnings.items()],
            "target": run.target if run else None,
            "store": run.store if run else None,
            "profile": run.profile if run else None,
            "seed": run.seed if run else None,
            "budget_seconds": run.budget_seconds if run else None,
            "budget_examples": run.budget_examples if run else None,
            "workers": run.workers if run else None,
            "findings_folder": run.findings_folder if run else None,
            "limits": dict(run.limits) if run else {},
            "versions": self._versions,
        }


def _finding(found: FindingFound) -> dict[str, Any]:
    finding, violation = found.finding, found.finding.violation
    return {
        "id": finding.id,
        "fingerprint": finding.fingerprint,
        "property": finding.case.property,
        "requirement": violation.requirement,
        "title": violation.title,
        "path": found.path,
        "known": bool(found.known_reason),
        "known_reason": found.known_reason,
        "expected": violation.expected,
        "actual": violation.actual,
        "needs": list(finding.needs),
        "unproved": list(finding.unproved),
        "not_seen_with": list(finding.not_seen_with),
        "reads_as": finding.reads_as,
        "seen": finding.seen,
        "reproducibility": finding.reproducibility,
    }


def _property(done: PropertyDone, stakes: PutToTest | None) -> dict[str, Any]:
    return {
        "name": done.name,
        "verdict": done.verdict,
        "examples": done.examples,
        "checked_requests": done.checked_requests,
        "findings": done.findings,
        "why": done.why,
        "requirements_at_stake": dict(stakes.requirements) if stakes else {},
        "fields_looked_into": _fields(stakes) if stakes else {},
    }


def _fields(stakes: PutToTest) -> dict[str, dict[str, int]]:
    """Count, for each field, the requests that had it and the answers that another value of it would have changed."""
    return {name: {"given": given, "mattered": mattered} for name, given, mattered in stakes.fields}


def _is_standard_output(path: Path) -> bool:
    """Say whether a path is - or leads, as /dev/stdout does, to where everything else is printed."""
    if path == STANDARD_OUTPUT:
        return True
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError):
        return False


def write_atomically(path: Path, text: str) -> None:
    """Write the whole file or, if anything breaks on the way, leave the one that was there before.

    What is no regular file, a device, a pipe or a link, is written to as it is: nothing may take its place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_text(text, "utf-8")
        return
    replace_file(path, text.encode())
