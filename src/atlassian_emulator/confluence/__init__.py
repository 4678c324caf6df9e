"""Confluence Cloud: REST v2 below /wiki/api/v2, what is left of v1 below /wiki/rest/api."""

from __future__ import annotations

from atlassian_emulator.confluence import (
    attachments,
    history,
    labels,
    pages,
    people,
    properties,
    restrictions,
    search,
    spaces,
    tasks,
    trees,
    uploads,
    versions,
)
from atlassian_emulator.confluence.schema import SCHEMA
from atlassian_emulator.routing import Route

__all__ = ["ROUTES", "SCHEMA"]

ROUTES: tuple[Route, ...] = (
    *spaces.ROUTES,
    *pages.ROUTES,
    *versions.ROUTES,
    *attachments.ROUTES,
    *uploads.ROUTES,
    *properties.ROUTES,
    *people.ROUTES,
    *history.ROUTES,
    *search.ROUTES,
    *trees.ROUTES,
    *labels.ROUTES,
    *restrictions.ROUTES,
    *tasks.ROUTES,
)
