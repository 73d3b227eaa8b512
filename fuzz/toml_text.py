"""Write values as TOML has them."""

from __future__ import annotations

import json
from typing import Any


def toml_text(value: Any) -> str:
    """Return a string, boolean, number or list as TOML has it, which is as JSON has it but for the delete character."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False).replace("\x7f", "\\u007f")
