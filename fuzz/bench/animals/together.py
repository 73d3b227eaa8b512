"""Many animals in one server, and one hunt: as many findings as there are animals?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from fuzz.config import Settings
from fuzz.events import Event, FindingFound
from fuzz.findings.finding import Finding
from fuzz.hunt.campaign import Plan, hunt
from fuzz.running.store import open_store
from fuzz.running.targets import Target
from fuzz.subjects.reductions.subject import REDUCTIONS
from fuzz.subjects.reductions.zoo import keep
from specs.reductions import profile as profiles


def hunt_together(animals: Sequence[str], seconds: float, seed: int, report: Path | None) -> int:
    """Hunt a server with all the animals; tell the findings, and whether they are as many."""
    findings: dict[str, Finding] = {}

    def take(event: Event) -> None:
        if isinstance(event, FindingFound):
            findings[event.finding.id] = event.finding

    profile = profiles.load("reference")
    with keep(animals) as server, closing(open_store("memory")) as store, tempfile.TemporaryDirectory() as folder:
        plan = Plan(profile, seed, seconds, None, (), Path(folder), None, 1)
        ended = hunt(plan, Target(REDUCTIONS, server.url, store, profile, Settings(profile="reference")), take)
        told = server.told()
    for name in animals:
        state = "triggered" if name in told.triggered else "reached" if name in told.reached else "not reached"
        print(f"{name:<50}  {state}, {told.triggered.get(name, 0)} times")
    print()
    for finding in findings.values():
        needs = ", ".join(finding.needs) or "nothing"
        print(
            f"✗ {finding.violation.title}  ({finding.violation.requirement}; needs {needs}; {finding.reproducibility})"
        )
    found = f"{len(animals)} animals, {len(findings)} findings"
    print(f"\n{found}, {ended.checked_requests} requests in {ended.seconds:.0f} s")
    if report is not None:
        rows = [{"id": one.id, "title": one.violation.title, "needs": list(one.needs)} for one in findings.values()]
        report.write_text(json.dumps({"animals": list(animals), "findings": rows}, indent=1) + "\n", encoding="utf-8")
    return 0 if len(findings) == len(animals) else 1
