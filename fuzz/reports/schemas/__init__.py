"""The JSON Schemas of what runs write: summary.json, a finding's case.json, and the lines of events.jsonl."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry, Resource

NAMES = ("summary", "case", "event")


def load(name: str) -> dict[str, Any]:
    """Read a schema by its name."""
    text = (resources.files("fuzz.reports.schemas") / f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def validator(name: str) -> Validator:
    """Return a validator that checks a document against one of the schemas."""
    every = [(f"{one}.json", Resource.from_contents(load(one))) for one in NAMES]
    return Draft202012Validator(load(name), registry=Registry().with_resources(every))
