"""Set how long and how deterministically the suite runs under pytest, as Hypothesis profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase

EXAMPLES = {"dev": 25, "ci": 150, "nightly": 5000, "replay": 25}
# Without the explain phase: it would explain our client, not the server.
TRYING = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)
AGAIN = (Phase.explicit, Phase.reuse)
ALWAYS: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    "report_multiple_bugs": False,
}


def register(folder: Path) -> None:
    """Make the profiles known; examples that failed are kept below the folder.

    Each says everything: with CI set, Hypothesis' parent of all profiles is derandomised and keeps nothing.
    """
    kept = DirectoryBasedExampleDatabase(folder / ".hypothesis" / "examples")
    for name, examples in EXAMPLES.items():
        settings.register_profile(
            name,
            max_examples=examples,
            derandomize=name == "ci",
            database=None if name == "ci" else kept,
            phases=AGAIN if name == "replay" else TRYING,
            print_blob=False,
            **ALWAYS,
        )
