"""Run the embedded server and store on their own, for people who write clients."""

from __future__ import annotations

import errno
import json
import shlex
import signal
import socket
import struct
import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing
from typing import TYPE_CHECKING

from fuzz.config import Settings
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import EXIT_CODES, add_animal_flag, settings_of

if TYPE_CHECKING:
    from fuzz.running.store import Store

EXAMPLE_KEY = "example"
RUN = "serve"
MOST_PORT = 65535
SHOW_CBOR = "import cbor2, sys; print(cbor2.load(sys.stdin.buffer))"
# Known to everybody, and good for nothing but the store in this process. Real secrets hold such characters too.
OWNER, STRANGER = ("asfuzz", "not/a+secret:%2B="), ("stranger", "not-a-secret-either")
EXAMPLES = """\
examples:
  asfuzz serve                           free ports, which are printed, and a request to copy
  asfuzz serve --port 8080 --store-port 9000
  asfuzz serve --host 0.0.0.0 --advertise 10.0.0.2
      for clients on other machines, which know this one as 10.0.0.2
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Where to listen."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port of the server (default: a free one)")
    parser.add_argument("--store-port", type=int, default=0, help="port of the store (default: a free one)")
    parser.add_argument(
        "--store", metavar="URL|memory|moto", help="the store with the example object (default: memory)"
    )
    parser.add_argument("--advertise", metavar="HOST", help="this machine's name, for clients on another machine")
    add_animal_flag(parser)
    parser.epilog = f"{EXAMPLES}\n{EXIT_CODES}"


def main(arguments: Namespace) -> int:
    """Serve until Ctrl-C."""
    for name in ("port", "store_port"):
        if not 0 <= getattr(arguments, name) <= MOST_PORT:
            raise UsageError(f"--{name.replace('_', '-')} {getattr(arguments, name)} is no port; 0 finds a free one")
    try:
        _serve(settings_of(arguments), arguments)
    except KeyboardInterrupt:
        print("\nstopped")
    return 0


def _serve(settings: Settings, arguments: Namespace) -> None:
    from fuzz.embedded.processes import ReferenceServerError
    from fuzz.running.store import Credentials, StoreSettings
    from fuzz.running.targets import open_store_for
    from fuzz.subjects.reductions.processes import start_reference_server
    from fuzz.subjects.reductions.serving import animal_classes

    _check_free(arguments.host, arguments.port)
    own = StoreSettings(owner=Credentials(*OWNER), stranger=Credentials(*STRANGER), port=arguments.store_port, run=RUN)
    animals = animal_classes(settings.animals)
    try:
        with (
            closing(open_store_for(settings, own)) as store,
            start_reference_server(animals, host=arguments.host, port=arguments.port) as server,
        ):
            for bucket in ("private", "public"):
                store.put(bucket, EXAMPLE_KEY, struct.pack("<12i", *range(12)))
            url = server.url.replace("//0.0.0.0:", f"//{settings.advertise or '127.0.0.1'}:")
            print("\n".join(announcement(url, store, public_keys="://" not in settings.store)), flush=True)
            while True:
                signal.pause()
    except ReferenceServerError as error:
        raise CannotRun(str(error)) from error


def _check_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        elsewhere = error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror)
        advice = "Choose a --host that is an address of this machine" if elsewhere else "Choose another --port"
        raise CannotRun(f"cannot listen on {host}:{port}: {error.strerror}. {advice}") from error


def announcement(url: str, store: Store, *, public_keys: bool) -> list[str]:
    """Where everything is, and two requests to copy; keys are shown only if they are everybody's."""
    owner = ":".join(OWNER) if public_keys else '"$ASFUZZ_ACCESS_KEY:$ASFUZZ_SECRET_KEY"'
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
            f"owner        access key {OWNER[0]}, secret {OWNER[1]}",
            f"stranger     access key {STRANGER[0]}, secret {STRANGER[1]}  (may not read {store.buckets['private']})",
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
        "",
        "Ctrl-C stops both.",
    ]


def _settings(url: str, store: Store, public_keys: bool) -> dict[str, str]:
    """What a finding's scripts read from the environment, as words of a shell."""
    keys = OWNER if public_keys else ('"$ASFUZZ_ACCESS_KEY"', '"$ASFUZZ_SECRET_KEY"')
    strangers = {"STRANGER_ACCESS_KEY": STRANGER[0], "STRANGER_SECRET": STRANGER[1]} if public_keys else {}
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
