"""Installs the outsiders' package for the tests of this folder: its modules, and what a wheel says of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

SHELF = Path(__file__).parent / "shelf"
ROOT = Path(__file__).parent.parent.parent
SECONDS = 120


def installed(folder: Path) -> Path:
    """A folder as site-packages has it once the package is installed."""
    project = tomllib.loads((SHELF / "pyproject.toml").read_text("utf-8"))["project"]
    shutil.copytree(SHELF / "shelf_asfuzz", folder / "shelf_asfuzz")
    told = folder / f"shelf_asfuzz-{project['version']}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = (f"{name} = {place}" for name, place in project["entry-points"]["asfuzz"].items())
    (told / "entry_points.txt").write_text("\n".join(["[asfuzz]", *points, ""]))
    return folder


@pytest.fixture(scope="session")
def asfuzz(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command, in an environment that has the outsiders' package too, or just its modules."""
    site = installed(tmp_path_factory.mktemp("site"))
    bare = tmp_path_factory.mktemp("bare")
    shutil.copytree(SHELF / "shelf_asfuzz", bare / "shelf_asfuzz")

    def run(folder: Path, *words: str, code: int = 0, package: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ASFUZZ_")}
        path = os.pathsep.join([str(site if package else bare), str(ROOT)])
        ran = subprocess.run(
            [sys.executable, "-m", "fuzz.cli", *words],
            cwd=folder,
            env={**environment, "PYTHONPATH": path, "COLUMNS": "100"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    return run
