"""The versions that a result depends on."""

from __future__ import annotations

import json
import platform
from importlib import metadata

DISTRIBUTION = "s3-active-storage-fuzz"
MATTERING = ("numpy", "hypothesis", "blosc2")


def suite_version() -> str:
    """The version of the suite; of a source tree that nobody installed, none."""
    return _version(DISTRIBUTION) or "not installed"


def versions() -> dict[str, str]:
    """The suite, Python, and the libraries that decide what is drawn and what is right."""
    found = {"asfuzz": suite_version(), "python": platform.python_version()}
    return found | {name: version for name in MATTERING if (version := _version(name))}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def install_source() -> str | None:
    """What pip installs this suite from, for another machine to do the same; None if it is a folder of this one."""
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return None
    if text is None:
        return f"{DISTRIBUTION}=={suite_version()}"
    origin = json.loads(text)
    if "vcs_info" not in origin:
        return None
    return f"{DISTRIBUTION} @ {origin['vcs_info']['vcs']}+{origin['url']}@{origin['vcs_info']['commit_id']}"
