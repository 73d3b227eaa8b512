"""Every property of the registry as a test; the folder's conftest makes them of what is imported here."""

from fuzz.subjects.reductions.properties import PROPERTIES

__all__ = ["PROPERTIES"]
