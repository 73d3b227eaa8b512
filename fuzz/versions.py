"""Report the versions that a result depends on."""

from __future__ import annotations

import json
import platform
from importlib import metadata

DISTRIBUTION = "s3-active-storage-fuzz"
MATTERING = ("numpy", "hypothesis", "blosc2")


def suite_version() -> str:
    """Return the version of the suite; for a source tree that is not installed, "not installed"."""
    return _version(DISTRIBUTION) or "not installed"


def versions() -> dict[str, str]:
    """Return the versions of the suite, Python, and the libraries on which cases and right answers depend."""
    found = {"asfuzz": suite_version(), "python": platform.python_version()}
    return found | {name: version for name in MATTERING if (version := _version(name))}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def install_source() -> str | None:
    """Return what pip can install this suite from on another machine; None if that is a folder of this one."""
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
