"""A server that is careless with what clients send: each fault is found, told by a request of nothing else."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable

import pytest

from fuzz.config import Settings
from fuzz.events import Event, FindingFound
from fuzz.findings import corpus
from fuzz.findings.finding import Finding
from fuzz.hunt.campaign import Plan, hunt
from fuzz.running.targets import open_target
from specs.reductions.steps import Send

CARELESS = """
import sys
import threading

from fuzz.embedded.http_messages import DropConnection, HttpResponse
from fuzz.subjects.reductions.reference_server import ReferenceServer
from fuzz.subjects.reductions.reference_server.refusal import Refusal
from fuzz.subjects.reductions.reference_server.server import serve


class HungUp(Exception):
    pass


class Careless(ReferenceServer):
    def refuse_unknown_fields(self, place, value, known):
        pass

    def read_integer(self, field, value, least):
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        return super().read_integer(field, value, least)

    def read_slice(self, field, value):
        if isinstance(value, list) and value[2:] == [0]:
            raise Refusal(500, "selection: division by zero")
        return super().read_slice(field, value)

    def check_axis(self, reduction):
        if reduction.shape and any(axis >= len(reduction.shape) for axis in reduction.axis or ()):
            raise HungUp
        super().check_axis(reduction)

    def is_missing(self, array, missing):
        return super().is_missing(array, missing) & False

    def error_answer(self, refusal):
        answer = super().error_answer(refusal)
        if refusal.status != 404:
            return answer
        return HttpResponse(404, {"Content-Type": "text/html"}, b"<h1>Oops</h1>")

    def handle(self, request):
        try:
            return super().handle(request)
        except HungUp:
            return DropConnection()


with serve(Careless(), port=int(sys.argv[1])):
    threading.Event().wait()
"""
ALWAYS = {"interface_type", "url", "dtype"}
FAULTS: tuple[tuple[str, set[str], set[str] | int], ...] = (
    ("refuses-invalid", {"unknown-field"}, 1),
    ("refuses-invalid", {"not-an-integer"}, 1),
    ("no-server-error", {"500", "stride-0"}, {"selection"}),
    ("error-form", {"content-type"}, set()),
    ("answers", {"closed", "axis-out-of-range"}, {"axis", "shape"}),
    ("counts", set(), {"missing"}),
)
# The hunt ends when all faults have been told; this many examples of each property are its limit.
MOST_EXAMPLES = 2000
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What a hunt of a fixed seed finds in it, until it has found all that is wrong."""
    folder = tmp_path_factory.mktemp("careless")
    script = folder / "careless_server.py"
    script.write_text(CARELESS)
    launch = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{port}}"
    only = ("reduction", "malformed", "contradiction")
    with open_target(Settings(launch=launch, profile="reference")) as target:
        plan = Plan(
            profile=target.profile, only=only, findings=folder / "findings", workers=1, seed=5, seconds=None,
            examples=MOST_EXAMPLES, max_findings=None,
        )  # fmt: skip
        told: dict[str, Finding] = {}

        def note(event: Event) -> None:
            if isinstance(event, FindingFound):
                told[event.finding.id] = event.finding

        hunt(plan, target, note, lambda: all(is_found(told.values(), *fault) for fault in FAULTS))
    return corpus.load_all(folder / "findings")


def is_found(findings: Iterable[Finding], requirement: str, ids: set[str], beyond: set[str] | int) -> bool:
    """Whether a fault has been told by a request with the fields that it takes, and no others."""
    fields = [_beyond_the_required(one) for one in findings if _is_about(one, requirement, ids)]
    return beyond in [len(some) if isinstance(beyond, int) else some for some in fields]


@pytest.mark.parametrize(("requirement", "ids", "beyond"), FAULTS)
def test_each_fault_is_found_by_the_offending_field_alone(
    findings: list[Finding], requirement: str, ids: set[str], beyond: set[str] | int
) -> None:
    about = [one for one in findings if _is_about(one, requirement, ids)]
    assert about, [one.violation for one in findings]
    assert is_found(about, requirement, ids, beyond), [_beyond_the_required(one) for one in about]


def _is_about(finding: Finding, requirement: str, ids: set[str]) -> bool:
    return finding.violation.requirement == requirement and ids <= set(finding.violation.ids)


def _beyond_the_required(finding: Finding) -> set[str]:
    (send,) = (step for step in finding.case.steps if isinstance(step, Send))
    return set(send.fields) - ALWAYS
