"""Name the fields that say where a request's object is, in each version of the API, and their usual values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LOCATORS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"v1": ("source", "bucket", "object"), "v2": ("interface_type", "url")}
)


def usual_locators(api: str, interface: str = "s3") -> dict[str, str]:
    """Return the fields that say where the object is, with placeholders for its place: `{url}` stands for the URL."""
    return {name: interface if name == "interface_type" else f"{{{name}}}" for name in LOCATORS[api]}
