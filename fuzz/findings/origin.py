"""Define the origin of a finding: which server, held to which profile, reading from which store."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The settings of the run that made a finding, as far as they decide what is asked of whom.

    A text that is empty was not given. No secret is among them. `server_version` is what the server calls itself,
    `command` the command that made the finding, if it was not `run`.
    """

    target: str = ""
    launch: str = ""
    animals: tuple[str, ...] = ()
    profile: str = ""
    store: str = ""
    plain_store: str = ""
    advertise: str = ""
    region: str = ""
    aws_profile: str = ""
    ca_cert: str = ""
    seed: int | None = None
    server_version: str = ""
    subject: str = ""
    command: str = ""

    @property
    def server(self) -> str:
        """Return the server under test as flags of the command line; empty for the healthy embedded one."""
        if self.target:
            return f"--target {shlex.quote(self.target)}"
        if self.launch:
            return f"--launch {shlex.quote(self.launch)}"
        return f"--animal {shlex.join(self.animals)}" if self.animals else ""

    @property
    def flags(self) -> str:
        """Return all settings but the seed as flags of the command line."""
        texts = {
            "subject": self.subject,
            "profile": self.profile,
            "store": self.store,
            "plain-store": self.plain_store,
            "advertise": self.advertise,
            "region": self.region,
            "aws-profile": self.aws_profile,
            "ca-cert": self.ca_cert,
        }
        return " ".join(
            part
            for part in (self.server, *(f"--{name} {shlex.quote(text)}" for name, text in texts.items() if text))
            if part
        )
