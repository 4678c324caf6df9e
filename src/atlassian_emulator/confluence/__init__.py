"""Confluence Cloud: REST v2 below /wiki/api/v2, what is left of v1 below /wiki/rest/api."""

from __future__ import annotations

from atlassian_emulator.routing import Route

ROUTES: tuple[Route, ...] = ()
SCHEMA = ""
