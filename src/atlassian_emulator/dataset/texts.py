"""Descriptions and comments, in the wiki markup of Jira Data Center."""

from __future__ import annotations

from random import Random
from typing import Final

_RATIONALES: Final = (
    "Follows from the use scenario _night shift, one nurse for several patients_.",
    "Demanded by the risk control measure of the linked risk.",
    "Reported by three hospitals during the clinical evaluation.",
    "Needed for the technical file, see [the design history|https://docs.example.com/design-history].",
    "Carried over from the predecessor; the limit was confirmed by the usability study.",
)
_CRITERIA: Final = (
    "The limit holds at room temperature and at 40 °C",
    "The event appears in the log with user and time",
    "The screen shows the state within one second",
    "The behaviour is the same on mains and on battery",
    "A service technician can read the reason without tools",
    "The translation has been checked by a native speaker",
)
_STEPS: Final = (
    "Set up the device on the test bench and start a therapy",
    "Disconnect the primary sensor",
    "Wait for the announced time",
    "Read the event log with the service tool",
    "Confirm the message and continue",
    "Change to battery operation",
)
_REMARKS: Final = (
    "Checked on the bench, *works as specified*. Record attached to the test report.",
    "Please have a look, [~{person}]: the limit in the requirement and the one in the risk file differ.",
    "Agreed in the review: we keep the wording and add an example to the manual.",
    "Blocked until the new sensor board arrives.",
    "Measured again with firmware {{{{2.4.1}}}}: no deviation in 200 runs.",
    "Moved to the next sprint; the supplier answers on Thursday.\n\n* open: calibration data\n* open: revised drawing",
)


def requirement(rng: Random, statement: str, component: str) -> str:
    rows = "\n".join(f"|{name}|{rng.randrange(1, 90)}|{unit}|" for name, unit in (("Limit", "s"), ("Tolerance", "%")))
    return (
        f"{statement}\n\nh3. Rationale\n{rng.choice(_RATIONALES)}\n\nh3. Parameters\n||Name||Value||Unit||\n{rows}\n\n"
        f"h3. Acceptance\n{_bullets(rng, _CRITERIA, '*')}\n\nAllocated to *{component}*."
    )


def story(rng: Random, component: str) -> str:
    return (
        f"As a nurse I want to rely on the {component.lower()}, so that I can care for the patient.\n\n"
        f"h3. Acceptance criteria\n{_bullets(rng, _CRITERIA, '#')}\n\n{rng.choice(_RATIONALES)}"
    )


def risk(rng: Random, hazard: str) -> str:
    severity, probability = rng.randrange(2, 6), rng.randrange(1, 6)
    return (
        f"*Hazard:* {hazard}.\n*Harm:* delayed or wrong therapy.\n\n||Stage||Severity||Probability||\n"
        f"|before control|{severity}|{probability}|\n|after control|{severity}|1|\n\n"
        "{quote}Risk control follows ISO 14971, clause 7: design first, then protection, then information.{quote}"
    )


def test_case(rng: Random) -> str:
    return (
        f"h3. Steps\n{_bullets(rng, _STEPS, '#')}\n\nh3. Expected result\n{rng.choice(_CRITERIA)}.\n\n"
        f"bq. Evidence: a screenshot and the exported log, see [^protocol-{rng.randrange(100, 999)}.pdf]."
    )


def defect(rng: Random) -> str:
    return (
        f"h3. Steps to reproduce\n{_bullets(rng, _STEPS, '#')}\n\nh3. Log\n{{noformat}}\n"
        f"12:04:{rng.randrange(10, 59)}.{rng.randrange(100, 999)} WARN  task={rng.randrange(1, 40)} deadline missed\n"
        f"12:05:{rng.randrange(10, 59)}.{rng.randrange(100, 999)} ERROR state=0x{rng.randrange(16, 255):02x}\n"
        "{noformat}\n\nDoes *not* happen with the previous release."
    )


def epic(component: str, purpose: str) -> str:
    return (
        f"h2. Goal\nAll requirements of the *{component}* are implemented, verified and traced.\n\n{purpose}.\n\n----\n"
        "See [the plan|https://docs.example.com/plan]."
    )


def environment(rng: Random) -> str:
    return f"Bench {rng.randrange(1, 9)}, firmware {{{{2.{rng.randrange(0, 6)}.{rng.randrange(0, 9)}}}}}"


def remark(rng: Random, person: str) -> str:
    return rng.choice(_REMARKS).format(person=person)


def _bullets(rng: Random, lines: tuple[str, ...], sign: str) -> str:
    first = rng.randrange(len(lines))
    count = rng.randrange(2, 5)
    return "\n".join(f"{sign} {lines[(first + step) % len(lines)]}" for step in range(count))
