"""Judge a transcript of object-store steps: against the model, and for secrets given away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specs.objects.content import MUCH_BYTES
from specs.objects.model import judging
from specs.objects.profile import Profile
from specs.objects.steps import GetObject
from specs.outcome import Reply, Transcript
from specs.violation import Aspect, Violation, Way

# Shorter texts may stand anywhere by chance.
LEAST_SECRET = 8


def violations(
    transcript: Transcript, _due: Sequence[object], profile: Profile, secrets: tuple[str, ...]
) -> list[Violation]:
    """List what is wrong with the answers of a case."""
    found = list(judging.violations(transcript.case, transcript.outcomes, profile))
    return [*found, *_disclosures(transcript, secrets)]


def _disclosures(transcript: Transcript, secrets: tuple[str, ...]) -> Iterator[Violation]:
    """List answers that hold a secret."""
    long = [secret.encode() for secret in secrets if len(secret) >= LEAST_SECRET]
    for number, outcome in enumerate(transcript.outcomes):
        if not isinstance(outcome, Reply) or _is_content(transcript.case.steps[number], outcome):
            continue
        if any(secret in outcome.body for secret in long):
            yield Violation(
                "discloses-nothing",
                "an answer holds a secret key",
                "no secret",
                "a secret",
                way=Way.DISCLOSES,
                aspect=Aspect.SECRET,
                status=outcome.status,
                step=number,
            )


def _is_content(step: object, reply: Reply) -> bool:
    """Say whether an answer is much content of an object, which is compared with what was put."""
    return isinstance(step, GetObject) and reply.status in (200, 206) and len(reply.body) > MUCH_BYTES
