"""Who acts: a person in the browser, a key of the API, somebody at the command line, or the service by itself."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

ActorKind = Literal["person", "key", "cli", "service"]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as the audit log names them. Holds nothing that lets anybody in.

    `id` is an account id of Atlassian (person), the id of a key, or a user of the operating system; `address` is
    the network address it came from, empty on this machine.
    """

    kind: ActorKind
    id: str
    name: str
    address: str = ""

    def to_json(self) -> dict[str, str]:
        """For the arguments of a job, which outlive the request that brought the actor."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> Actor:
        """What `to_json` made; the service itself for jobs begun before actors were kept."""
        return cls(**value) if value else SERVICE


SERVICE = Actor("service", "snapshots", "Snapshots")
"""The service, when it tidies up or goes on with what others began."""


def this_user() -> Actor:
    """Whoever runs the command: the user of the operating system."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        name = f"uid {os.getuid()}"
    return Actor("cli", name, name)
