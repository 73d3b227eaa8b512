"""The reference server, broken in one way each: what shows whether the suite sees."""

from fuzz.subjects.reductions.zoo.catalogue import Animal, animals, find
from fuzz.subjects.reductions.zoo.keeping import KeptServer, keep

__all__ = ["Animal", "KeptServer", "animals", "find", "keep"]
