"""The README's code is the outsiders', and so runs in the tests of this folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHELF = Path(__file__).parent / "shelf"
SECTION = re.search(r"^## Write your own$(.*?)^## ", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
BLOCKS = re.findall(r"^```(?:python|toml)\n(.*?)^```$", SECTION[1] if SECTION else "", re.DOTALL | re.MULTILINE)
FILES = [one.read_text("utf-8") for one in (SHELF / "pyproject.toml", *sorted(SHELF.glob("shelf_asfuzz/*.py")))]


def test_there_is_code() -> None:
    assert len(BLOCKS) == 4


@pytest.mark.parametrize("block", BLOCKS)
def test_the_code_of_the_page_stands_in_the_package(block: str) -> None:
    assert any(block.strip() in text for text in FILES)
