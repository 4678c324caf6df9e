"""Which sites a person may administer is Confluence's to say."""

from __future__ import annotations

import pytest

from snapshots.access.administrators import check_rights
from snapshots.atlassian.authorisation import Tokens
from snapshots.atlassian.model import Person
from snapshots.errors import AuthenticationFailed, ConfigurationError, NotFound, PermissionDenied, SiteUnavailable
from snapshots.registry.sites import SiteRow

TOKENS = Tokens("access", "refresh", 0.0)
ADA = Person("712020:ada", "Ada", administers=True)
VERA = Person("712020:ada", "Ada", administers=False)


def site(name):
    return SiteRow(1, name, "cloud", f"https://{name}/wiki", f"https://{name}", f"id-of-{name}", "a", "s", 0)


class Atlassian:
    """Says of each site what it was told to say; of others the person did not let us ask."""

    def __init__(self, **says):
        self.says = says

    def list_site_ids(self, tokens):
        return frozenset(f"id-of-{name}" for name in self.says)

    def get_person(self, tokens, cloud_id):
        said = self.says[cloud_id.removeprefix("id-of-")]
        if isinstance(said, Exception):
            raise said
        return said


def test_only_what_confluence_affirms_may_be_administered():
    silence = SiteUnavailable("silent did not answer.")
    atlassian = Atlassian(acme=ADA, globex=VERA, closed=PermissionDenied("no"), gone=NotFound("no"), silent=silence)
    names = ("acme", "globex", "closed", "gone", "silent", "other")
    rights = check_rights(atlassian, TOKENS, [site(name) for name in names])
    assert rights.person == ADA
    assert rights.administers == ("acme",)
    assert rights.beyond == ("other",)
    assert rights.refused == ("globex", "closed", "gone")
    assert rights.silent == (("silent", silence),)


def test_a_missing_scope_is_the_operators_to_mend():
    rights = check_rights(Atlassian(acme=AuthenticationFailed("No.")), TOKENS, [site("acme")])
    ((name, error),) = rights.silent
    assert name == "acme"
    assert isinstance(error, ConfigurationError)
    assert "read:confluence-user" in str(error)


def test_whoever_reaches_no_site_of_ours_may_do_nothing():
    rights = check_rights(Atlassian(theirs=ADA), TOKENS, [site("acme")])
    assert (rights.person, rights.administers, rights.beyond) == (None, (), ("acme",))
    assert check_rights(Atlassian(acme=ADA), TOKENS, []).administers == ()


def test_a_token_that_is_over_is_told_apart():
    class Over(Atlassian):
        def list_site_ids(self, tokens):
            raise AuthenticationFailed("sign in again.")

    with pytest.raises(AuthenticationFailed):
        check_rights(Over(), TOKENS, [site("acme")])
