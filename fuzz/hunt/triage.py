"""Telling failures apart by cause: what a smallest case needs, and which finding explains a failure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fuzz.executor import Judgement
from fuzz.findings.finding import Finding
from fuzz.hunt.failures import Judge, Kind, kind_of, of_kind
from fuzz.hunt.plain import FEATURES
from fuzz.hunt.reducer import Smallest
from fuzz.hunt.scene import Scene, case_of, scene_of
from specs.case import Case, Put, Send, SendRaw
from specs.profile import Profile
from specs.violation import Violation

MANY_ELEMENTS = 16
PLAIN_OPERATION = "select"
PLAIN_DTYPE = "int32"


@dataclass(frozen=True, slots=True)
class Cause:
    """A kind of failure and the features without which the case passes."""

    kind: Kind
    operation: str
    needs: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        text = "\n".join((self.kind.requirement, self.kind.symptom, self.operation, *self.needs))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def cause_of(smallest: Smallest) -> Cause:
    """The cause that a smallest case shows."""
    kind = kind_of(smallest.violation)
    if smallest.scene is not None:
        return Cause(kind, smallest.scene.operation, tuple(scene_needs(smallest.scene)))
    return Cause(kind, "", tuple(request_needs(smallest.case)))


def scene_needs(scene: Scene) -> Iterator[str]:
    """The features that a scene has, by name."""
    if scene.dtype != PLAIN_DTYPE:
        yield scene.dtype
    if scene.shape is not None and len(scene.shape) > 1:
        yield f"rank {len(scene.shape)}"
    for name, simpler in FEATURES.items():
        if simpler(scene) is not None:
            yield name
    if scene.elements.size > MANY_ELEMENTS:
        yield f"more than {_below(scene.elements.size)} elements"


def _below(size: int) -> int:
    """The greatest power of four below a size."""
    power = MANY_ELEMENTS
    while power * 4 < size:
        power *= 4
    return power


def request_needs(case: Case) -> Iterator[str]:
    """What stands out in a case that is no scene: several requests, or the fields of the one at fault."""
    sends = [step for step in case.steps if isinstance(step, Send | SendRaw)]
    if len(sends) > 1:
        yield f"{len(sends)} requests"
    keys = [(step.bucket, step.key) for step in case.steps if isinstance(step, Put)]
    if len(set(keys)) < len(keys):
        yield "an overwritten object"


def explained_by(
    case: Case, judgement: Judgement, known: Iterable[Finding], judge: Judge, profile: Profile
) -> Finding | Case | None:
    """The finding that explains a failure; or the case rid of what known findings need, if it still fails; or None.

    A finding explains a failure of its kind that has all the features it needs and passes without any one of them.
    """
    failure = judgement.failures[0]
    kind = kind_of(failure)
    scene = scene_of(case, profile)
    rest: Case | None = None
    for finding in known:
        if kind_of(finding.violation) != kind:
            continue
        other = scene_of(finding.case, profile)
        if scene is None or other is None:
            if (scene is None) == (other is None) and tuple(request_needs(case)) == finding.needs:
                return finding
            continue
        verdict = _scene_explained(scene, other, case.property, kind, judge)
        if verdict is True:
            return finding
        if isinstance(verdict, Scene):
            scene, rest = verdict, case_of(verdict, case.property)
    return rest


def _scene_explained(scene: Scene, other: Scene, name: str, kind: Kind, judge: Judge) -> bool | Scene | None:
    """True where the other's cause is the scene's; the scene without it if it fails all the same; None if unlike."""
    needs = [need for need in scene_needs(other) if need in FEATURES]
    if any(FEATURES[need](scene) is None for need in needs):
        return None
    if other.operation != PLAIN_OPERATION and scene.operation != other.operation:
        return None
    if other.dtype != PLAIN_DTYPE and scene.dtype != other.dtype:
        return None
    if not needs and scene.dtype != other.dtype:
        return None
    for need in needs:
        plain = FEATURES[need](scene)
        if plain is not None and of_kind(judge(case_of(plain, name)), kind) is not None:
            return plain
    return True


def title_of(smallest: Smallest, cause: Cause) -> str:
    """One line that says what is wrong, and with what."""
    needs = [need for need in cause.needs if need not in ("shape", "size")]
    return f"{smallest.violation.title} · {', '.join(needs)}" if needs else smallest.violation.title


def name_of(cause: Cause) -> str:
    """A folder name: readable words, and the fingerprint that makes it its own."""
    words = (
        [cause.operation, cause.kind.requirement, *cause.needs[:3]]
        if cause.operation
        else [cause.kind.requirement, cause.kind.symptom]
    )
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:60].strip("-")
    return f"{slug}-{cause.fingerprint[:6]}"


def looks_like(case: Case, violation: Violation, finding: Finding, profile: Profile) -> bool:
    """Whether a failure has the kind of a finding and all the features it needs."""
    if kind_of(violation) != kind_of(finding.violation):
        return False
    scene, other = scene_of(case, profile), scene_of(finding.case, profile)
    if scene is None or other is None:
        return (scene is None) == (other is None)
    if other.operation not in (PLAIN_OPERATION, scene.operation) or other.dtype not in (PLAIN_DTYPE, scene.dtype):
        return False
    return all(FEATURES[need](scene) is not None for need in finding.needs if need in FEATURES)
