"""Reads the one kind of bucket policy that the store in memory knows: everybody may read."""

import json
from typing import Any

from fuzz.embedded.s3_errors import S3Error

EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})


def lets_everybody_read(policy: bytes) -> bool:
    """Whether a policy allows anonymous reads; raises S3Error for any that says something else."""
    try:
        document = json.loads(policy)
        statements = document["Statement"]
        found = [_is_read_by_everybody(one) for one in ([statements] if isinstance(statements, dict) else statements)]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise S3Error("MalformedPolicy") from None
    if not found or not all(found):
        raise S3Error("NotImplemented", "Of policies, only one that lets everybody read a bucket is implemented.")
    return True


def _is_read_by_everybody(statement: dict[str, Any]) -> bool:
    actions = statement["Action"]
    named = [actions] if isinstance(actions, str) else list(actions)
    return (
        statement["Effect"] == "Allow"
        and statement["Principal"] in EVERYBODY
        and "s3:GetObject" in named
        and set(named) <= {"s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"}
        and "Condition" not in statement
    )
