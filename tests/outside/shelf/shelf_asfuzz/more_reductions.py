"""What somebody adds to reductions: a property with a requirement and a check of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.registry import Extension
from fuzz.subject import Property
from fuzz.subjects.reductions.reference_server import ReferenceServer
from specs.outcome import Outcome, Reply
from specs.requirements import Requirement
from specs.violation import Violation, Way
from strategies.reductions import cases

QUIET = Requirement("outside-quiet", "SHOULD", "An answer names no software that made it.", "the house of an outsider")


def quiet(_step: object, outcome: Outcome, _due: object, _profile: object) -> Iterator[Violation]:
    """No answer has the header that web frameworks like to add."""
    if isinstance(outcome, Reply) and outcome.header("x-powered-by"):
        yield Violation(QUIET.id, "an answer names its software", "no header", "x-powered-by", way=Way.DISCLOSES)


MORE = Extension(
    "reductions",
    properties=(
        Property("quiet", "No answer names the software that made it.", cases.reductions, (QUIET.id,), checks=(quiet,)),
    ),
    requirements=(QUIET,),
)


class PoweredBy(ReferenceServer):
    """Names its software in each answer."""

    def handle(self, request: HttpRequest) -> Answer:
        answer = super().handle(request)
        return replace(answer, headers={**answer.headers, "X-Powered-By": "an outsider"})
