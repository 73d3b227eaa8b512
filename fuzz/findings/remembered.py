"""The settings of a run as findings remember them, and the settings of a later command that acts on that."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from fuzz.config import AUTO, DEFAULT_SUBJECT, Settings
from fuzz.errors import UsageError
from fuzz.findings.origin import Origin
from fuzz.findings.scrubbing import MASK

# Whoever names one of these on the command line says which server is meant.
SERVER = ("target", "launch", "animals")
_USUAL = Settings()


def origin_of(settings: Settings) -> Origin:
    """Return what a finding made under these settings remembers; settings with their usual values are left out."""
    return Origin(
        target=settings.target or "",
        launch=settings.launch or "",
        animals=settings.animals,
        profile="" if settings.profile == AUTO else settings.profile,
        store="" if settings.store == _USUAL.store else settings.store,
        plain_store=settings.plain_store or "",
        advertise=settings.advertise or "",
        region="" if settings.region == _USUAL.region else settings.region,
        aws_profile=settings.aws_profile or "",
        ca_cert=str(settings.ca_cert or ""),
        seed=settings.seed,
        subject="" if settings.subject == DEFAULT_SUBJECT else settings.subject,
    )


def as_found(origin: Origin, settings: Settings, told: Collection[str]) -> Settings:
    """Return the settings under which a finding was made; those named in `told` are the command line's."""
    changes: dict[str, Any] = {}
    if not set(told) & set(SERVER):
        if MASK in origin.launch:
            raise UsageError("the launch line held a secret, which is not saved with a finding: give it by --launch")
        changes |= {"target": origin.target or None, "launch": origin.launch or None, "animals": origin.animals}
    texts: dict[str, Any] = {
        "subject": origin.subject,
        "profile": origin.profile,
        "store": origin.store,
        "plain_store": origin.plain_store,
        "advertise": origin.advertise,
        "region": origin.region,
        "aws_profile": origin.aws_profile,
        "ca_cert": Path(origin.ca_cert) if origin.ca_cert else None,
    }
    changes |= {name: text for name, text in texts.items() if text and name not in told}
    return replace(settings, **changes)
