"""Which scopes let a token through, roughly.

Atlassian's documents name the scopes of each operation. Here an operation asks for the right product and for reading or
writing; people, groups and settings, which a careful program asks for alone, have rules of their own. So a token that
would do there does here, and some that would not there do here too.
"""

from __future__ import annotations

import re

from atlassian_emulator.points import reads

_KNOWN = re.compile(
    r"(?:read|readonly|write|delete|manage|search|moderate|send|import|export|validate)"
    r":[a-z0-9._-]+(?::[a-z0-9.-]+)?|offline_access"
)
_READING = ("read", "readonly", "search", "manage", "validate", "export")
_WRITING = ("write", "delete", "manage", "moderate", "send", "import")

_NARROW: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (
        re.compile(r"/wiki/rest/api/user(?!/watch)"),
        frozenset({"read:confluence-user", "read:content-details:confluence", "read:user:confluence"}),
    ),
    (re.compile(r"/wiki/rest/api/group"), frozenset({"read:confluence-groups", "read:group:confluence"})),
    (
        re.compile(r"/wiki/rest/api/settings/systemInfo"),
        frozenset({"manage:confluence-configuration", "read:configuration:confluence"}),
    ),
    (re.compile(r"/rest/api/[23]/myself"), frozenset({"read:jira-user", "read:user:jira"})),
)
"""Reading these needs one of exactly these scopes."""

_QUESTIONS_BY_POST = re.compile(
    r"/wiki/rest/api/contentbody/convert/async/|/rest/api/[23]/(?:worklog/list|issue/watching|issue/[^/]+/changelog/list"
    r"|jql/autocompletedata|search)$"
)
"""Operations that read, though they are asked for with POST, beside those that cost points as reading does."""


def is_known(scope: str) -> bool:
    """Whether this is a scope at all; which there are, only Atlassian's console knows."""
    return _KNOWN.fullmatch(scope) is not None


def belongs_to_site(scope: str) -> bool:
    """Whether a scope is about a site, and not about the person or the token."""
    return scope not in ("offline_access", "read:me", "read:account")


def allows(scopes: tuple[str, ...], product: str, method: str, path: str) -> bool:
    """Whether a token of these scopes may ask for this operation of "confluence" or "jira"."""
    reading = reads(method, path) or (method == "POST" and _QUESTIONS_BY_POST.match(path) is not None)
    if reading:
        for pattern, accepted in _NARROW:
            if pattern.match(path):
                return not accepted.isdisjoint(scopes)
    verbs = _READING if reading else _WRITING
    return any(_is_of(product, scope) and scope.partition(":")[0] in verbs for scope in scopes)


def _is_of(product: str, scope: str) -> bool:
    # Classic scopes name the product within (read:confluence-user), granular ones at the end (read:page:confluence).
    verb, _, rest = scope.partition(":")
    noun, _, owner = rest.partition(":")
    named = owner or noun
    return (
        named.startswith(product)
        or (product == "jira" and named.startswith("servicedesk"))
        or (not owner and verb == "search" and noun == product)
    )
