"""Test every saved finding: its test passes once the finding is fixed."""

from __future__ import annotations

import warnings

import pytest

from fuzz.findings.finding import Finding
from fuzz.findings.replay import Try, judged, outcomes_unreachable, replay
from fuzz.running.session import Session
from fuzz.suite.laws import told
from fuzz.suite.opening import opening_of
from specs.case import Case


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    opening = opening_of(metafunc.config)
    saved = [pytest.param(finding, id=finding.id) for finding in opening.saved]
    saved += [pytest.param(why, id=path.name) for path, why in opening.unreadable]
    metafunc.parametrize("saved", saved)


def test_a_saved_finding_is_fixed(saved: Finding | str, session: Session, request: pytest.FixtureRequest) -> None:
    """Send a saved finding again; it must pass."""
    if isinstance(saved, str):
        pytest.fail(f"ERROR: {saved}", pytrace=False)

    def ask(case: Case) -> Try:
        launcher = opening.target.launcher
        judgement = judged(session, case, launcher.revive if launcher is not None else None)
        if judgement.unstorable:
            pytest.skip(judgement.unstorable)
        return Try(judgement.failures, outcomes_unreachable(judgement.transcript.outcomes))

    opening = opening_of(request.config)
    replayed = replay(saved, ask, api=session.profile.api, revive=opening.revive)
    entry = opening.known.match(saved)
    if replayed.verdict == "FIXED":
        if entry is not None:
            warnings.warn(f"known issue {saved.id} no longer reproduces: asfuzz known prune --target URL", stacklevel=1)
        return
    if entry is not None and replayed.verdict != "ERROR":
        pytest.xfail(f"known: {entry.reason}")
    why = f": {replayed.why}" if replayed.why else ""
    pytest.fail(f"{replayed.verdict}{why}\n{told(saved, opening)}", pytrace=False)
