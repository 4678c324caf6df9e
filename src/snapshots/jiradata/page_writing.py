"""Writing definitions into one page: once, however often it is tried, and never over somebody else's work.

The page is looked at before it is written. A macro is changed only where its definition is the one that was planned
for; where it has the new one already, an earlier try wrote it. Others may save the page meanwhile: then it is looked
at again. A page that was edited since the plan, but whose macro was not, is written all the same, and that is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.macro import find_macros, set_definition
from snapshots.atlassian.model import Page
from snapshots.errors import InvalidInput, NotFound, PermissionDenied, SiteRefused, SiteUnavailable, StaleVersion

ATTEMPTS = 5
"""How often a page is saved that others keep changing."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One macro's definition as it should be found, and as it should be afterwards."""

    macro_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of a page. `swaps` are those that now stand there; `reason` is what a person should know."""

    state: Literal["written", "skipped"]
    version_before: int | None
    version_after: int | None
    swaps: tuple[Swap, ...]
    reason: str


def write_definitions(
    confluence: ConfluenceClient, page_id: str, swaps: Sequence[Swap], message: str, planned_version: int | None = None
) -> PageResult:
    """Give the page's macros their new definitions in one new page version.

    What keeps this one page from being written is in the result. Raises what would keep every page from it:
    SiteUnavailable, AuthenticationFailed.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            page = confluence.get_page(page_id)
        except NotFound:
            return _skipped(None, "the page is gone, or the account may not see it")
        except PermissionDenied as error:
            return _skipped(None, str(error))
        body, standing, reasons = _swap(page.body or "", swaps)
        if body == (page.body or ""):
            if not standing:
                return _skipped(page.version.number, "; ".join(reasons))
            return PageResult("written", None, page.version.number, standing, "; ".join(reasons))
        try:
            saved = confluence.update_page(page, body, message)
        except StaleVersion as error:
            if attempt == ATTEMPTS:
                return _skipped(page.version.number, f"others kept saving the page meanwhile ({error})")
            continue
        except SiteUnavailable:
            # The answer is lost, not necessarily what was written: the next look at the page will tell.
            if attempt == ATTEMPTS:
                raise
            continue
        except (PermissionDenied, SiteRefused, NotFound) as error:
            return _skipped(page.version.number, str(error))
        if planned_version is not None and page.version.number != planned_version:
            reasons.append(_edited(page, planned_version))
        return PageResult("written", page.version.number, saved.version.number, standing, "; ".join(reasons))
    raise AssertionError("the last attempt answers or raises")


def _swap(body: str, swaps: Sequence[Swap]) -> tuple[str, tuple[Swap, ...], list[str]]:
    """The body with the new definitions, the swaps that then stand in it, and why others do not."""
    try:
        there = find_macros(body)
    except InvalidInput as error:
        return body, (), [str(error)]
    standing: list[Swap] = []
    reasons: list[str] = []
    for swap in swaps:
        same = [macro for macro in there if macro.remote_id == swap.macro_id]
        if len(same) != 1:
            many = "is no longer on the page" if not same else "stands more than once on the page"
            reasons.append(f"macro {swap.macro_id} {many}")
        elif same[0].definition == swap.after:
            standing.append(swap)
        elif same[0].definition != swap.before:
            reasons.append(f"macro {swap.macro_id} was edited since, so it was left as it is")
        else:
            body = set_definition(body, swap.macro_id, swap.after)
            standing.append(swap)
    return body, tuple(standing), reasons


def _edited(page: Page, planned_version: int) -> str:
    return (
        f"the page was edited since (version {planned_version}, now {page.version.number}); its macro was not, so it "
        "was written all the same"
    )


def _skipped(version: int | None, reason: str) -> PageResult:
    return PageResult("skipped", version, None, (), reason)
