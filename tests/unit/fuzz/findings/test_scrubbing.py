"""No finding holds a secret, whatever a server says."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import pytest

from fuzz.findings import case_files
from fuzz.findings.finding import Finding
from fuzz.findings.scrubbing import scrubbed
from fuzz.running.store.protocol import Credentials
from specs.case import Case
from specs.fields import Fields
from specs.outcome import NoReply, Reply
from specs.reductions.steps import Send
from specs.violation import Aspect, Violation, Way

OWNER = Credentials("KEY", 'se/cr+et"1')


@pytest.mark.parametrize(
    "form", [OWNER.secret, quote(OWNER.secret, safe=""), b64encode(b"KEY:" + OWNER.secret.encode()).decode()]
)
def test_a_secret_that_a_server_gives_away_is_not_kept(form: str) -> None:
    told = f"denied: {form}, sorry"
    violation = Violation(
        "discloses-nothing", f"an error holds {form}", "no secret", told, way=Way.DISCLOSES, aspect=Aspect.SECRET
    )
    outcomes = (Reply(400, (("x", told),), told.encode()), NoReply("garbled", told), None)
    case = Case("reduction", (Send("sum", Fields({"dtype": "int32"}), "a"),) * 3)
    finding = scrubbed(Finding("x", "f", violation, case, outcomes), [OWNER])
    assert form not in case_files.write(finding).text
    assert form not in repr(finding)
    assert finding.violation.actual == "denied: (a secret), sorry"
    assert finding.case == case


def test_an_empty_secret_masks_nothing() -> None:
    violation = Violation("answers", "t", "e", "a")
    finding = Finding("x", "f", violation, Case("reduction", ()), ())
    assert scrubbed(finding, [Credentials("KEY", "")]) == finding
