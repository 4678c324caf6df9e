"""The words of a maker of medical devices, from which the data set's issues are put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Component:
    """A part of a device's software: what it must do, and what may go wrong with it.

    Each behaviour reads after "The device shall …", each hazard names what could happen to a patient or user.
    """

    name: str
    description: str
    behaviours: tuple[str, ...]
    hazards: tuple[str, ...]


COMPONENTS: Final = (
    Component(
        "Alarm system",
        "Detects, ranks and announces alarm conditions",
        (
            "raise a high-priority alarm within {limit} s of losing the primary sensor",
            "rank simultaneous alarms by the harm they announce",
            "keep an alarm visible until the condition has been acknowledged",
            "repeat an unacknowledged alarm every {limit} s with rising volume",
            "let the operator pause an audible alarm for at most {limit} s",
        ),
        (
            "An alarm is not heard in a loud ward",
            "A low alarm hides a high one",
            "Alarm fatigue after repeated warnings",
        ),
    ),
    Component(
        "Therapy control",
        "Closed loop that delivers the prescribed therapy",
        (
            "hold the delivered rate within {limit} % of the prescribed rate",
            "stop the delivery within {limit} ms of a detected occlusion",
            "refuse a rate above the limit of the drug library",
            "resume an interrupted therapy only after a confirmation",
            "compensate sensor drift of up to {limit} % over a shift",
        ),
        (
            "Over-delivery after a sensor drifts",
            "Delivery continues after the line is blocked",
            "Wrong rate after a restart",
        ),
    ),
    Component(
        "Power",
        "Mains, battery and the change between them",
        (
            "run for at least {limit} minutes from a charged battery",
            "change to the battery without interrupting the therapy",
            "announce a remaining run time below {limit} minutes",
            "shut down in an orderly way before the battery is empty",
            "log each change of the power source",
        ),
        (
            "Loss of power during a transport",
            "The shown battery charge is wrong",
            "A deep discharge damages the battery",
        ),
    ),
    Component(
        "User interface",
        "Screens, keys and the entry of values",
        (
            "ask for a confirmation of every value outside of its usual range",
            "show the running therapy on every screen",
            "lock the screen after {limit} s without an entry",
            "answer each key within {limit} ms",
            "show decimal values with a leading zero and without a trailing one",
        ),
        (
            "A decimal point is overlooked",
            "A value is entered for another patient",
            "A frozen screen shows an old value",
        ),
    ),
    Component(
        "Event log",
        "What happened, when, and who did it",
        (
            "record every change of a setting with user, time and both values",
            "keep the events of the last {limit} days without loss",
            "protect the log against changes by any user",
            "export the log as a signed file",
            "synchronise its clock to within {limit} ms of the hospital's time server",
        ),
        (
            "The course of an incident cannot be reconstructed",
            "Events of two devices are mixed up",
            "A full log stops the device",
        ),
    ),
    Component(
        "Network",
        "The connection to the hospital's systems",
        (
            "continue its therapy unchanged when the network is lost",
            "authenticate the gateway by a certificate before accepting an order",
            "report its state to the gateway every {limit} s",
            "refuse orders whose signature cannot be checked",
            "encrypt all data that leaves the device",
        ),
        (
            "A forged order changes the therapy",
            "Patient data is read on the network",
            "A flood of messages delays the control loop",
        ),
    ),
    Component(
        "Self-test",
        "Checks at the start and during operation",
        (
            "check memory and program code at every start",
            "test the watchdog at least every {limit} hours",
            "enter the safe state within {limit} ms when a check fails",
            "name the failed check on the screen",
            "refuse to start a therapy after a failed check",
        ),
        ("A memory fault goes unnoticed", "The safe state is not reached", "A broken watchdog lets the software hang"),
    ),
    Component(
        "Drug library",
        "Names, concentrations and limits of drugs",
        (
            "load a new library only when it is complete and signed",
            "show name and concentration before a therapy starts",
            "apply the limits of the chosen ward",
            "keep the previous library until the new one has been activated",
            "mark entries older than {limit} months",
        ),
        (
            "Limits of the wrong ward are applied",
            "A half-loaded library is used",
            "Two drugs with similar names are confused",
        ),
    ),
)

DEVICES: Final = (
    ("PUMP", "Infusion pump"),
    ("VENT", "Intensive-care ventilator"),
    ("CARD", "Cardiac monitor"),
    ("DIAL", "Dialysis machine"),
    ("DEFI", "Defibrillator"),
    ("ANES", "Anaesthesia workstation"),
    ("INCU", "Neonatal incubator"),
    ("OXIM", "Pulse oximeter"),
    ("SYRI", "Syringe driver"),
    ("ENDO", "Endoscopy tower"),
    ("XRAY", "Mobile X-ray"),
    ("ULTR", "Ultrasound scanner"),
    ("GLUC", "Glucose monitor"),
    ("LASE", "Surgical laser"),
    ("CENT", "Central station"),
    ("FETA", "Fetal monitor"),
    ("ECMO", "Heart-lung machine"),
    ("SPIR", "Spirometer"),
    ("TELE", "Telemetry transmitter"),
    ("WARM", "Blood warmer"),
)

PEOPLE: Final = (
    "Amara Okafor", "Bruno Keller", "Chiara Lombardi", "Dmitri Volkov", "Elif Demir", "Farid Rahimi",
    "Greta Lindqvist", "Hiro Tanaka", "Ingrid Solberg", "Jamal Haddad", "Katya Novak", "Luis Ferreira",
    "Mei Zhang", "Niamh Byrne", "Omar Farouk", "Priya Raman", "Quentin Moreau", "Rosa Delgado",
    "Stefan Brandt", "Thandi Mokoena", "Ulrich Baumann", "Vera Petrova", "Wanjiru Kamau", "Yusuf Aydin",
)  # fmt: skip

LABELS: Final = (
    "audit-2026", "cybersecurity", "documentation", "field-feedback", "iec-60601", "iec-62304", "iec-62366",
    "iso-14971", "legacy", "regression", "release-blocker", "supplier", "traceability", "usability",
)  # fmt: skip

STORY_VERBS: Final = (
    "Implement",
    "Rework",
    "Simplify",
    "Extend",
    "Add diagnostics to",
    "Document",
    "Harden",
    "Prepare",
)
SUBTASKS: Final = (
    "Design review", "Unit tests", "Update the traceability matrix", "Static analysis findings", "Code review",
    "Update the architecture description", "Integration on the bench", "Review of the user manual",
)  # fmt: skip
DEFECTS: Final = (
    "is delayed when the log is being exported",
    "is missing after a restart",
    "is reported twice",
    "shows the value of the previous patient",
    "fails when the clock is set back",
    "stops after {limit} hours of operation",
    "is not translated",
    "does not match the specification",
)
