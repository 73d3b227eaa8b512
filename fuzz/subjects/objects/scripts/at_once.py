"""Write the repro.py of a finding about requests at the same time: send them so again and again.

What may come is what comes of the requests one after the other, in any order that keeps the order of each client's own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from math import factorial, prod
from typing import Any, Final

from fuzz.findings.finding import Finding
from fuzz.subjects.objects.scripts.due import KEYS, texts_of
from fuzz.subjects.objects.scripts.marked import Request, buckets, places, requests
from fuzz.subjects.objects.scripts.python_script import called, script_of, variable
from fuzz.subjects.objects.scripts.rightly import answers_of
from specs.case import Case
from specs.objects import steps
from specs.objects.model.judging import FIRST_BUCKETS
from specs.outcome import Outcome, Reply

TRIES: Final = 100
MOST_ORDERS: Final = 120
# Of these a script knows all that may come: each happens at one instant.
READS: Final = (steps.GetObject, steps.HeadObject, steps.ListObjects)
WRITES: Final = (steps.PutObject, steps.DeleteObject)
# Whether one of these is done or refused is not compared, but what comes of it.
ENDS: Final = (steps.CompleteUpload, steps.AbortUpload, steps.UploadPart)
_TOLD: Final = """
def told(came, kind):
    if kind == "any" or came.status_code >= 300:
        return "any" if kind == "any" else str(came.status_code // 100)
    if kind == "list":
        return " ".join(sorted(texts(came, "Contents", "Key")))
    if kind == "head":
        return came.headers.get("ETag")
    return hashlib.sha256(came.content).hexdigest()[:12] if kind == "get" else "done"

"""
Told = tuple[str, ...]


def script_at_once(finding: Finding) -> str | None:
    """Return the script; None where it cannot be said in a few orders what may come."""
    case = finding.case
    first = next((at for at, one in enumerate(case.steps) if one.lane), len(case.steps))
    end = max((at for at, one in enumerate(case.steps) if one.lane), default=0) + 1
    if not _can_be_said(case.steps[first:end], case.steps[end:]):
        return None
    allowed = {_told(case.steps[first:], answers) for answers in _answers(case, first, end)}
    sent = requests(case, answers_of(case.steps))
    before, beside, after = sent[:first], sent[first:end], sent[end:]
    lanes = sorted({one.step.lane for one in beside})
    if any(_asks_another(one, beside) for one in beside) or places(after):
        return None
    lines = [
        "def attempt():",
        *(f"    {line}" for line in _attempt(before, beside, after, lanes)),
        "",
        "",
        f"ALLOWED = {sorted(allowed)!r}",
        f"for _ in range({TRIES}):",
        "    came = attempt()",
        "    if came not in ALLOWED:",
        '        sys.exit(f"no order of the requests explains what came: {came}")',
        'print("each time some order of the requests explains what came")',
    ]
    return script_of(finding, "\n".join(lines), _TOLD, shown="")


def _attempt(
    before: Sequence[Request], beside: Sequence[Request], after: Sequence[Request], lanes: Sequence[int]
) -> Iterator[str]:
    """Yield the lines of one attempt, in buckets of its own."""
    named = buckets([one.step for one in (*before, *beside, *after)])
    for name in named:
        yield f'{variable(name)} = "repro-{name.lower()}-" + os.urandom(4).hex()'
    yield from (f"send('PUT', f'/{{{variable(name)}}}', due=2)" for name in named if name in FIRST_BUCKETS)
    for one in before:
        yield from called(one, f"came{one.number} = ")
    yield f"told_by, together = {{}}, threading.Barrier({len(lanes)})"
    for lane in lanes:
        yield ""
        yield f"def client_{lane}():"
        yield "    together.wait()"
        for one in (one for one in beside if one.step.lane == lane):
            yield from (f"    {line}" for line in called(one, f"came{one.number} = "))
            yield f"    told_by[{one.number}] = told(came{one.number}, {_kind(one.step)!r})"
    yield ""
    yield f"with ThreadPoolExecutor({len(lanes)}) as pool:"
    yield f"    list(pool.map(lambda one: one(), [{', '.join(f'client_{lane}' for lane in lanes)}]))"
    for one in after:
        yield from called(one, f"came{one.number} = ")
        yield f"told_by[{one.number}] = told(came{one.number}, {_kind(one.step)!r})"
    yield "return tuple(told_by[number] for number in sorted(told_by))"


def _asks_another(one: Request, beside: Sequence[Request]) -> bool:
    """Say whether a request needs what another client's request was told at the same time."""
    others = {str(other.number) for other in beside if other.step.lane != one.step.lane}
    return any(place.name in others for place in places([one]))


def _can_be_said(beside: Sequence[Any], after: Sequence[Any]) -> bool:
    """Say whether the requests are few, each of one instant, and none sent in an unusual way."""
    per_lane = Counter(one.lane for one in beside)
    orders = factorial(len(beside)) // prod(map(factorial, per_lane.values()))
    kinds = (*READS[:2], *WRITES, *ENDS)
    aborted = any(isinstance(one, steps.AbortUpload) for one in beside)
    return (
        1 <= orders <= MOST_ORDERS
        and all(isinstance(one, kinds) and not getattr(one, "leaves", -1) >= 0 for one in beside)
        and all(isinstance(one, READS) for one in after)
        and all(one.lane for one in beside)
        # Of a completion beside an abort both may be told to be done.
        and not (aborted and any(isinstance(one, steps.CompleteUpload) for one in beside))
    )


def _answers(case: Case, first: int, end: int) -> Iterator[tuple[Outcome, ...]]:
    """Yield the right answers in each order of the requests at the same time, in the order of the case."""
    for order in _orders([(at, case.steps[at].lane) for at in range(first, end)]):
        whole = [*range(first), *order, *range(end, len(case.steps))]
        came = answers_of([case.steps[at] for at in whole])
        by_place = dict(zip(whole, came, strict=True))
        yield tuple(by_place[at] for at in range(first, len(case.steps)))


def _orders(left: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield each order of places that keeps the order of each lane's own."""
    if not left:
        yield []
    for lane in dict.fromkeys(lane for _, lane in left):
        place = next(at for at, own in left if own == lane)
        yield from ([place, *rest] for rest in _orders([one for one in left if one[0] != place]))


def _kind(step: Any) -> str:
    if isinstance(step, READS):
        return {"GetObject": "get", "HeadObject": "head"}.get(type(step).__name__, "list")
    return "any" if isinstance(step, ENDS) else "done"


def _told(several: Sequence[Any], answers: Sequence[Outcome]) -> Told:
    return tuple(_told_of(step, came) for step, came in zip(several, answers, strict=True))


def _told_of(step: Any, came: Outcome) -> str:
    """Return what a script compares of an answer."""
    kind = _kind(step)
    if kind == "any":
        return kind
    if not isinstance(came, Reply) or came.status >= 300:
        return str(came.status // 100) if isinstance(came, Reply) else "none"
    if kind == "list":
        return " ".join(sorted(texts_of(came, KEYS[0])))
    if kind == "head":
        return came.header("etag") or ""
    return hashlib.sha256(came.body).hexdigest()[:12] if kind == "get" else "done"
