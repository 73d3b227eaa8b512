"""A complete active-storage server, API v1 and v2: the control that every check must pass."""

from fuzz.subjects.reductions.reference_server.reduction import ServerLimits
from fuzz.subjects.reductions.reference_server.server import ReferenceServer, serve

__all__ = ["ReferenceServer", "ServerLimits", "serve"]
