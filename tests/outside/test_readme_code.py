"""The README's code is the outsiders', and so runs in the tests of this folder."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHELF = Path(__file__).parent / "shelf"
TEXT = (ROOT / "README.md").read_text("utf-8")
SECTION = re.search(r"^## Write your own$(.*?)^## ", TEXT, re.DOTALL | re.MULTILINE)
FROM_PYTHON = re.search(r"^## From Python$.*?^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
SECONDS = 120
BLOCKS = re.findall(r"^```(?:python|toml)\n(.*?)^```$", SECTION[1] if SECTION else "", re.DOTALL | re.MULTILINE)
FILES = [one.read_text("utf-8") for one in (SHELF / "pyproject.toml", *sorted(SHELF.glob("shelf_asfuzz/*.py")))]


def test_there_is_code() -> None:
    assert len(BLOCKS) == 4


@pytest.mark.parametrize("block", BLOCKS)
def test_the_code_of_the_page_stands_in_the_package(block: str) -> None:
    assert any(block.strip() in text for text in FILES)


def test_what_is_done_from_python_works_as_the_page_has_it(tmp_path: Path) -> None:
    assert FROM_PYTHON is not None
    ran = subprocess.run(
        [sys.executable, "-c", FROM_PYTHON[1]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    verdict, cause, again = ran.stdout.splitlines()
    assert (verdict, again) == ("FAIL", "STILL FAILING")
    assert "stride beyond one" in cause
