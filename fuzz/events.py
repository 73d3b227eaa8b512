"""Define the events of a run. Reports read these and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fuzz.findings.finding import Finding

Verdict = Literal["PASS", "FAIL", "KNOWN", "SKIP", "INTERRUPTED", "ERROR"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    target: str
    store: str
    profile: str
    seed: int
    budget_seconds: float | None
    budget_examples: int | None
    workers: int
    properties: tuple[str, ...]
    findings_folder: str
    limits: tuple[tuple[str, str], ...] = ()
    api: str = ""
    rulings_off: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """The fields of a request with the values that the profile has for them.

    `not_asked` holds the pairs of values that cannot come together, by their numbers, counted through all fields.
    """

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    not_asked: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a run, several times a second; the latest replaces those before.

    `lanes` counts the cases that may be under way at the same time, of all workers.
    """

    elapsed_seconds: float
    checked_requests: int
    properties_done: int
    findings: int
    known: int
    doing: str = ""
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Doing:
    """The start of a lengthy task of a worker, such as EXPLAINING 1 of 3; the next Progress repeats it."""

    text: str


@dataclass(frozen=True, slots=True)
class FindingFound:
    """A new finding. The same id again means that it was seen more often or got smaller.

    `requests` are those that it took to make the finding of the failure, where that is known; 0 where it is not.
    """

    finding: Finding
    path: str
    known_reason: str = ""
    requests: int = 0


@dataclass(frozen=True, slots=True)
class FindingFixed:
    """A saved finding was sent again, several times, and nothing in the run failed because of it."""

    finding: Finding
    path: str


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning to the user that is no finding: about quality, an expired known issue, a weak property."""

    text: str


@dataclass(frozen=True, slots=True)
class PutToTest:
    """Counts of what a property's requests put to the test.

    `requirements` says how often some answer would have broken each; `fields` holds, for the requests looked into, how
    many had a field, and for how many another value of the field would have changed the answer.
    """

    property: str
    examples: int
    requirements: tuple[tuple[str, int], ...]
    fields: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Explored:
    """Counts of what one worker has asked since its last such event; all these events can be added up.

    `values` holds each value of a field and in how many requests it was, `pairs` two values by their numbers in
    `values` and in how many requests both were. `at_stake` holds a property, a requirement and how many of its requests
    some answer to would have broken it. `latencies` holds an operation, the size up to which an object counts, and how
    many answers took up to 2 ** (class / 4) ms, by class. `sightings` holds a finding's id and how often it was seen.
    """

    requests: int
    values: tuple[tuple[str, str, int], ...] = ()
    pairs: tuple[tuple[int, int, int], ...] = ()
    at_stake: tuple[tuple[str, str, int], ...] = ()
    latencies: tuple[tuple[str, str, tuple[tuple[int, int], ...]], ...] = ()
    sightings: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyDone:
    name: str
    verdict: Verdict
    examples: int
    checked_requests: int
    findings: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The end of a run; `why` names the reason: the budget, --max-findings, Ctrl-C, or an error.

    `sent_requests` counts all requests, those to explain a failure included. The time and the requests spent on known
    causes, and on the shrinking of new ones, are given too. `given_up_requests` were sent, and nobody waited for their
    answers when the run was over.
    """

    verdict: Verdict
    seconds: float
    checked_requests: int
    findings: int
    known: int
    why: str = ""
    known_causes_seconds: float = 0.0
    shrinking_seconds: float = 0.0
    sent_requests: int = 0
    known_causes_requests: int = 0
    shrinking_requests: int = 0
    given_up_requests: int = 0
    lanes: int = 1


EXPLAINING = "explaining"

Event = (
    RunStarted
    | Sought
    | Progress
    | FindingFound
    | FindingFixed
    | Warned
    | Explored
    | PutToTest
    | PropertyDone
    | RunEnded
)
