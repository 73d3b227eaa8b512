"""Add the flags that several commands share. Flags hold text; config reads and checks it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _ArgumentGroup
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _ArgumentGroup

    from fuzz.config import Settings

EXIT_CODES = """\
exit codes:
  0  clean: everything asked was answered rightly, or failed in a known way only
  1  findings
  2  the command line, a configuration file or the environment makes no sense
  3  the suite, the store or the target could not run
  130  interrupted by Ctrl-C or SIGTERM; what was found until then is told and kept
"""
BROKEN = "break the embedded server on purpose, in a way of the zoo (see asfuzz zoo --list)"
CREDENTIALS = """\
credentials of the store (never on the command line, never printed, never saved):
  ASFUZZ_ACCESS_KEY and ASFUZZ_SECRET_KEY, else --aws-profile NAME, else AWS_ACCESS_KEY_ID and
  AWS_SECRET_ACCESS_KEY, else AWS_PROFILE. The memory store and moto make up their own.
  ASFUZZ_STRANGER_ACCESS_KEY and ASFUZZ_STRANGER_SECRET_KEY: a second user, who may not read the bucket.

configuration, each stronger than the one before:
  asfuzz.toml in the current folder (or --config FILE), with the flags' names: max_findings = 3
  environment variables: ASFUZZ_MAX_FINDINGS=3
  flags
"""


def add_target_flags(parser: ArgumentParser) -> None:
    """Add flags for the server under test, and for the store that it reads from."""
    group = parser.add_argument_group("target and store")
    add_subject_flags(group)
    server = group.add_mutually_exclusive_group()
    server.add_argument("--target", metavar="URL", help="server under test (default: the embedded reference server)")
    server.add_argument(
        "--launch",
        metavar="COMMAND",
        help="start the server, and again when it dies: 'my-server --port {port}'; {store} is the store's URL",
    )
    add_store_flags(group)


def add_subject_flags(group: ArgumentParser | _ArgumentGroup) -> None:
    """Add flags for the API under test, and for modules that bring further ones."""
    group.add_argument("--subject", metavar="NAME", help="the API under test (default: reductions)")
    add_load_flag(group)


def add_load_flag(parser: ArgumentParser | _ArgumentGroup) -> None:
    """Add the flag for modules that bring the subjects that findings are about."""
    parser.add_argument(
        "--load", metavar="MODULE", nargs="+", action="extend", help="modules with subjects or extensions of one"
    )


def add_store_flags(group: _ArgumentGroup) -> None:
    """Add flags for the server's profile, for the store, and for how both are reached."""
    group.add_argument("--profile", metavar="NAME|FILE", help="what the server claims: a shipped profile, or a file")
    group.add_argument("--store", metavar="URL|memory|moto", help="store that objects are put into (default: memory)")
    group.add_argument(
        "--plain-store", metavar="URL", help="a web server with the store's objects, for http and https with passwords"
    )
    group.add_argument("--advertise", metavar="HOST", help="this machine's name, for a target on another machine")
    group.add_argument("--region", help="the store's region (default: us-east-1)")
    group.add_argument("--aws-profile", metavar="NAME", help="the AWS profile with the store's credentials")
    group.add_argument("--ca-cert", metavar="FILE", help="certificates to trust, for https")
    group.add_argument("--timeout", metavar="S", help="how long a request may take (default: 10)")


def add_animal_flag(parser: ArgumentParser | _ArgumentGroup) -> None:
    """Add the flag that breaks the embedded server in ways of the zoo."""
    parser.add_argument("--animal", "--animals", dest="animals", metavar="ID", nargs="+", action="extend", help=BROKEN)


def add_config_flag(parser: ArgumentParser) -> None:
    """Add the flag for the configuration file."""
    parser.add_argument("--config", metavar="FILE", type=Path, help="configuration file (default: asfuzz.toml)")


def settings_of(arguments: Namespace) -> Settings:
    """Return the settings that flags, environment and file make together."""
    from fuzz.config import OPTIONS, read_settings, share_modules

    given = {name: value for name, value in vars(arguments).items() if name in OPTIONS}
    settings = read_settings(given, config=getattr(arguments, "config", None))
    share_modules(settings.load)
    return settings


def subject_of(arguments: Namespace) -> str:
    """Return the name of the subject that is asked for; other flags are not looked at."""
    return settings_of(Namespace(subject=arguments.subject, load=arguments.load)).subject


def told_by(arguments: Namespace) -> frozenset[str]:
    """Return the names of the settings that the command line gives."""
    from fuzz.config import OPTIONS

    return frozenset(name for name, value in vars(arguments).items() if name in OPTIONS and value is not None)
