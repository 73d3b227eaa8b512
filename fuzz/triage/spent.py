"""Count what known causes cost: requests, and seconds where the time is limited."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fuzz.running.session import Session
from fuzz.triage.ledger import LOOKED_INTO_AGAIN, Ledger
from fuzz.triage.trial import Signature
from specs.case import Case
from specs.violation import Way

# The share of all requests, and of the time, that known causes may cost, with what it takes to compare failures.
KNOWN_SHARE = 0.035
# Beyond this share, what passes alone is not sent again after the earlier requests of its case.
KNOWN_SHARE_WITH_EARLIER = 0.04
# Up to this share, a failure is not believed to be a known cause's where a store misbehaves, say: it may need that.
KNOWN_SHARE_WITH_OTHERS = 0.045
# Beyond this share, of what a race, a server's state or chance may have spoilt one in so many is sent again; at twice
# the share, one in four times as many.
MOST_KNOWN_SHARE = 0.05
ONE_SENT_IN = 4
# The share of a limited time beyond which of a case that fails in several requests one failure of each sort is compared
# with the findings; beyond the second share, one at all.
COMPARING_SHARE = 0.01
COMPARING_SHARE_OF_SEVERAL = 0.015
# So many requests in turn that failed each time beside others have passed in quiet, before that tells nothing.
MOST_IN_VAIN = 4
# So many failures that were chosen to be sent again may wait for that.
MOST_CHOSEN = 16


class Spent:
    """Counts the requests and seconds spent on failures that gave no new finding."""

    def __init__(self, session: Session, ledger: Ledger, elapsed: Callable[[], float]) -> None:
        self.requests = 0
        self.seconds = 0.0
        # What comparing failures with findings took, without a request.
        self.comparing_seconds = 0.0
        self._session = session
        self._ledger = ledger
        # How long a run of limited time has lasted.
        self._elapsed = elapsed
        # How many failures are of no finding, as they may be of what is known, or of chance.
        self.untold = 0
        self._met = 0
        self._chosen: deque[Case] = deque(maxlen=MOST_CHOSEN)
        # Requests that have failed each time beside others, and that no known finding explains.
        self._fails_on: set[Case] = set()
        self._in_vain = 0
        self._looked_back: Counter[Way] = Counter()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Add the cost of the block, unless the block makes a finding."""
        begun, sent, made = self._elapsed(), self._session.sent, self._ledger.made
        yield
        if self._ledger.made == made:
            self.requests += self._session.sent - sent
            self.seconds += self._elapsed() - begun

    def note(self, requests: int, seconds: float) -> None:
        """Add the cost of a failure that gave no new finding."""
        self.requests += requests
        self.seconds += seconds

    def much(self, share: float = KNOWN_SHARE) -> bool:
        """Say whether known causes have cost more than their share of the requests or of a limited time."""
        return self._share() > share

    def much_comparing(self, share: float = COMPARING_SHARE) -> bool:
        """Say whether comparing failures with findings has taken more than its share of a limited time."""
        elapsed = self._elapsed()
        return elapsed > 0 and self.comparing_seconds > share * elapsed

    def note_fails_on(self, case: Case) -> None:
        """Remember that a request has failed each time beside others, which no known finding explains."""
        self._fails_on.add(case)

    def fails_on(self, case: Case) -> bool:
        """Say whether a request has failed each time beside others, where that tells anything; forget it."""
        known = case in self._fails_on
        self._fails_on.discard(case)
        return known and self.tells_beside()

    def tells_beside(self) -> bool:
        """Say whether it tells anything that a request fails each time beside others."""
        return self._in_vain < MOST_IN_VAIN

    def note_in_quiet(self, *, failed: bool) -> None:
        """Learn from a request whether what fails beside others fails in quiet too."""
        self._in_vain = 0 if failed else self._in_vain + 1

    def looks_far_back(self, wanted: Signature) -> bool:
        """Say whether all earlier requests are to be searched for what a failure needs: it has come several times.

        A failure by chance, which no search explains, hardly ever comes again.
        """
        self._looked_back[wanted.way] += 1
        fleeting = self._ledger.fleeting(wanted)
        return self._looked_back[wanted.way] in LOOKED_INTO_AGAIN or self._ledger.is_worth_another_look(fleeting)

    def passes_over(self, case: Case) -> bool:
        """Say whether known causes have cost so much that this failure, of several, is not to be sent again.

        A case that was chosen is not passed over when it comes up again.
        """
        excess = self._share() / MOST_KNOWN_SHARE
        if excess <= 1 or any(case is one for one in self._chosen):
            return False
        self._met += 1
        over = self._met % round(ONE_SENT_IN * excess**2) != 1
        if not over:
            self._chosen.append(case)
        return over

    def _share(self) -> float:
        """Return what known causes have cost: the share of all requests or, if that is more, of a limited time."""
        elapsed, seconds = self._elapsed(), self.seconds + self.comparing_seconds
        return max(self.requests / max(1, self._session.sent), seconds / elapsed if elapsed > 0 else 0.0)
