"""Signing in with Atlassian, and staying signed in for as long as Confluence says that somebody administers it."""

from __future__ import annotations

from snapshots.access import audit
from snapshots.access.actors import Actor
from snapshots.access.administrators import Rights, check_rights
from snapshots.app import App
from snapshots.atlassian.authorisation import Authorisation, Invitation, Tokens
from snapshots.registry import sites

__all__ = ["Authorisation", "Invitation", "Rights", "Tokens", "check", "come_back", "note", "open_authorisation"]


def open_authorisation(app: App, redirect_uri: str) -> Authorisation | None:
    """What asks Atlassian, or None where people come in by a link. Raises `ConfigurationError`."""
    return app.authorisation(redirect_uri) if app.config.team_sign_in else None


def come_back(
    app: App, authorisation: Authorisation, query: str, *, state: str, verifier: str
) -> tuple[Tokens, Rights]:
    """Who a browser brings back from Atlassian, and which sites they administer."""
    tokens = authorisation.exchange(authorisation.read_answer(query, state=state), verifier)
    return tokens, check(app, authorisation, tokens)


def check(app: App, authorisation: Authorisation, tokens: Tokens) -> Rights:
    """Which of the sites of this installation the person administers at this moment."""
    with app.registry.read() as conn:
        known = sites.list_sites(conn)
    return check_rights(authorisation, tokens, known)


def note(app: App, actor: Actor, rights: Rights) -> None:
    """Write down who came in and who did not, with each site that it is about."""
    with app.registry.write() as conn:
        for site in sites.list_sites(conn):
            if site.name in rights.administers:
                audit.record(conn, actor, "person.signed-in", site_id=site.id, subject=actor.name)
            elif site.name in rights.refused:
                audit.record(conn, actor, "person.refused", site_id=site.id, subject=actor.name, outcome="refused")
