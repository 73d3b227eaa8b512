"""Measure whether requests drawn as valid are valid: to `validity`, and to the schema they were drawn from."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator

from fuzz.bench.reach import drawn
from fuzz.subjects.reductions.serving import SERVING
from specs.case import Case
from specs.reductions import schemas, validity
from specs.reductions.locators import usual_locators
from specs.reductions.profile import Profile
from specs.reductions.steps import Send

PLACE = {"url": "http://store.example/b/o", "source": "http://store.example", "bucket": "b", "object": "o"}
AT_A_TIME = 2000


def faults(claims: Profile, some: Iterable[Case]) -> Iterator[str]:
    """Yield the objections to each request that was drawn as valid, each with the module that has it."""
    validator = schemas.validator(f"{claims.api}.request")
    for case in some:
        for step in case.steps:
            if not isinstance(step, Send):
                continue
            located = usual_locators(claims.api, step.interface)
            body = {name: PLACE.get(name, usual) for name, usual in located.items()}
            body.update(json.loads(json.dumps(dict(step.fields))))
            for fault in validity.read_request(step.operation, body, claims).faults:
                yield f"validity: {fault.rule}: {body}"
            for error in validator.iter_errors(body):
                yield f"schema: {error.message}: {body}"


def main() -> int:
    """Draw, ask both, and print what they have against it."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.bench.sound", description=__doc__)
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--profile", default="reference")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    claims = SERVING.load(told.profile)
    count, found = 0, 0
    while count < told.requests:
        some = drawn(claims, min(AT_A_TIME, told.requests - count), told.seed + count)
        count += sum(isinstance(step, Send) for case in some for step in case.steps)
        for fault in faults(claims, some):
            found += 1
            print(fault)
    print(f"{count:,} valid requests: {found} faults found by validity and the schema")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
