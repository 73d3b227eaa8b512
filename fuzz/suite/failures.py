"""Define what a test raises when the server is wrong, or gone."""

from __future__ import annotations

from fuzz.findings.finding import Finding
from specs.case import Case
from specs.violation import Violation


class Broken(AssertionError):
    """A requirement is broken. Each kind of failure has a class of its own, so that shrinking stays with one.

    `causes` are the findings that the failure has been triaged to, if it has.
    """

    def __init__(self, case: Case, violation: Violation, causes: tuple[Finding, ...] = ()) -> None:
        super().__init__(violation.title)
        self.case = case
        self.violation = violation
        self.causes = causes


class TargetGone(BaseException):
    """Ends the run, as no server answers any more. Hypothesis would take an Exception for a failure, and shrink it."""

    def __init__(self, message: str, *last: Finding) -> None:
        super().__init__(message)
        self.last = last
