"""The scripts of a finding show the bug of a broken store, and not of the healthy one.

The broken stores are drawn by seed, and the failing cases by chance: nobody chooses those for which it works.
"""

from __future__ import annotations

import ast
import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.findings.finding import Finding
from fuzz.running.launcher import free_port
from fuzz.subject import Scripts
from fuzz.subjects.objects.access import OWN
from fuzz.subjects.objects.properties import PROPERTIES
from fuzz.subjects.objects.scripts.rightly import answers_of
from fuzz.subjects.objects.scripts.writing import scripts
from fuzz.subjects.objects.zoo import animals
from specs.case import Case
from specs.objects.answers import CONTENT
from specs.objects.content import Content
from specs.objects.model.judging import violations
from specs.objects.profile import Profile, load
from specs.objects.steps import SIGNINGS, CopyObject, GetObject, HeadObject, PutObject, Sent, StreamCopy, SubResource
from specs.outcome import Reply
from specs.violation import Violation
from strategies.drawing import Chance
from strategies.objects.settings import OF_CHUNKS, OF_HEADERS, OF_PRESIGNED, OF_TRAILERS

REFERENCE = load("reference")
ACCOUNTS = {one.access_key: one.secret for one in OWN}
SCRIPTS = ("repro.py", "curl.sh")
SEED, MANY, MOST_CASES = 1717, 16, 60
DRAWN = random.Random(SEED).sample(sorted(animals()), MANY)
SECONDS = 60


def found(several: Sequence[Any], kind: type[ObjectStore], profile: Profile = REFERENCE) -> Finding | None:
    """The finding that a broken store's answers to a case give, if one of them is wrong."""
    case = Case("x", tuple(several))
    outcomes = answers_of(case.steps, kind(ACCOUNTS))
    wrong = next((one for one in violations(case, outcomes, profile) if one.severity == "failure"), None)
    return None if wrong is None else Finding("one", "f", wrong, case, outcomes, (), subject="objects")


def drawn_cases(animal: str) -> Iterator[Case]:
    chance = random.Random(f"{SEED} {animal}")
    for _ in range(MOST_CASES):
        for one in PROPERTIES:
            case = one.cases(REFERENCE).by_chance(Chance(chance.randrange(2**32)))
            if not any(step.lane for step in case.steps):
                yield case


def exit_code(script: Path, url: str) -> tuple[int, str]:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SECOND_ACCESS_KEY_ID", "SECOND_SECRET_ACCESS_KEY")
    keys = dict(zip(names, (part for one in OWN for part in (one.access_key, one.secret)), strict=True))
    given = {"PATH": os.environ["PATH"], "STORE_URL": url, **keys}
    typed = ["sh" if script.suffix == ".sh" else sys.executable, str(script)]
    ran = subprocess.run(typed, env=given, capture_output=True, text=True, timeout=SECONDS, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def check_shows(made: Scripts, kind: type[ObjectStore], folder: Path) -> None:
    """Run the scripts against the broken store, where they show the bug, and against the healthy one."""
    for name, text in made.files.items():
        if name == "curl.sh" and shutil.which("curl") is None:
            continue
        script = folder / name
        script.write_text(text, "utf-8")
        for store, due in ((kind, 1), (ObjectStore, 0)):
            with serving(ACCOUNTS, kind=store) as served:
                code, told = exit_code(script, served.url)
            assert code == due, f"{name} ends with {code} on {store.__name__}: {told}\n{text}"


@pytest.mark.parametrize("animal", DRAWN)
def test_scripts_show_the_bug_of_a_drawn_store(animal: str, tmp_path: Path) -> None:
    kind = animals()[animal].store
    every = (finding for case in drawn_cases(animal) if (finding := found(case.steps, kind)) is not None)
    made = next((one for one in (scripts(finding, REFERENCE) for finding in islice(every, 20)) if one.files), None)
    if made is None:
        pytest.skip(f"no script shows {animal}, or too few cases")
    check_shows(made, kind, tmp_path)


class TakesSubResourcesForNone(ObjectStore):
    """A store that gives an object, or a listing, where its access list is asked for."""

    def operation(self, call: Call) -> str:
        asked = "acl" in call.parameters
        return ("get_object" if call.key else "list_objects") if asked else super().operation(call)


@pytest.mark.parametrize(
    "several",
    [
        (PutObject(key="k", content=Content(b"x")), SubResource(key="k", name="acl")),
        (SubResource(name="acl"),),
    ],
    ids=["an object", "a bucket"],
)
def test_what_must_not_come_is_compared_where_all_else_may(several: tuple[Any, ...], tmp_path: Path) -> None:
    finding = found(several, TakesSubResourcesForNone)
    assert finding is not None
    made = scripts(finding, REFERENCE)
    assert sorted(made.files) == sorted(SCRIPTS)
    check_shows(made, TakesSubResourcesForNone, tmp_path)


@pytest.mark.parametrize("animal", ["refusals-have-no-code", "refusals-are-malformed"])
def test_an_error_has_its_code_and_its_end(animal: str, tmp_path: Path) -> None:
    kind = animals()[animal].store
    finding = found((GetObject(key="k"),), kind)
    assert finding is not None
    made = scripts(finding, REFERENCE)
    assert sorted(made.files) == sorted(SCRIPTS)
    check_shows(made, kind, tmp_path)


def test_a_condition_on_a_date_is_as_long_ago_when_the_script_runs(tmp_path: Path) -> None:
    day_before = (("If-Unmodified-Since", "{now -86400}"),)
    kind = animals()["if-unmodified-since-ignored"].store
    finding = found((PutObject(key="k", content=Content(b"x")), GetObject(key="k", headers=day_before)), kind)
    assert finding is not None
    made = scripts(finding, REFERENCE)
    assert sorted(made.files) == sorted(SCRIPTS)
    check_shows(made, kind, tmp_path)


READ = (PutObject(key="k", content=Content(b"x")), GetObject(key="k"))
GONE = Violation("content", "other bytes than were put", "b'x'", "b'y'", step=1, aspect=CONTENT)
ETAG = (("etag", f'"{hashlib.md5(b"x", usedforsecurity=False).hexdigest()}"'),)
CAME = (Reply(200, ETAG, b""), Reply(200, ETAG, b"y"))


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        (
            Finding("one", "f", GONE, Case("x", (READ[0], replace(READ[1], lane=1))), CAME, (), "seen once"),
            "at the same time",
        ),
        (Finding("one", "f", GONE, Case("x", READ), CAME, (), "flaky"), "not show every time"),
        (
            Finding("one", "f", GONE, Case("x", (READ[0], StreamCopy(key="l", source_key="k"))), CAME, ()),
            "unusual in these requests",
        ),
        (Finding("one", "f", replace(GONE, aspect="torn"), Case("x", READ), CAME, ()), "more than a few comparisons"),
    ],
    ids=("at once", "flaky", "streamed", "not plain"),
)
def test_a_finding_without_scripts_says_why(finding: Finding, why: str) -> None:
    made = scripts(replace(finding, subject="objects"), REFERENCE)
    assert not made.files
    assert not made.again
    assert why in "".join(made.by_hand)


STAYS_PUT = PutObject(key="k", content=Content(b"before"))
OF_SIGNING = [
    *(Sent(fault=fault) for fault in OF_HEADERS),
    *(Sent(signing="presigned", fault=fault) for fault in OF_PRESIGNED),
    *(Sent(signing="chunks", fault=fault) for fault in OF_CHUNKS),
    *(Sent(signing="chunks-trailer", fault=fault) for fault in (*OF_TRAILERS, "trailer-signature")),
    *(Sent(signing="unsigned-trailer", fault=fault) for fault in OF_TRAILERS),
    *(Sent(fault=fault) for fault in ("payload-hash", "payload-word")),
]


@pytest.mark.parametrize("sent", OF_SIGNING, ids=lambda sent: f"{sent.signing} {sent.fault}")
def test_a_request_with_a_faulty_signature_is_refused_by_the_healthy_store(sent: Sent, tmp_path: Path) -> None:
    case = Case("x", (STAYS_PUT, PutObject(key="k", content=Content(b"intruder"), sent=sent)))
    outcomes = (answers_of(case.steps)[0], Reply(200, ETAG, b""))
    wrong = next(one for one in violations(case, outcomes, REFERENCE) if one.step == 1)
    made = scripts(Finding("one", "f", wrong, case, outcomes, (), subject="objects"), REFERENCE)
    assert list(made.files) == ["repro.py"]
    script = tmp_path / "repro.py"
    script.write_text(made.files["repro.py"], "utf-8")
    with serving(ACCOUNTS) as served:
        code, told = exit_code(script, served.url)
    assert code == 0, f"{told}\n{made.files['repro.py']}"


@pytest.mark.parametrize("sent", [
    Sent(signing=signing) for signing in SIGNINGS
], ids=lambda sent: sent.signing)  # fmt: skip
@pytest.mark.parametrize("size", [0, 5, 65_536, 200_000])
def test_a_body_is_taken_in_each_way_in_which_a_script_sends_it(sent: Sent, size: int, tmp_path: Path) -> None:
    put = PutObject(key="k", content=Content(fill=size, seed=3), sent=sent, headers=(("x-amz-meta-a", "b  c"),))
    case = Case("x", (put, GetObject(key="k")))
    stored, read = answers_of(case.steps)
    assert isinstance(read, Reply)
    outcomes = (stored, replace(read, body=b"other bytes"))
    wrong = Violation("content", "other bytes than were put", "", "", step=1, aspect=CONTENT)
    made = scripts(Finding("one", "f", wrong, case, outcomes, (), subject="objects"), REFERENCE)
    script = tmp_path / "repro.py"
    script.write_text(made.files["repro.py"], "utf-8")
    for store, due in ((ObjectStore, 0), (animals()["last-byte-lost"].store, int(size > 1))):
        with serving(ACCOUNTS, kind=store) as served:
            code, told = exit_code(script, served.url)
        assert code == due, f"{told}\n{made.files['repro.py']}"


def test_a_client_goes_away_in_a_script_too(tmp_path: Path) -> None:
    put = PutObject(key="k", content=Content(b"broken off", 70_000, 3), leaves=4096)
    case = Case("x", (STAYS_PUT, put, GetObject(key="k")))
    wrong = Violation("content", "other bytes than were put", "", "", step=2, aspect=CONTENT)
    stored, left, read = answers_of(case.steps)
    assert isinstance(read, Reply)
    came = (stored, left, replace(read, body=b"broken off"))
    made = scripts(Finding("one", "f", wrong, case, came, (), subject="objects"), REFERENCE)
    script = tmp_path / "repro.py"
    script.write_text(made.files["repro.py"], "utf-8")
    for store, due in ((ObjectStore, 0), (animals()["broken-off-is-kept"].store, 1)):
        with serving(ACCOUNTS, kind=store) as served:
            code, told = exit_code(script, served.url)
        assert code == due, f"{told}\n{made.files['repro.py']}"


def at_once(*several: Any, reproducibility: Any = "flaky") -> Finding:
    """A finding about requests at the same time."""
    wrong = Violation("linearizable", "no order of the requests explains the answers", "", "")
    case = Case("races", several, together=True)
    return Finding("one", "f", wrong, case, (), reproducibility=reproducibility, subject="objects")


NEW = (("If-None-Match", "*"),)
WRITERS = tuple(PutObject(key="k", content=Content(bytes([64 + lane])), lane=lane, headers=NEW) for lane in (1, 2))


def test_a_script_sends_requests_at_the_same_time(tmp_path: Path) -> None:
    made = scripts(at_once(*WRITERS, GetObject(key="k")), REFERENCE)
    assert list(made.files) == ["repro.py"]
    check_shows(made, animals()["two-winners"].store, tmp_path)


def test_a_script_knows_what_each_order_of_the_requests_gives() -> None:
    readers = (GetObject(key="k", lane=3), HeadObject(key="k", lane=3))
    (text,) = scripts(at_once(*WRITERS, *readers, GetObject(key="k")), REFERENCE).files.values()
    (line,) = [line for line in text.splitlines() if line.startswith("ALLOWED = ")]
    allowed = ast.literal_eval(line.removeprefix("ALLOWED = "))
    whole = {hashlib.sha256(one.content.data).hexdigest()[:12] for one in WRITERS}
    assert {one[4] for one in allowed} == whole
    assert {one[2] for one in allowed} == {"4", *whole}
    assert {one[:2] for one in allowed} == {("done", "4"), ("4", "done")}
    # A reader that has met an object goes on to meet it.
    assert all(one[3] != "4" for one in allowed if one[2] != "4")


@pytest.mark.parametrize("several", [
    (*WRITERS, CopyObject(key="l", source_key="k", lane=3)),
    tuple(replace(WRITERS[0], lane=lane) for lane in range(1, 8)),
    (*WRITERS, replace(WRITERS[0], lane=3, leaves=0)),
], ids=["of several instants", "too many orders", "a client goes away"])  # fmt: skip
def test_requests_of_which_a_script_knows_not_what_may_come_have_none(several: tuple[Any, ...]) -> None:
    made = scripts(at_once(*several), REFERENCE)
    assert not made.files
    assert "at the same time" in "".join(made.by_hand)
    assert not scripts(at_once(*WRITERS, reproducibility="seen once"), REFERENCE).files


def test_a_script_ends_by_3_where_there_is_no_store(tmp_path: Path) -> None:
    made = scripts(Finding("one", "f", GONE, Case("x", READ), CAME, (), subject="objects"), REFERENCE)
    assert sorted(made.files) == sorted(SCRIPTS)
    for name, text in made.files.items():
        (tmp_path / name).write_text(text, "utf-8")
        assert exit_code(tmp_path / name, f"http://127.0.0.1:{free_port()}")[0] == 3


def test_a_short_finding_has_a_short_script() -> None:
    made = scripts(Finding("one", "f", GONE, Case("x", READ), CAME, (), subject="objects"), REFERENCE)
    assert made.files
    for text in made.files.values():
        assert len(text.splitlines()) < 40
