"""The end of a run: cases are begun until then, and what is under way may take a little longer."""

from __future__ import annotations

import time
from dataclasses import replace

from fuzz.transport.protocol import Client

# If the time ends while a failure is being triaged, triage may go on for this long.
OVERTIME_SECONDS = 1.5


class Deadline:
    """The time at which a run ends; None for a run of a number of examples."""

    def __init__(self) -> None:
        self.until: float | None = None
        self._begun = 0.0

    def begin(self, until: float | None) -> None:
        """Let the run begin now, and end at that time."""
        self.until, self._begun = until, time.monotonic()

    @property
    def limited(self) -> bool:
        """Say whether the time is limited."""
        return self.until is not None

    def elapsed(self) -> float:
        """Return how long a run of limited time lasts, else 0: runs of a number of examples must not depend on it."""
        return 0.0 if self.until is None else time.monotonic() - self._begun

    def late(self) -> bool:
        """Say whether nothing is begun any more."""
        return self.until is not None and time.monotonic() > self.until

    def over(self) -> bool:
        """Say whether nothing is waited for any more."""
        return self.until is not None and time.monotonic() > self.until + OVERTIME_SECONDS

    def limit(self, client: Client) -> None:
        """Limit a client's waits to the end of the run."""
        end = None if self.until is None else self.until + OVERTIME_SECONDS
        if client.settings.until != end:
            client.settings = replace(client.settings, until=end)
