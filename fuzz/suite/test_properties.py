"""Every property of the registry as a test; the folder's conftest makes them of what is imported here."""

from fuzz.registry import registry

PROPERTIES = registry().subject().properties
__all__ = ["PROPERTIES"]
