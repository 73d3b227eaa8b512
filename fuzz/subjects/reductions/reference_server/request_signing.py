"""AWS signature version 4 for GET requests without a body."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from fuzz.subjects.reductions.reference_server.reduction import StoreCredentials

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
REGION = "us-east-1"


def signed_headers(
    path: str, headers: Mapping[str, str], credentials: StoreCredentials, now: datetime
) -> dict[str, str]:
    """Return the headers of a GET, all lower-case, with those that sign it."""
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
    signed = {**headers, "x-amz-content-sha256": EMPTY_SHA256, "x-amz-date": moment}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = f"GET\n{path}\n\n{lines}\n{names}\n{EMPTY_SHA256}"
    digest = hashlib.sha256(canonical.encode("ascii")).hexdigest()
    signature = keyed_hash(
        signing_key(credentials.secret, scope), f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    ).hex()
    signed["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return signed


@lru_cache(maxsize=64)
def signing_key(secret: bytes, scope: str) -> bytes:
    """Return the key for one day, region and service."""
    key = b"AWS4" + secret
    for part in scope.split("/"):
        key = keyed_hash(key, part)
    return key


def keyed_hash(key: bytes, text: str) -> bytes:
    """Return the HMAC-SHA256 of a text."""
    return hmac.digest(key, text.encode("ascii"), "sha256")
