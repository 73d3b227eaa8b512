"""What was seen once is replaced by what explains it, and not by whatever is found on a store, which keeps state."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from fuzz.subjects.reductions.reading import Reading
from fuzz.triage.histories import Earlier
from fuzz.triage.keeping import Keeper
from fuzz.triage.lab import Lab
from fuzz.triage.ledger import Ledger
from fuzz.triage.minimal import Smallest
from fuzz.triage.shown import Shown
from fuzz.triage.trial import trial_of
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from tests.unit.pretended import PROFILE, Bug, Immortal, PretendedSession

PUT = Put("a", bytes(8))
SUM = Send("sum", Fields({"dtype": "int32"}), "a")


UNSPENT: Any = SimpleNamespace(much=lambda _share: False)


class OfAStore(Reading):
    """A reading of cases whose answers depend on earlier requests by right."""

    stateful: ClassVar[bool] = True


class RememberingOnce:
    """A ledger that holds one finding, seen once in this run."""

    def of_chance(self, _wanted: Any) -> Any:
        return SimpleNamespace(id="once", reads_as="", reads_also=())

    def of_this_run(self, _name: str) -> bool:
        return True

    def keeps_state(self, _trial: Any = None) -> bool:
        return False

    def keep(self, _way: Any, _finding: Any, _session: Any, _cost: int, replaces: str | None) -> str:
        return replaces or "new"


@pytest.mark.parametrize(("reading", "name"), [(Reading(PROFILE), "once"), (OfAStore(PROFILE), "new")])
def test_what_was_seen_once_is_explained_by_state_where_there_should_be_none(reading: Reading, name: str) -> None:
    trial = trial_of(Case("history", (PUT, SUM, SUM)), reading)
    session: Any = PretendedSession([Bug(lambda _trial, _broken: True)])
    lab, ledger = Lab(session, Immortal()), RememberingOnce()
    with lab.budget(100):
        seen = lab.ask(trial)[0]
        smallest = Smallest(trial, seen, ())
        kept = Keeper(session, ledger, lab, Earlier(reading), UNSPENT)._keep(  # type: ignore[arg-type]
            smallest, Shown("", trial, seen.signature, ())
        )
    assert kept == name


def test_what_is_seen_once_is_of_the_finding_that_fails_some_of_the_time(tmp_path: Path) -> None:
    reading = Reading(PROFILE)
    trial = trial_of(Case("reduction", (PUT, SUM)), reading)
    session: Any = PretendedSession([Bug(lambda _trial, _broken: True)])
    lab, ledger = Lab(session, Immortal()), Ledger(tmp_path, "w", reading)
    keeper = Keeper(session, ledger, lab, Earlier(reading), UNSPENT)
    with lab.budget(100):
        seen = lab.ask(trial)[0]
        flaky = keeper.kept(Smallest(trial, seen, ()), Shown("", trial, seen.signature, ()), "flaky")
        assert keeper.chance(trial, seen) == flaky
    assert [one.reproducibility for one in ledger.findings()] == ["flaky"]
