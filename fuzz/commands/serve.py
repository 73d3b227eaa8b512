"""Run the embedded server and store on their own, for people who write clients."""

from __future__ import annotations

import errno
import signal
import socket
from argparse import ArgumentParser, Namespace
from contextlib import AbstractContextManager, closing
from pathlib import Path

from fuzz.config import Settings
from fuzz.errors import CannotRun, UsageError
from fuzz.flags import EXIT_CODES, add_animal_flag, add_subject_flags, settings_of
from fuzz.subject import Serving

RUN = "serve"
MOST_PORT = 65535
# Known to everybody, and good for nothing but the store in memory. Real secrets hold such characters too.
OWNER, STRANGER = ("asfuzz", "not/a+secret:%2B="), ("stranger", "not-a-secret-either")
EXAMPLES = """\
examples:
  asfuzz serve                           free ports, which are printed, and a request to copy
  asfuzz serve --port 8080 --store-port 9000
  asfuzz serve --host 0.0.0.0 --advertise 10.0.0.2
      for clients on other machines, which know this one as 10.0.0.2
  asfuzz serve --subject objects --dir DIR --port 9000
      the object store, with what it kept in DIR
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: the address to listen at."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port of the server (default: a free one)")
    parser.add_argument("--store-port", type=int, default=0, help="port of the store (default: a free one)")
    parser.add_argument(
        "--store", metavar="URL|memory|moto", help="the store with the example object (default: memory)"
    )
    parser.add_argument("--advertise", metavar="HOST", help="this machine's name, for clients on another machine")
    parser.add_argument("--dir", type=Path, help="where the server keeps what it has, for servers that keep anything")
    add_animal_flag(parser)
    add_subject_flags(parser)
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
    from fuzz.running.store import Credentials, StoreSettings
    from fuzz.running.targets import open_store_for, subject_under_test

    _check_free(arguments.host, arguments.port)
    own = StoreSettings(owner=Credentials(*OWNER), stranger=Credentials(*STRANGER), port=arguments.store_port, run=RUN)
    serving = subject_under_test(settings).serving
    with (
        closing(open_store_for(settings, own)) as store,
        _started(serving, settings, arguments) as started,
    ):
        url = started.replace("//0.0.0.0:", f"//{settings.advertise or '127.0.0.1'}:")
        told = serving.example(url, store, "://" not in settings.store)
        print("\n".join([*told, "", "Ctrl-C stops both."]), flush=True)
        while True:
            signal.pause()


def _started(serving: Serving, settings: Settings, arguments: Namespace) -> AbstractContextManager[str]:
    """Return the server, not yet started; raises UsageError."""
    if arguments.dir is None:
        return serving.start(settings.animals, arguments.host, arguments.port)
    if serving.start_in is None:
        raise UsageError(f"--dir {arguments.dir}: {serving.own_name} keeps nothing; --subject objects does")
    return serving.start_in(arguments.dir, settings.animals, arguments.host, arguments.port)


def _check_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        elsewhere = error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror)
        advice = "Choose a --host that is an address of this machine" if elsewhere else "Choose another --port"
        raise CannotRun(f"cannot listen on {host}:{port}: {error.strerror}. {advice}") from error
