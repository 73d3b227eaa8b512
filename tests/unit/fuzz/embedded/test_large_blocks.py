"""Whether a process keeps the memory of large blocks."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have rules of their own")

MIB = 2**20
RESIDENT = """
import os
import sys
from pathlib import Path
from fuzz.embedded import large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

"""
# Takes and gives back large blocks, with small ones among them that stay; prints by how much the process has grown.
GROWS = """
getattr(large_blocks, sys.argv[1])()
stays, before = [], resident()
for _ in range(3):
    several = []
    for _ in range(100):
        several.append(b"x" * 2**20)
        stays.append(b"x" * 2**12)
    several.clear()
print(resident() - before)
"""
# Gives back blocks that are large enough to fill pages, each between two small ones that stay, and then the gaps;
# prints by how much the process has grown before and after.
LEAVES_GAPS = """
large_blocks.give_memory_back()
stays, several, before = [], [], resident()
for _ in range(1000):
    several.append(b"x" * 2**16)
    stays.append(b"x" * 2**10)
several.clear()
print(resident() - before)
large_blocks.give_gaps_back()
print(resident() - before)
"""


@pytest.mark.parametrize(("rule", "least", "most"), [("keep_memory", 80, 400), ("give_memory_back", 0, 20)])
def test_the_memory_of_large_blocks_is_kept_or_given_back(rule: str, least: int, most: int) -> None:
    ran = subprocess.run([sys.executable, "-c", RESIDENT + GROWS, rule], capture_output=True, text=True, check=True)
    assert least * MIB <= int(ran.stdout) <= most * MIB


def test_gaps_between_blocks_that_stay_are_given_back() -> None:
    ran = subprocess.run([sys.executable, "-c", RESIDENT + LEAVES_GAPS], capture_output=True, text=True, check=True)
    with_gaps, without = map(int, ran.stdout.split())
    assert with_gaps > 40 * MIB
    assert without < 15 * MIB
