"""Object stores into which the suite puts objects and from which the server under test reads."""

from fuzz.running.store.memory import MemoryStore
from fuzz.running.store.opening import StoreSettings, open_store
from fuzz.running.store.protocol import Buckets, Credentials, Store, StoreError, Unstorable, facts_of

__all__ = [
    "Buckets",
    "Credentials",
    "MemoryStore",
    "Store",
    "StoreError",
    "StoreSettings",
    "Unstorable",
    "facts_of",
    "open_store",
]
