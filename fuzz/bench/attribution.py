"""Tell which animals show a finding when each is asked alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from fuzz.bench.planted import Bug, ever_fails, judges
from fuzz.bench.zoos import zoo_for
from fuzz.config import Settings
from fuzz.findings.finding import Finding
from fuzz.running.targets import open_store_for
from specs.profile import Profile


def shown_by(findings: Sequence[Finding], some: Sequence[Bug], profile: Profile) -> dict[str, tuple[Bug, ...]]:
    """Map each finding to the animals with which alone its case fails.

    A finding that the healthy server shows as well is mapped to none.
    """
    with (
        closing(open_store_for(Settings(subject=zoo_for(profile).subject.name))) as store,
        judges([*([bug] for bug in some), []], store, profile) as (*ill, healthy),
    ):
        return {
            one.id: ()
            if ever_fails(healthy, one)
            else tuple(bug for bug, judge in zip(some, ill) if ever_fails(judge, one))
            for one in findings
        }
