"""Write a probed profile as TOML, with comments on why a feature is not claimed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields

from fuzz.subjects.reductions.probe import Feature, Probe
from fuzz.toml_text import toml_text
from specs.reductions.profile import Profile

UNWRITTEN = ("rulings_off", "launch", "install", "known")
HEAD = (
    "# What the server showed when it was probed. A feature that is not listed may be refused, never answered wrongly.",
    '# Rulings that the server is not to be held to: rulings_off = ["result-order"]',
)
REMARKS = {"refused": "refused", "wrong": "answered wrongly", "failed": "failed"}


def profile_text(probed: Probe, name: str) -> str:
    """Return the TOML of a probed profile under the given name."""
    lines = [*HEAD, f"name = {toml_text(name)}"]
    for one in fields(Profile):
        if one.name == "name" or one.name in UNWRITTEN:
            continue
        remarks = list(_remarks(one.name, probed.findings))
        lines += [f"# {remark}" for remark in remarks]
        lines.append(f"{one.name} = {toml_text(getattr(probed.profile, one.name))}")
    return "\n".join(lines) + "\n"


def _remarks(capability: str, findings: Iterable[Feature]) -> Iterator[str]:
    for one in findings:
        if one.capability == capability and one.reading in REMARKS:
            what = f"{one.value}: {REMARKS[one.reading]}" if one.value else REMARKS[one.reading]
            yield f"{what} ({' '.join(one.detail.split())})" if one.detail else what
