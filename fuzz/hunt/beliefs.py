"""What is taken for a known finding without asking the server."""

from __future__ import annotations

from dataclasses import dataclass

from fuzz.findings.finding import Finding
from fuzz.hunt.codecs import codec_needed
from fuzz.hunt.explaining import looks_like
from fuzz.hunt.failures import Kind, family_of, is_silence, kind_of, says_the_same
from fuzz.hunt.memory import Memory
from fuzz.hunt.scene import Scene, scene_of
from fuzz.hunt.triage import CHANCE, Cause, cause_of_request, of_any_codec
from specs.case import Case
from specs.profile import Profile
from specs.violation import Violation

# How often a finding is confirmed before a failure that looks like it may be believed to be it,
# and the share of all requests that goes into telling known findings apart before it is.
CONFIRMATIONS = 5
KNOWN_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What failures look like, to somebody who knows the findings."""

    memory: Memory
    profile: Profile

    def believed(self, single: Case, violation: Violation, spent: float) -> Finding | None:
        """A finding that a failure looks like, where asking the server would cost more than it is worth.

        `spent` is the share of the requests that went into telling known findings apart.
        """
        kind = kind_of(violation)
        scene = scene_of(single, self.profile)
        if scene is None:
            same_text = (one for one in self.memory.findings() if says_the_same(one.violation, violation))
            cause = cause_of_request(kind, single)
            same = (cause, of_any_codec(cause, codec_needed(single, kind)))
            found = next(filter(None, (self.memory.of_fingerprint(one.fingerprint) for one in same)), None)
            return found or next(same_text, None) or self._partly(kind)
        hangs = is_silence(kind)
        if not hangs and spent < KNOWN_SHARE:
            return None
        for known in self.memory.scenes():
            name = known.finding.id
            enough = hangs or spent > 2 * KNOWN_SHARE or self.memory.seen(name) >= CONFIRMATIONS
            if enough and kind in self.memory.symptoms(name) and looks_like(scene, known):
                return known.finding
        return None

    def is_chance(self, kind: Kind, spent: float) -> Finding | None:
        """The finding about what comes and goes, where asking again what a failure takes has cost enough."""
        if spent < 2 * KNOWN_SHARE:
            return None
        return self.memory.of_fingerprint(Cause(kind, (CHANCE,)).fingerprint)

    def keeps_state(self, kind: Kind, spent: float) -> Finding | None:
        """The finding that answers hang on what was asked before, where a failure may be that and asking costs."""
        found = self.memory.about_several()
        if found is None or spent < KNOWN_SHARE or family_of(kind) != family_of(kind_of(found.violation)):
            return None
        return found

    def _partly(self, kind: Kind) -> Finding | None:
        """Where several rules are broken at once: a finding about one of them."""
        if len(kind.parts) < 2:
            return None
        for finding in self.memory.findings():
            other = kind_of(finding.violation)
            if other.narrows(kind) and not kind.narrows(other):
                return finding
        return None

    def strays(self, first: Scene, scene: Scene, kind: Kind) -> bool:
        """Whether a scene looks like a known finding that the first did not look like."""
        return any(
            kind in self.memory.symptoms(known.finding.id) and looks_like(scene, known) and not looks_like(first, known)
            for known in self.memory.scenes()
        )
