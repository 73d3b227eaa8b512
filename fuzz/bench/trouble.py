"""Measure how much requests that panic, hang, eat memory or end the server slow a hunt."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fuzz.errors import UsageError
from fuzz.flags import add_config_flag, add_target_flags, settings_of

if TYPE_CHECKING:
    from fuzz.config import Settings
    from fuzz.events import RunEnded
    from specs.reductions.profile import Profile

SEED = 1
LISTS = ("dtypes", "orders", "compressions", "filters", "missing_kinds", "options", "interfaces")
EXAMPLES = """\
examples:
  asfuzz bench trouble --seconds 30
      the embedded server as it is, then such that it panics, hangs, eats memory or ends on one request in ten
  asfuzz bench trouble --launch 'reductionist --host 127.0.0.1 --port {port}' --profile reductionist \\
      --without float32 float64 blosc2 shuffle shuffle_simd http --only reduction
      a server that gives trouble of its own, beside the same one asked for nothing of what gives it

Time in which no answer comes counts as time of the hunt. A share of 1.00 is no slower than the first row.
"""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the flags: how long, which properties, against which server."""
    parser.add_argument("--seconds", default="30", metavar="N", help="of each hunt (default: 30)")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"of each hunt (default: {SEED})")
    parser.add_argument("--only", nargs="+", action="extend", metavar="PROPERTY", help="these properties only")
    parser.add_argument(
        "--without", nargs="+", default=(), metavar="VALUE", help="what the quiet hunt leaves out of the profile"
    )
    add_target_flags(parser)
    add_config_flag(parser)
    parser.epilog = EXAMPLES


@dataclass(frozen=True, slots=True)
class TroubledHunt:
    """One hunt: what was asked, and how fast."""

    name: str
    settings: Settings
    profile: Profile


def main(arguments: Namespace) -> int:
    """Hunt without trouble, then with each kind of it; print how fast."""
    settings = settings_of(arguments)
    if not settings.embedded and not arguments.without:
        raise UsageError("--without: say what gives trouble, such as float64 or blosc2")
    print(
        f"{'hunt':<22} {'requests':>8} {'a second':>8} {'share':>6} {'findings':>8} {'re-finding':>10} {'shrinking':>9}"
    )
    first: float | None = None
    for row in _rows(settings, tuple(arguments.without)):
        ended = _hunt(row)
        rate = ended.checked_requests / ended.seconds
        first = first or rate
        print(
            f"{row.name:<22} {ended.checked_requests:>8,} {rate:>8.0f} {rate / first:>6.2f} "
            f"{ended.findings + ended.known:>8} {ended.known_causes_seconds / ended.seconds:>10.0%} "
            f"{ended.shrinking_seconds / ended.seconds:>9.0%}",
            flush=True,
        )
    return 0


def _rows(settings: Settings, without: tuple[str, ...]) -> Iterator[TroubledHunt]:
    """Yield the hunts to run; the one to compare with comes first."""
    from fuzz.bench.troublesome import TROUBLES
    from fuzz.running.targets import resolve_profile
    from specs.reductions import profile as profiles

    if not settings.embedded:
        profile = resolve_profile(settings)
        yield TroubledHunt("without trouble", settings, narrowed(profile, without))
        yield TroubledHunt("with all its trouble", settings, profile)
        return
    for name in ("none", *(one.__name__ for one in TROUBLES)):
        launch = f"{sys.executable} -m fuzz.bench.troublesome {name} --port {{port}}"
        yield TroubledHunt(name, replace(settings, launch=launch, profile="reference"), profiles.load("reference"))


def narrowed(profile: Profile, without: tuple[str, ...]) -> Profile:
    """Return the profile without some of its values; raises UsageError for values that it does not have."""
    held = {value for name in LISTS for value in getattr(profile, name)}
    strange = [value for value in without if value not in held]
    if strange:
        raise UsageError(
            f"--without {strange[0]}: profile {profile.name} does not have it; it has {', '.join(sorted(held))}"
        )
    left: dict[str, Any] = {name: tuple(one for one in getattr(profile, name) if one not in without) for name in LISTS}
    return replace(profile, **left)


def _hunt(row: TroubledHunt) -> RunEnded:
    from fuzz.hunt.campaign import Plan, hunt
    from fuzz.running.targets import open_target

    with tempfile.TemporaryDirectory() as folder, open_target(row.settings) as target:
        plan = Plan(
            row.profile, row.settings.seed or 0, row.settings.seconds, None, row.settings.only, Path(folder), None, 1
        )
        return hunt(plan, replace(target, profile=row.profile), lambda _: None)
