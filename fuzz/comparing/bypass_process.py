"""Several clients that bypass the server, in a process: a line of JSON on its standard input is a block of requests.

It ends with its standard input. The first line says where the store is, and with which keys, which so stand on no
command line.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from fuzz.comparing.bypass import Reduced, client, fetched_and_reduced
from fuzz.comparing.questions import TimedQuestion

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Timed = tuple[float, float, Reduced | str]


def main() -> int:
    """Answer block after block until standard input ends."""
    from fuzz.running.store.protocol import Credentials

    said = json.loads(sys.stdin.readline())
    whose = Credentials(said["access_key"], said["secret"])
    fetching = client(said["url"], whose, said["region"], said["verify_tls"])
    for line in sys.stdin:
        print(json.dumps(_block(fetching, json.loads(line))), flush=True)
    return 0


def _block(fetching: S3Client, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Times of begin and end in seconds of the machine's one clock, and the results, each told once."""
    question = TimedQuestion(**asked["question"])

    def once(_: int) -> Timed:
        begun = time.monotonic()
        result = _tried(lambda: fetched_and_reduced(fetching, asked["bucket"], asked["key"], question))
        return begun, time.monotonic(), result

    with ThreadPoolExecutor(asked["threads"]) as pool:
        timed = list(pool.map(once, range(asked["requests"])))
    results = list(dict.fromkeys(result for _, _, result in timed))
    return {
        "timed": [(begun, ended, results.index(result)) for begun, ended, result in timed],
        "results": [one if isinstance(one, str) else _told(one) for one in results],
    }


def _told(one: Reduced) -> Mapping[str, Any]:
    return {"dtype": one.dtype, "shape": one.shape, "count": one.count, "data": one.data.hex()}


def _tried(fetch: Callable[[], Reduced]) -> Reduced | str:
    try:
        return fetch()
    except Exception as error:  # noqa: BLE001  (boto3 raises many types; whichever it is, the other process tells it)
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main())
