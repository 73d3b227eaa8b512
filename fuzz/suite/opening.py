"""Open what a pytest run of the suite is about when it is first needed: settings, the target, the memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from secrets import randbits
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from fuzz.config import Settings, read_settings, share_modules
from fuzz.errors import CannotRun, UsageError
from fuzz.events import Doing, Event, FindingFound
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.findings.known import Known, UnusableKnown, gather
from fuzz.findings.replay import TRIES_AT_ONCE
from fuzz.hunt.effort import PropertyEffort
from fuzz.hunt.hunter import Hunter
from fuzz.hunt.life import TargetLife
from fuzz.running.targets import Target, open_target, subject_under_test
from fuzz.subject import Subject
from fuzz.triage.ledger import Ledger
from specs.case import Case

if TYPE_CHECKING:
    from fuzz.running.session import Session
    from fuzz.suite.failures import Broken

USAGE_EXIT = int(pytest.ExitCode.USAGE_ERROR)


_OPENING = pytest.StashKey["Opening"]()
_FLAGS = ("subject", "load", "target", "launch", "store", "plain_store", "advertise", "profile", "findings")


def opening_of(config: pytest.Config) -> Opening:
    """Return what this run is about; it is made when first asked for, and closed with the run."""
    opening = config.stash.get(_OPENING, None)
    if opening is None:
        flags = {name: config.getoption(f"asfuzz_{name}") for name in _FLAGS}
        opening = config.stash[_OPENING] = Opening(flags, config.getoption("asfuzz_config"))
        config.add_cleanup(opening.close)
    return opening


class Opening:
    """Errors end the run with a message: without a target nothing can be told, and that must not look like success."""

    def __init__(self, flags: Mapping[str, Any], config: str | None) -> None:
        self._flags = flags
        self._config = Path(config) if config else None
        self._stack = ExitStack()
        self.worker = f"pytest-{randbits(32):08x}"
        self.made: list[Finding] = []
        # The test that has told of a finding, by the finding's id.
        self.told: dict[str, str] = {}
        self.kinds: dict[str, type[Broken]] = {}
        self.unreadable: list[tuple[Path, str]] = []

    @cached_property
    def settings(self) -> Settings:
        try:
            settings = read_settings(self._flags, config=self._config)
        except UsageError as error:
            _end(str(error), USAGE_EXIT)
        share_modules(settings.load)
        return settings

    @cached_property
    def subject(self) -> Subject:
        """Return the API under test."""
        try:
            return subject_under_test(self.settings)
        except UsageError as error:
            _end(str(error), USAGE_EXIT)

    @cached_property
    def target(self) -> Target:
        try:
            return self._stack.enter_context(open_target(self.settings))
        except UsageError as error:
            _end(str(error), USAGE_EXIT)
        except CannotRun as error:
            _end(str(error), error.exit_code)

    @property
    def profile(self) -> Any:
        return self.target.profile

    @cached_property
    def saved(self) -> list[Finding]:
        """Return the findings about the subject that the memory held when the run began."""
        found = corpus.load_all(self.settings.findings, lambda path, why: self.unreadable.append((path, why)))
        return [one for one in found if one.is_about(self.target.subject.name)]

    def findings_of(self, case: Case) -> list[Finding]:
        """Have the hunt triage a failing case: the findings it belongs to, saved. Raises CannotRun."""
        ledger = self._hunter.ledger
        ledger.reload()
        tally = PropertyEffort()
        try:
            # Requests at the same time do not fail each time.
            for _ in range(TRIES_AT_ONCE if case.together else 1):
                self._hunter.try_case(case, tally)
                if tally.findings:
                    break
        finally:
            ledger.flush()
        return [finding for name in sorted(tally.findings) if (finding := ledger.get(name)) is not None]

    @cached_property
    def _hunter(self) -> Hunter:
        session = self.session()
        ledger = Ledger(self.settings.findings, self.worker, session.reading, self._note, session.subject.name)
        return Hunter(session, ledger, self.life, self._note)

    def _note(self, one: Event | Doing) -> None:
        if isinstance(one, FindingFound):
            self.made.append(one.finding)

    @cached_property
    def life(self) -> TargetLife:
        """Return the object that knows whether the target lives."""
        return TargetLife.of(self.target)

    @cached_property
    def known(self) -> Known:
        """Return the findings that are accepted for now, the profile's among them."""
        try:
            return gather(self.settings.findings, self.profile)
        except UnusableKnown as error:
            _end(str(error), USAGE_EXIT)

    @cached_property
    def _session(self) -> Session:
        session = self.target.session()
        self._stack.callback(session.close)
        return session

    def session(self) -> Session:
        """Return the one session of the run."""
        return self._session

    def revive(self) -> None:
        """Start a server that the suite has launched anew if it has died; raises CannotRun."""
        launcher = self.target.launcher
        if launcher is not None and not launcher.alive():
            launcher.restart()

    def close(self) -> None:
        self._stack.close()


def _end(message: str, code: int) -> NoReturn:
    pytest.exit(f"asfuzz: {message}", code)
