"""Write a probed profile as TOML, with comments on why a feature is not claimed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any

from fuzz.subjects.reductions.probe import Probe, Shown
from specs.reductions.profile import Profile

UNWRITTEN = ("rulings_off", "launch", "install", "known")
HEAD = (
    "# What the server showed when it was probed. A feature that is not listed may be refused, never answered wrongly.",
    '# Rulings that the server is not to be held to: rulings_off = ["result-order"]',
)
REMARKS = {"refused": "refused", "wrong": "answered wrongly", "failed": "failed"}


def profile_text(probed: Probe, name: str) -> str:
    """Return the TOML of a probed profile under the given name."""
    lines = [*HEAD, f"name = {_toml(name)}"]
    for one in fields(Profile):
        if one.name == "name" or one.name in UNWRITTEN:
            continue
        remarks = list(_remarks(one.name, probed.findings))
        lines += [f"# {remark}" for remark in remarks]
        lines.append(f"{one.name} = {_toml(getattr(probed.profile, one.name))}")
    return "\n".join(lines) + "\n"


def _remarks(capability: str, findings: Iterable[Shown]) -> Iterator[str]:
    for one in findings:
        if one.capability == capability and one.reading in REMARKS:
            what = f"{one.value}: {REMARKS[one.reading]}" if one.value else REMARKS[one.reading]
            yield f"{what} ({' '.join(one.detail.split())})" if one.detail else what


def _toml(value: Any) -> str:
    """Return a TOML value; strings, booleans and lists of strings are written in TOML as in JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False).replace("\x7f", "\\u007f")
