"""How long answers are waited for, by what is known of a case beforehand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.foresight import Foresight
from fuzz.hunt.slow_ones import Drawn
from fuzz.running.session import Judgement
from fuzz.subjects.reductions.reading import Reading
from fuzz.transport.protocol import Answers, ClientSettings
from fuzz.triage.lab import haste_seconds
from fuzz.triage.ledger import Ledger
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply, Transcript
from specs.reductions.steps import Put, Send
from specs.violation import Violation, Way
from tests.unit.pretended import PROFILE

PLAIN = Case("reduction", (Put("a", bytes(8)), Send("sum", Fields({"dtype": "int32"}), "a")))
CHUNK = b"\x05\x01\x00\x04" + (2**31).to_bytes(4, "little") + bytes(24)
BURDEN = Case(
    "reduction", (Put("a", CHUNK), Send("sum", Fields({"dtype": "int32", "compression": {"id": "blosc2"}}), "a"))
)
CLIENT = SimpleNamespace(settings=ClientSettings(timeout_seconds=10.0), answers=Answers(), away_seconds=0.0)
# A request that was waited for to the end.
HUNG = Judgement(
    Transcript(PLAIN, (None, NoReply("timeout", "", elapsed_ms=10_000.0))),
    (Violation("answers", "", "", "", way=Way.SILENT, step=1),),
)


@pytest.fixture
def foresight(tmp_path: Path) -> Foresight:
    lanes = SimpleNamespace(slow_seconds=0.15)
    return Foresight(Reading(PROFILE), Ledger(tmp_path, "w", Reading(PROFILE)), lanes)  # type: ignore[arg-type]


def drawn(foresight: Foresight, case: Case) -> Drawn:
    one = foresight.of(case, PropertyEffort())
    assert one is not None
    return one


def test_a_burden_takes_a_slow_lane_from_the_start(foresight: Foresight) -> None:
    assert (drawn(foresight, PLAIN).burden, drawn(foresight, PLAIN).slow) == (False, False)
    assert (drawn(foresight, BURDEN).burden, drawn(foresight, BURDEN).slow) == (True, True)


def test_a_burden_is_waited_for_to_the_end_where_others_are_not(foresight: Foresight) -> None:
    plain, burden = drawn(foresight, PLAIN), drawn(foresight, BURDEN)
    assert foresight.patience(plain, CLIENT, 0) is None  # type: ignore[arg-type]
    flight = SimpleNamespace(owner=plain, longest_seconds=10.0)
    foresight.note(flight, HUNG, CLIENT, limited=True)  # type: ignore[arg-type]
    shortened = foresight.patience(plain, CLIENT, 0)  # type: ignore[arg-type]
    assert shortened is not None
    assert shortened < CLIENT.settings.timeout_seconds
    assert foresight.patience(burden, CLIENT, 0) is None  # type: ignore[arg-type]
    burden.hangs = True
    assert foresight.patience(burden, CLIENT, 0) == haste_seconds(CLIENT)  # type: ignore[arg-type]


def test_burdens_that_took_long_are_left_out_where_the_time_is_limited(foresight: Foresight) -> None:
    flight = SimpleNamespace(owner=drawn(foresight, BURDEN), longest_seconds=10.0)
    foresight.note(flight, HUNG, CLIENT, limited=False)  # type: ignore[arg-type]
    assert foresight.of(BURDEN, PropertyEffort()) is not None
    foresight.note(flight, HUNG, CLIENT, limited=True)  # type: ignore[arg-type]
    assert foresight.of(BURDEN, PropertyEffort()) is None
    assert foresight.of(PLAIN, PropertyEffort()) is not None


def test_looking_into_a_burden_that_shows_nothing_new_counts_for_how_long_burdens_took(foresight: Foresight) -> None:
    flight = SimpleNamespace(owner=drawn(foresight, BURDEN), seconds=10.0)
    quickly = Judgement(Transcript(BURDEN, (None, Reply(500, (), b"", elapsed_ms=1.0))), HUNG.violations)
    foresight.note_explained((), flight, quickly, 30.0, new=True)  # type: ignore[arg-type]
    foresight.note_explained((), flight, quickly, 10.0, new=False)  # type: ignore[arg-type]
    assert foresight.of(BURDEN, PropertyEffort()) is not None
    foresight.note_explained((), flight, quickly, 30.0, new=False)  # type: ignore[arg-type]
    assert foresight.of(BURDEN, PropertyEffort()) is None
