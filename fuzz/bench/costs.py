"""Sum up what findings cost: requests for each new one, and the share of what is known already."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fuzz.events import RunEnded


@dataclass(frozen=True, slots=True)
class Costs:
    """The requests that each new finding of a hunt took, and where all requests and the time went."""

    new: tuple[int, ...]
    ended: RunEnded


def cost_lines(costs: Sequence[Costs]) -> Iterator[str]:
    """Yield the costs of several hunts together, and the hunt in which known causes cost most."""
    told = sorted(one for each in costs for one in each.new if one)
    findings = sum(len(each.new) for each in costs)
    if told:
        yield (
            f"requests for each new finding: median {statistics.median(told):g}, "
            f"95th percentile {percentile(told, 0.95)}, most {told[-1]} (told by {len(told)} of {findings})"
        )
    sent = sum(each.ended.sent_requests for each in costs)
    seconds = sum(each.ended.seconds for each in costs)
    if not sent or not seconds:
        return
    known = (
        sum(each.ended.known_causes_requests for each in costs),
        sum(each.ended.known_causes_seconds for each in costs),
    )
    new = sum(each.ended.shrinking_requests for each in costs), sum(each.ended.shrinking_seconds for each in costs)
    for what, (requests, spent) in (("known causes", known), ("new findings", new)):
        yield f"{what} took {requests / sent:.1%} of {sent} requests, {spent / seconds:.1%} of {seconds:.0f} seconds"
    most = max(_known_share(each.ended) for each in costs)
    yield f"known causes took at most {most:.1%} of the requests of a hunt"


def percentile(ordered: Sequence[int], share: float) -> int:
    """Return the least of some ordered numbers that a share of them does not exceed."""
    return ordered[math.ceil(share * len(ordered)) - 1]


def _known_share(ended: RunEnded) -> float:
    return ended.known_causes_requests / max(1, ended.sent_requests)
