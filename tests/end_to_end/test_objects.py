"""Object stores by the command line: the embedded store passes, a broken one is found, shown and replayed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.end_to_end import command_line

BROKEN = """
from fuzz.embedded.store.object_store import ObjectStore

class KeepsDeleted(ObjectStore):
    def delete(self, bucket, key, version_id):
        return {}
"""
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
    assert "delete object key 'k'  →  204" in told
    home = next(tmp_path.glob("findings/*/case.json")).parent
    script = (home / "repro.py").read_text("utf-8")
    compile(script, "repro.py", "exec")
    assert "--aws-sigv4" in (home / "finding.md").read_text("utf-8")
    assert "1 still failing" in asfuzz(tmp_path, "replay", code=1)
    asfuzz(tmp_path, "known", "add", str(found[0]["id"]), "--reason", "of this test")
    assert "known" in asfuzz(tmp_path, *RUN, "3", "--animal", "broken_stores:KeepsDeleted")
