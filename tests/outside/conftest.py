"""Installs the outsiders' package for the tests of this folder: its modules, and what a wheel says of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from fuzz.registry import _registry
from tests.end_to_end.command_line import asfuzz as here
from tests.end_to_end.command_line import started

SHELF = Path(__file__).parent / "shelf"
ROOT = Path(__file__).parent.parent.parent


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
    modules: dict[str, ModuleType] = {}

    def run(folder: Path, *words: str, code: int = 0, package: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command: in this process, or in one of its own where the package is not installed."""
        path = os.pathsep.join([str(site if package else bare), str(ROOT)])
        settings = {"PYTHONPATH": path, "COLUMNS": "100"}
        if package:
            with _importable(site, modules):
                ran = here(folder, *words, **settings)
        else:
            ran = started(folder, *words, **settings)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    return run


@contextmanager
def _importable(site: Path, modules: dict[str, ModuleType]) -> Iterator[None]:
    """Have this process find the package, as one does that was started where it is installed.

    `modules` are those of the package: they are the same each time, and not there between the times.
    """
    with patch.object(sys, "path", [str(site), *sys.path]):
        sys.modules.update(modules)
        _registry.cache_clear()
        try:
            yield
        finally:
            _registry.cache_clear()
            for name in [one for one in sys.modules if one.partition(".")[0] == "shelf_asfuzz"]:
                modules[name] = sys.modules.pop(name)
