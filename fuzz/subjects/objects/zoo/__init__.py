"""The embedded object store, broken in one way each: what shows whether the suite sees."""

from fuzz.subjects.objects.zoo.catalogue import Animal, animals, find

__all__ = ["Animal", "animals", "find"]
