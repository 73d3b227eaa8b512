"""Put an example object into the store, and show requests about it for people who write clients."""

from __future__ import annotations

import json
import shlex
import struct
import sys

from fuzz.running.store import Credentials, Store

EXAMPLE_KEY = "example"
SHOW_CBOR = "import cbor2, sys; print(cbor2.load(sys.stdin.buffer))"


def example(url: str, store: Store, public_keys: bool) -> list[str]:
    """Put the example into both buckets, and list where everything is and two requests to copy."""
    for bucket in ("private", "public"):
        store.put(bucket, EXAMPLE_KEY, struct.pack("<12i", *range(12)))
    return announcement(url, store, public_keys=public_keys)


def announcement(url: str, store: Store, *, public_keys: bool) -> list[str]:
    """Say where everything is, and list two requests to copy; keys are shown only if they are public."""
    own, others = _keys(store)
    owner = f"{own.access_key}:{own.secret}" if public_keys else '"$ASFUZZ_ACCESS_KEY:$ASFUZZ_SECRET_KEY"'
    body: dict[str, object] = {"dtype": "int32", "shape": [3, 4], "axis": 0}
    v2 = {"interface_type": "s3", "url": store.url("private", EXAMPLE_KEY, "s3"), **body}
    v1 = {"source": store.s3_url, "bucket": store.buckets["private"], "object": EXAMPLE_KEY, **body}
    rows = [
        f"server       {url}  (/v2/OPERATION/ and /v1/OPERATION/)",
        f"store        {store.s3_url}  (path-style S3{f'; plain reads at {store.http_url}' if store.http_url else ''})",
        f"buckets      {store.buckets['private']}, and {store.buckets['public']} for everybody to read",
        f"example      {EXAMPLE_KEY} in both: int32, little endian, 0 to 11, shape [3, 4]",
    ]
    if public_keys:
        rows += [
            f"owner        access key {own.access_key}, secret {own.secret}",
            f"stranger     access key {others.access_key}, secret {others.secret}  "
            f"(may not read {store.buckets['private']})",
        ]
    return [
        *rows,
        "",
        "sums of the columns, version 2:",
        *_curl(url, "/v2/sum/", owner, v2, f"{shlex.quote(sys.executable)} -c '{SHOW_CBOR}'"),
        "",
        "and version 1:",
        *_curl(url, "/v1/sum/", owner, v1, "od -A n -t d4"),
        "",
        "for the scripts of a finding, repro.py and curl.sh:",
        f"  export {' '.join(f'{name}={value}' for name, value in _settings(url, store, public_keys).items())}",
    ]


def _keys(store: Store) -> tuple[Credentials, Credentials]:
    """Return the keys of the owner and of the stranger, if the store has one."""
    owner = store.credentials["owner"]
    return owner, store.credentials.get("stranger", owner)


def _settings(url: str, store: Store, public_keys: bool) -> dict[str, str]:
    """Return the variables that a finding's scripts read, as words of a shell."""
    own, others = _keys(store)
    keys = (own.access_key, own.secret) if public_keys else ('"$ASFUZZ_ACCESS_KEY"', '"$ASFUZZ_SECRET_KEY"')
    strangers = {"STRANGER_ACCESS_KEY": others.access_key, "STRANGER_SECRET": others.secret} if public_keys else {}
    return {
        "SERVER_URL": url,
        "STORE_URL": store.s3_url,
        **({"HTTP_URL": store.http_url} if store.http_url else {}),
        "AWS_ACCESS_KEY_ID": keys[0],
        "AWS_SECRET_ACCESS_KEY": keys[1],
        **strangers,
        "BUCKET": store.buckets["private"],
        "PUBLIC_BUCKET": store.buckets["public"],
    }


def _curl(url: str, path: str, owner: str, body: dict[str, object], reader: str) -> list[str]:
    return [
        f"  curl -s -u {owner} -H 'Content-Type: application/json' \\",
        f"    -d '{json.dumps(body)}' \\",
        f"    {url}{path} | {reader}",
    ]
