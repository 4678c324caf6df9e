"""Confluence Cloud: REST v2 below /wiki/api/v2, what is left of v1 below /wiki/rest/api."""

from __future__ import annotations

from atlassian_emulator.confluence import (
    arranging,
    attachments,
    comments,
    conversions,
    copies,
    gone,
    groups,
    history,
    includes,
    labels,
    nodes,
    pages,
    people,
    permissions,
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
    *permissions.ROUTES,
    *pages.ROUTES,
    *includes.ROUTES,
    *versions.ROUTES,
    *comments.ROUTES,
    *nodes.ROUTES,
    *trees.ROUTES,
    *attachments.ROUTES,
    *uploads.ROUTES,
    *properties.ROUTES,
    *labels.ROUTES,
    *restrictions.ROUTES,
    *people.ROUTES,
    *groups.ROUTES,
    *history.ROUTES,
    *conversions.ROUTES,
    *search.ROUTES,
    *arranging.ROUTES,
    *copies.ROUTES,
    *tasks.ROUTES,
    *gone.ROUTES,
)
