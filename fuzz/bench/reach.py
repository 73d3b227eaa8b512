"""Measure which values of the features of requests, and which pairs of them, the strategies draw."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from fuzz.hunt.rounds import turn
from fuzz.subject import Cases
from fuzz.subjects.reductions.domains import domains, excluded
from fuzz.subjects.reductions.features import case_features
from fuzz.subjects.reductions.serving import SERVING
from specs.case import Case
from specs.reductions.profile import Profile
from specs.reductions.steps import Send
from strategies.reductions import cases

# One in so many cases is spelled unusually.
SPELLED = 20


@dataclass(frozen=True, slots=True)
class Reach:
    """The number of times that values and pairs of values were drawn, and those that never were."""

    requests: int
    values: Counter[tuple[str, str]]
    pairs: Counter[tuple[tuple[str, str], tuple[str, str]]]
    missing_values: tuple[tuple[str, str], ...]
    missing_pairs: tuple[tuple[tuple[str, str], tuple[str, str]], ...]
    unexpected: tuple[tuple[str, str], ...]


def reach(claims: Profile, some: Iterable[Case]) -> Reach:
    """Count what some cases reach of a profile's features."""
    values: Counter[tuple[str, str]] = Counter()
    pairs: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
    count = 0
    for case in some:
        for _, found in case_features(case, claims.native_byte_order):
            items = sorted(found.items())
            values.update(items)
            pairs.update(combinations(items, 2))
            count += 1
    every = domains(claims)
    named = sorted((name, value) for name, domain in every.items() for value in domain)
    wanted = [(a, b) for a, b in combinations(named, 2) if a[0] != b[0] and not excluded(a, b)]
    return Reach(
        requests=count,
        values=values,
        pairs=pairs,
        missing_values=tuple(one for one in named if one not in values),
        missing_pairs=tuple(pair for pair in wanted if pair not in pairs),
        unexpected=tuple(sorted(one for one in values if one not in set(named))),
    )


def drawn(claims: Profile, requests: int, seed: int = 0, *, by_hypothesis: bool = False) -> list[Case]:
    """Draw cases of at least that many requests, as hunts or as pytest does; a few more are spelled unusually."""
    found: list[Case] = []
    usual, spelled = cases.reductions(claims), cases.spellings(claims)
    plain, odd = (usual.strategy, spelled.strategy) if by_hypothesis else (usual, spelled)
    while (lacking := requests - sum(_requests(case) for case in found)) > 0:
        found += _examples(plain, lacking // 11 + 1, seed + len(found))
    return found + _examples(odd, requests // SPELLED, seed)


def _requests(case: Case) -> int:
    return sum(isinstance(step, Send) for step in case.steps)


def _examples(drawing: Cases, count: int, seed: int) -> list[Case]:
    found: list[Case] = []
    turn(drawing, seed, count, found.append)
    return found


def table(result: Reach) -> str:
    """Return the report as text: each value with its share, then what was never drawn."""
    lines = [f"{result.requests} requests"]
    names = sorted({name for name, _ in result.values})
    for name in names:
        told = [(value, count) for (feature, value), count in result.values.most_common() if feature == name]
        shares = "  ".join(f"{value} {100 * count / result.requests:.1f}%" for value, count in told)
        lines.append(f"  {name:18} {shares}")
    lines += [f"never drawn: {name} = {value}" for name, value in result.missing_values]
    lines += [f"never together: {a} = {x}, {b} = {y}" for (a, x), (b, y) in result.missing_pairs]
    lines += [f"not foreseen: {name} = {value}" for name, value in result.unexpected]
    rare = [(pair, count) for pair, count in result.pairs.most_common()[::-1] if not excluded(*pair)]
    lines += [f"rarest together: {a} = {x}, {b} = {y}: {count}" for ((a, x), (b, y)), count in rare[:5]]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz.bench.reach", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--profile", default="reference")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--by-hypothesis", action="store_true", help="draw as pytest does, not as hunts do")
    told = parser.parse_args()
    claims = SERVING.load(told.profile)
    result = reach(claims, drawn(claims, told.requests, told.seed, by_hypothesis=told.by_hypothesis))
    print(table(result))
    return 1 if result.missing_values or result.missing_pairs or result.unexpected else 0


if __name__ == "__main__":
    raise SystemExit(main())
