"""Whose a finding is, of several bugs planted in one server."""

from __future__ import annotations

from contextlib import closing

import pytest

from fuzz.bench.planted import PACKAGE, Bug, owners
from fuzz.config import Settings
from fuzz.findings.finding import Finding
from fuzz.running.targets import open_store_for
from specs.case import Case
from specs.fields import Fields
from specs.reductions.steps import Put, Send
from specs.violation import Violation
from tests.unit.pretended import PROFILE

PADDED = Bug(f"{PACKAGE}.decoding:ShortDataPadded")
WRAPS = Bug(f"{PACKAGE}.refusing:AxisOutOfRangeWraps")
STRIDE = Bug(f"{PACKAGE}.selections:StrideIgnored")


def asking(name: str, data: bytes, requirement: str, **fields: object) -> Finding:
    send = Send("sum", Fields({"dtype": "int32", **fields}), "a")
    return Finding(name, name, Violation(requirement, "", "", ""), Case("x", (Put("a", data), send)), ())


SHORT = asking("short", b"", "refuses-unfit-data", shape=[1])
AXIS = asking("axis", bytes(4), "refuses-invalid", shape=[1], axis=[1])
# Too little data for either to show by itself: refused by the server without the one, and by that without the other.
BOTH = asking("both", b"", "refuses-invalid", shape=[1], axis=[1])


@pytest.mark.parametrize(
    ("findings", "due"),
    [
        ([SHORT, AXIS], {"short": PADDED, "axis": WRAPS}),
        ([SHORT, BOTH], {"short": PADDED, "both": WRAPS}),
        ([SHORT], {"short": PADDED}),
    ],
)
def test_a_finding_is_of_the_bug_that_it_takes(findings: list[Finding], due: dict[str, Bug]) -> None:
    with closing(open_store_for(Settings())) as store:
        belongs = owners(findings, [PADDED, STRIDE, WRAPS], store, PROFILE)
    assert belongs == {name: (bug,) for name, bug in due.items()}


def test_what_passes_is_nobodys_and_so_is_what_comes_by_chance() -> None:
    seldom = Finding("s", "s", Violation("sum-values", "", "", ""), AXIS.case, (), reproducibility="flaky")
    right = asking("right", bytes(4), "sum-values", shape=[1])
    with closing(open_store_for(Settings())) as store:
        assert owners([right, seldom], [STRIDE], store, PROFILE) == {"right": (), "s": ()}
