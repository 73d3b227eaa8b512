"""Checks what a run has written: it fits the schemas, and holds no secret and no object."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from fuzz.reports.schemas import validator

# So many bytes of an object, of which so many differ, stand nowhere by chance.
CANARY_BYTES, DIFFERENT_BYTES = 16, 12


def check_fit(findings: Path) -> set[str]:
    """Validate the findings and the log of a folder, and return the kinds of events in the log."""
    cases = list(findings.glob("*/case.json"))
    assert cases
    for path in cases:
        validator("case").validate(json.loads(path.read_text("utf-8")))
    events = [json.loads(line) for line in (findings / "events.jsonl").read_text("utf-8").splitlines()]
    for event in events:
        validator("event").validate(event)
    return {event["event"] for event in events}


def check_no_object(folder: Path, uploaded: Iterable[bytes], smallest: Sequence[bytes]) -> None:
    """Search every file of a folder for objects that were uploaded and are in none of the smallest cases."""
    begun = {one[:CANARY_BYTES] for one in uploaded}
    canaries = {one for one in begun if len(one) == CANARY_BYTES and len(set(one)) >= DIFFERENT_BYTES}
    canaries = {one for one in canaries if not any(one in kept for kept in smallest)}
    assert len(canaries) > 20
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        bare = content.replace(b" ", b"")
        for canary in canaries:
            assert canary not in content, f"{path.relative_to(folder)} holds an object"
            # Of base64, whole triples of bytes do not hang on what follows.
            for form in (canary.hex(), repr(canary)[2:-1], b64encode(canary[:15]).decode()):
                assert form.encode() not in bare, f"{path.relative_to(folder)} holds an object as {form}"


def check_no_secret(folder: Path, access_key: str, secret: str) -> None:
    """Search every file of a folder for a secret, in the forms in which HTTP has it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        for form in (secret, quote(secret, safe=""), b64encode(f"{access_key}:{secret}".encode()).decode()):
            assert form.encode() not in content, f"{path.relative_to(folder)} holds a secret as {form}"
    # The server did tell: otherwise this would show nothing.
    assert any(b"(a secret)" in path.read_bytes() for path in files)
