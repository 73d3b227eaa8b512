"""Say how to talk to the embedded object store, for people who write clients."""

from __future__ import annotations

import shlex
import sys

from fuzz.running.store import Store
from fuzz.subjects.objects.access import OWNER, SECOND

SCRIPT = (
    "import boto3; s3 = boto3.client('s3', endpoint_url='{url}'); s3.create_bucket(Bucket='example'); "
    "s3.put_object(Bucket='example', Key='greeting', Body=b'hello'); "
    "print(s3.get_object(Bucket='example', Key='greeting')['Body'].read())"
)


def example(url: str, store: Store, public_keys: bool) -> list[str]:
    """List where the store is, whose it is, and lines to copy; keys are shown only if they are public."""
    own = store.credentials[OWNER]
    keys = (own.access_key, own.secret) if public_keys else ("$ASFUZZ_ACCESS_KEY", "$ASFUZZ_SECRET_KEY")
    rows = [f"store        {url}  (path-style S3)"]
    if public_keys:
        rows.append(f"account      access key {own.access_key}, secret {own.secret}")
        other = store.credentials.get(SECOND)
        if other is not None:
            rows.append(f"another      access key {other.access_key}, secret {other.secret}")
    settings = (
        f"STORE_URL={url} AWS_ACCESS_KEY_ID={keys[0]} AWS_SECRET_ACCESS_KEY={keys[1]} AWS_DEFAULT_REGION=us-east-1"
    )
    return [
        *rows,
        "",
        "what the scripts of a finding read:",
        f"  export {settings}",
        "",
        "a bucket, and an object in it:",
        f'  {shlex.quote(sys.executable)} -c "{SCRIPT.format(url=url)}"',
    ]
