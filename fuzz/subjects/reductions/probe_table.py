"""Show what a probe has found out about a server, as a table."""

from __future__ import annotations

from collections.abc import Iterator

from fuzz.subjects.reductions.probe import Feature, Probe

MARKS = {"yes": "✓", "absent": "·", "refused": "–", "wrong": "✗", "failed": "!", "not asked": "?"}
LEGEND = "✓ answered rightly   · none, as it may be   – refused   ✗ answered wrongly   ! no answer or 5xx   ? not asked"


def matrix(probed: Probe) -> Iterator[str]:
    """Yield a line for each capability, and below them the words of the server where it did not do well."""
    rows: dict[str, list[Feature]] = {}
    for one in probed.findings:
        rows.setdefault(one.capability, []).append(one)
    for capability, found in rows.items():
        values = "  ".join(f"{MARKS[one.reading]} {one.value}".rstrip() for one in found)
        yield f"{capability.replace('_', ' '):<18}{values}"
    yield f"\n{LEGEND}"
    poor = [one for one in probed.findings if one.reading in ("wrong", "failed", "refused") and one.detail]
    if poor:
        yield ""
    for one in poor:
        yield f"{MARKS[one.reading]} {one.capability.replace('_', ' ')} {one.value}".rstrip() + f": {one.detail}"
