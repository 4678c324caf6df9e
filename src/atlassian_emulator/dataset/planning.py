"""Which issues there are and how they hang together, before any of it has a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from atlassian_emulator.dataset.vocabulary import COMPONENTS, DEFECTS, STORY_VERBS, SUBTASKS, Component

Links = list[tuple[str, str]]

LINK_TYPES: Final = {
    "Tests": ("is tested by", "tests"),
    "Mitigates": ("is mitigated by", "mitigates"),
    "Implements": ("is implemented by", "implements"),
    "Blocks": ("is blocked by", "blocks"),
    "Relates": ("relates to", "relates to"),
}
"""Name → how the target reads it, how the source reads it."""

SHARES: Final = (("Epic", 4), ("Requirement", 20), ("Story", 26), ("Sub-task", 14), ("Risk", 10), ("Test Case", 20))
"""Percent of a device's issues of each type; the rest are bugs."""


@dataclass
class Item:
    """An issue to be. `outward` and `inward` hold (link type, key) pairs."""

    key: str
    type: str
    summary: str
    component: Component
    statement: str = ""
    parent: Item | None = None
    outward: Links = field(default_factory=list)
    inward: Links = field(default_factory=list)

    def link(self, link_type: str, target: Item) -> None:
        """Link from here to `target`, once, and never to itself."""
        if target is not self and (link_type, target.key) not in self.outward:
            self.outward.append((link_type, target.key))
            target.inward.append((link_type, self.key))


def plan_device(rng: Random, key: str, count: int) -> list[Item]:
    """`count` issues of one device: its own project, its risk file and its test project, in the order of their keys."""
    numbers: dict[str, int] = {}

    def make(project: str, item_type: str, summary: str, component: Component, parent: Item | None = None) -> Item:
        numbers[project] = numbers.get(project, 0) + 1
        return Item(f"{project}-{numbers[project]}", item_type, summary, component, parent=parent)

    of_type = _plan_types(rng, key, count, make)
    for risk in of_type["Risk"]:
        _near(rng, of_type["Requirement"] or of_type["Story"], risk.component).link("Mitigates", risk)
    for story in of_type["Story"]:
        if of_type["Requirement"] and rng.random() < 0.7:
            story.link("Implements", _near(rng, of_type["Requirement"], story.component))
        if rng.random() < 0.1:
            story.link("Blocks", rng.choice(of_type["Story"]))
    for bug in of_type["Bug"]:
        bug.link("Relates", _near(rng, of_type["Story"] or of_type["Epic"], bug.component))
    return [item for items in of_type.values() for item in items]


def _plan_types(rng: Random, key: str, count: int, make: Callable[..., Item]) -> dict[str, list[Item]]:
    counts = {name: count * share // 100 for name, share in SHARES}
    counts["Epic"] = max(1, counts["Epic"])
    counts["Bug"] = max(0, count - sum(counts.values()))
    risks, tests = f"{key}R", f"{key}T"
    epics = [
        make(key, "Epic", f"{each.name}: {purpose}", each)
        for number in range(counts["Epic"])
        for each, purpose in [
            (COMPONENTS[number % len(COMPONENTS)], _PURPOSES[number // len(COMPONENTS) % len(_PURPOSES)])
        ]
    ]
    requirements = [_requirement(rng, key, number, make) for number in range(counts["Requirement"])]
    stories = []
    for _ in range(counts["Story"]):
        epic = rng.choice(epics)
        subject = rng.choice(_SUBJECTS).format(component=epic.component.name.lower())
        stories.append(make(key, "Story", f"{rng.choice(STORY_VERBS)} {subject}", epic.component, epic))
    parents = stories or requirements or epics
    subtasks = []
    for _ in range(counts["Sub-task"]):
        parent = rng.choice(parents)
        subtasks.append(make(key, "Sub-task", f"{rng.choice(SUBTASKS)}: {parent.summary}", parent.component, parent))
    bugs = [_bug(rng, key, make) for _ in range(counts["Bug"])]
    risk_items = []
    for _ in range(counts["Risk"]):
        component = rng.choice(COMPONENTS)
        risk_items.append(make(risks, "Risk", rng.choice(component.hazards), component))
    test_items = []
    for _ in range(counts["Test Case"]):
        aim = rng.choice(requirements or epics)
        test = make(tests, "Test Case", f"Verify: {aim.summary}", aim.component)
        test.link("Tests", aim)
        test_items.append(test)
    return {
        "Epic": epics,
        "Requirement": requirements,
        "Story": stories,
        "Sub-task": subtasks,
        "Bug": bugs,
        "Risk": risk_items,
        "Test Case": test_items,
    }


_PURPOSES: Final = (
    "first release",
    "second edition of the standard",
    "remote service",
    "cost reduction",
    "new hardware",
)
_SUBJECTS: Final = (
    "the {component} for the new sensor board",
    "the settings of the {component}",
    "the messages of the {component}",
    "the start-up of the {component}",
    "the service screen of the {component}",
    "the interface between {component} and event log",
)


def _requirement(rng: Random, key: str, number: int, make: Callable[..., Item]) -> Item:
    component = COMPONENTS[number % len(COMPONENTS)]
    behaviour = rng.choice(component.behaviours).format(limit=rng.randrange(2, 60))
    item = make(key, "Requirement", f"{component.name} shall {behaviour}", component)
    item.statement = f"The device shall {behaviour}."
    return item


def _bug(rng: Random, key: str, make: Callable[..., Item]) -> Item:
    component = rng.choice(COMPONENTS)
    trouble = rng.choice(DEFECTS).format(limit=rng.randrange(4, 200))
    return make(key, "Bug", f"{component.name}: message {trouble}", component)


def _near(rng: Random, items: Sequence[Item], component: Component) -> Item:
    """One of `items`, of the same component if a few tries find one."""
    for _ in range(6):
        item = rng.choice(items)
        if item.component is component:
            return item
    return item
