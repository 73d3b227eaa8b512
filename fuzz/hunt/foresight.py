"""Foresee how long a case will take, by its sort, its data, and the known findings that it is likely to show."""

from __future__ import annotations

from collections.abc import Iterable

from fuzz.hunt.avoiding import Burdens, Losses, Pace, Patience
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.slow_ones import Drawn
from fuzz.running.lanes import Flight, Lanes
from fuzz.running.session import Judgement
from fuzz.transport.protocol import Client
from fuzz.triage.lab import haste_seconds
from fuzz.triage.ledger import Ledger
from fuzz.triage.reading import Reading
from specs.case import Case
from specs.violation import Way


class Foresight:
    """Foresight learns from each case that has ended what to expect of those that are drawn later."""

    def __init__(self, reading: Reading, ledger: Ledger, lanes: Lanes) -> None:
        self._reading = reading
        self._ledger = ledger
        self._lanes = lanes
        self._losses, self._burdens, self._pace, self._patience = Losses(), Burdens(), Pace(), Patience()

    def of(self, case: Case, tally: PropertyEffort) -> Drawn | None:
        """Return a case as it was drawn; None if too much time was lost on such cases already."""
        sort, burden = self._reading.sort_of(case), self._reading.is_burden(case)
        costly = self._losses.likely(case, self._ledger.shown, self._reading, sort)
        if (costly is not None and self._losses.too_many()) or (burden and self._burdens.too_many()):
            return None
        hangs = costly is not None and costly.signature.way is Way.SILENT
        slow = costly is not None or burden or self._pace.is_slow(sort)
        return Drawn(case, tally, sort, hangs=hangs, burden=burden, slow=slow)

    def patience(self, drawn: Drawn, client: Client, late_answers: int) -> float | None:
        """Return how long to wait for the answers to a case, None for as long as the user says.

        A known hang is waited for as little as triage would. A burden holds up no other case, and does take its time.
        """
        if drawn.hangs:
            return haste_seconds(client)
        return None if drawn.burden else self._patience.seconds(client, late_answers)

    def was_held_up(self, flight: Flight) -> bool:
        """Say whether a burden kept a server from answering a case, which has not been begun again before."""
        drawn = flight.owner
        if drawn.put_back or drawn.hangs or drawn.burden:
            return False
        return any(self._reading.is_burden(case) for _, case in flight.company)

    def note(self, flight: Flight, judgement: Judgement, client: Client, *, limited: bool) -> None:
        """Learn how long a case took. Where the time is not limited, none is left out for what others took."""
        self._pace.note(flight.owner.sort, slow=flight.longest_seconds > self._lanes.slow_seconds)
        self._patience.note(judgement, client)
        if limited and flight.owner.burden:
            self._burdens.note(judgement)

    def note_explained(
        self, names: Iterable[str], flight: Flight, judgement: Judgement, took: float, *, new: bool
    ) -> None:
        """Learn what came of a case that was looked into: a new finding, or how long known ones took."""
        if not new:
            self.note_known(names, flight, judgement, took)
        if flight.owner.burden and new:
            self._burdens.note_new()
        elif flight.owner.burden and judgement.failures:
            # The answers themselves were counted before.
            self._burdens.note_explained(took - flight.seconds)

    def note_known(self, names: Iterable[str], flight: Flight, judgement: Judgement, took: float) -> None:
        """Learn how long the failures of known findings took."""
        self._losses.note(names, judgement, took, self._lanes.slow_seconds, flight.owner.sort)
