"""What went on although something is worth knowing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Work went on, and somebody should know this.

    `kind` is a stable word in kebab-case (`unknown-space`, `digest-mismatch`), `record` names the
    thing (`member versions-0001.ndjson`, `page 'Release 3' in ACME`), `evidence` says what was seen,
    `action` what a person can do about it.
    """

    kind: str
    record: str
    evidence: str
    action: str
