"""Object stores by the command line: the embedded store passes, a broken one is found, shown and replayed."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import pytest

from fuzz.embedded.http_messages import Answer, HttpRequest
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving
from fuzz.findings import corpus
from tests.end_to_end import command_line
from tests.end_to_end.written_files import check_fit, check_no_object, check_no_secret

BROKEN = """
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.server import serving

class KeepsDeleted(ObjectStore):
    def delete(self, bucket, key, version_id):
        return {}
"""
ACCOUNT = ("CANARYKEY", "canary/se+cr:et=0123456789")
SECOND = ("CANARYTWO", "second/ca+na:ry=9876543210")
RUN = ("run", "--subject", "objects", "--only", "objects", "--seed", "3", "--examples")


def asfuzz(folder: Path, *words: str, code: int = 0) -> str:
    ran = command_line.asfuzz(folder, *words, COLUMNS="100", PYTHONPATH=str(folder))
    assert ran.returncode == code, ran.stdout + ran.stderr
    return ran.stdout


def test_the_embedded_store_passes(tmp_path: Path) -> None:
    told = asfuzz(tmp_path, "run", "--subject", "objects", "--only", "objects", "ranges", "races", "--examples", "3")
    assert "PASS  0 findings" in told
    assert "the embedded object store" in told


def test_a_broken_store_is_found_explained_shown_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_stores.py").write_text(BROKEN, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "broken_stores", raising=False)
    told = asfuzz(tmp_path, *RUN, "40", "--animal", "broken_stores:KeepsDeleted", code=1)
    found = [json.loads(one.read_text("utf-8")) for one in tmp_path.glob("findings/*/case.json")]
    assert [one["needs"] for one in found] == [["several requests", "step put object", "step delete object"]]
    assert [one["subject"] for one in found] == ["objects"]
    assert "delete object 'k'  →  204" in told
    assert "FindingFound" in check_fit(tmp_path / "findings")
    home = next(tmp_path.glob("findings/*/case.json")).parent
    account = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ACCOUNT))
    broken = importlib.import_module("broken_stores").KeepsDeleted
    for kind, code in ((broken, 1), (ObjectStore, 0)):
        with serving(dict([ACCOUNT]), kind=kind) as served:
            for typed in ([sys.executable, "repro.py"], *([["sh", "curl.sh"]] if shutil.which("curl") else [])):
                given = {"PATH": os.environ["PATH"], "STORE_URL": served.url, **account}
                sent = subprocess.run(typed, cwd=home, env=given, capture_output=True, text=True, check=False)
                assert sent.returncode == code, sent.stdout + sent.stderr
                assert "expected" in sent.stdout
    assert (home / "curl.sh").read_text("utf-8") in (home / "finding.md").read_text("utf-8")
    assert "1 still failing" in asfuzz(tmp_path, "replay", code=1)
    asfuzz(tmp_path, "known", "add", str(found[0]["id"]), "--reason", "of this test")
    assert "known" in asfuzz(tmp_path, *RUN, "3", "--animal", "broken_stores:KeepsDeleted")


class Telltale(ObjectStore):
    """A store that gives its accounts' secrets away with each object, in the forms in which HTTP has them."""

    def __call__(self, request: HttpRequest) -> Answer:
        answer = super().__call__(request)
        if request.method != "GET" or answer.status != 404:
            return answer
        told = " ".join(
            form
            for key, secret in (ACCOUNT, SECOND)
            for form in (secret, quote(secret, safe=""), b64encode(f"{key}:{secret}".encode()).decode())
        )
        return replace(answer, headers={**answer.headers, "x-told": told}, body=f"<Error>{told}</Error>".encode())


def test_no_file_of_a_run_on_a_store_holds_a_secret(tmp_path: Path) -> None:
    names = ("ACCESS_KEY", "SECRET_KEY", "SECOND_ACCESS_KEY", "SECOND_SECRET_KEY")
    keys = {f"ASFUZZ_{name}": value for name, value in zip(names, (*ACCOUNT, *SECOND))}
    results = ("--summary", "summary.json", "--junit", "junit.xml")
    with serving(dict((ACCOUNT, SECOND)), kind=Telltale) as store:
        ran = command_line.asfuzz(tmp_path, *RUN, "10", "--target", store.url, *results, **keys)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "an answer holds a secret key" in ran.stdout
    asfuzz(tmp_path, "report", "findings", "--html", "report.html", "--write", "report.md")
    (tmp_path / "printed").write_text(ran.stdout + ran.stderr)
    for account in (ACCOUNT, SECOND):
        check_no_secret(tmp_path, *account)


class Listening(ObjectStore):
    """A store that remembers what it was sent, and whose deleted objects stay."""

    sent: ClassVar[set[bytes]] = set()

    def perform(self, call: Call) -> Answer:
        if call.operation in ("put_object", "upload_part"):
            self.sent.add(call.body.content.read(0, min(call.body.content.size, 64)))
        return super().perform(call)

    def delete(self, _bucket: object, _key: object, _version_id: object) -> dict[str, str]:
        return {}


def test_no_file_of_a_run_on_a_store_holds_an_object_but_those_of_the_smallest_cases(tmp_path: Path) -> None:
    keys = {"ASFUZZ_ACCESS_KEY": ACCOUNT[0], "ASFUZZ_SECRET_KEY": ACCOUNT[1]}
    results = ("--only", "objects", "uploads", "--seed", "4", "--examples", "60", "--summary", "s.json", "--junit", "j")
    with serving(dict([ACCOUNT]), kind=Listening) as store:
        ran = command_line.asfuzz(tmp_path, "run", "--subject", "objects", "--target", store.url, *results, **keys)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    asfuzz(tmp_path, "report", "findings", "--html", "report.html", "--write", "report.md")
    (tmp_path / "printed").write_text(ran.stdout + ran.stderr)
    steps = [step for one in corpus.load_all(tmp_path / "findings") for step in one.case.steps]
    check_no_object(tmp_path, Listening.sent, [step.content.data for step in steps if hasattr(step, "content")])
