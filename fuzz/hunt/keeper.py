"""Findings made durable: saved, counted and told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fuzz.events import Event, FindingFound
from fuzz.executor import Session
from fuzz.findings.finding import Finding, Reproducibility
from fuzz.findings.scrubbing import scrubbed
from fuzz.hunt.failures import Kind, family_of, kind_of
from fuzz.hunt.memory import Memory
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.triage import Cause, name_of, title_of
from fuzz.versions import suite_version

MOST_FINDINGS_OF_A_FAMILY = 80


class Keeper:
    """Makes a finding of each new cause, once; `made` counts them, `named` holds those told of since it was cleared.

    `since` is how many requests had been sent when the failure was come upon that is being looked into.
    """

    def __init__(self, session: Session, memory: Memory, emit: Callable[[Event], None]) -> None:
        self.made = 0
        self.named: set[str] = set()
        self.since: int | None = None
        self._session = session
        self._memory = memory
        self._emit = emit

    def keep(self, smallest: Smallest, cause: Cause, reproducibility: Reproducibility, name: str | None = None) -> str:
        """Make a finding, or a plainer one under the name of another; count it where it is known."""
        if name is None:
            same = self._memory.of_fingerprint(cause.fingerprint)
            name = name_of(cause) if same is None else same.id
            if self._memory.get(name) is not None:
                return self.again(name, cause.kind)
            family = family_of(cause.kind)
            alike = [one for one in self._memory.findings() if family_of(kind_of(one.violation)) == family]
            if len(alike) >= MOST_FINDINGS_OF_A_FAMILY:
                return self.again(alike[0].id, cause.kind)
            self.made += 1
        before = self._memory.get(name)
        finding = Finding(
            id=name,
            fingerprint=cause.fingerprint,
            violation=replace(smallest.violation, title=title_of(smallest, cause)),
            case=smallest.case,
            outcomes=smallest.judgement.transcript.outcomes,
            needs=cause.needs,
            reproducibility=reproducibility,
            seen=1 if before is None else before.seen,
            api=self._session.profile.api,
            server=self._session.client.url,
            suite=suite_version(),
            origin=self._session.origin,
        )
        # Reports and logs are told no more than the folder is.
        finding = scrubbed(finding, self._session.store.credentials.values())
        asked = 0 if self.since is None else self._session.sent - self.since
        self._emit(FindingFound(finding, self._memory.save(finding), requests=asked))
        self._memory.saw_again(name, cause.kind)
        self.named.add(name)
        return name

    def again(self, name: str, kind: Kind) -> str:
        """Count a finding once more; tell of it when this run sees it first."""
        first = self._memory.seen(name) == 0
        finding = self._memory.saw_again(name, kind)
        self.named.add(name)
        if first:
            self._emit(FindingFound(finding, self._memory.path_of(name)))
        return name
