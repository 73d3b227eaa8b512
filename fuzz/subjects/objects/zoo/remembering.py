"""A store that remembers things between requests, for animals that confuse them."""

from __future__ import annotations

import threading
import time
from typing import Any

from fuzz.embedded.store.object_store import ObjectStore

# As long as it takes another client to get in between.
PAUSE_SECONDS = 0.004


class Remembering(ObjectStore):
    """A store with a memory by name beside its state."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.memory: dict[Any, Any] = {}
        self.local = threading.local()

    def pause(self) -> None:
        """Let others go first."""
        time.sleep(PAUSE_SECONDS)
