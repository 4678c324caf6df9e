"""Where one site is and who asks there."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from snapshots.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Connection:
    """The addresses and the account of one Atlassian site.

    `confluence_url` ends in /wiki on Cloud, `jira_url` is the site itself; slashes at their ends are
    dropped. The token is shown by no `repr` and no message. It is an API token of the account, or, with the
    scheme `bearer`, an access token that a person gave us by signing in. Raises `ConfigurationError` for what
    cannot be an address, and for a deployment other than `cloud`, the only one spoken here.
    """

    confluence_url: str
    jira_url: str
    account: str
    token: str = field(repr=False)
    deployment: str = "cloud"
    scheme: Literal["basic", "bearer"] = "basic"

    def __post_init__(self) -> None:
        for name in ("confluence_url", "jira_url"):
            url = getattr(self, name).rstrip("/")
            origin_of(url)
            object.__setattr__(self, name, url)
        if self.deployment != "cloud":
            raise ConfigurationError(
                f"{self.confluence_url} is set up as {self.deployment!r}, but only Atlassian Cloud is spoken so far; "
                "set its deployment to 'cloud' or remove the site."
            )

    @property
    def origins(self) -> frozenset[str]:
        """The only places that may ever see the token."""
        return frozenset({origin_of(self.confluence_url), origin_of(self.jira_url)})

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be repeated when the site says it."""
        return (self.token, self.authorization().partition(" ")[2])

    def authorization(self) -> str:
        """The header that proves who asks. A secret."""
        if self.scheme == "bearer":
            return f"Bearer {self.token}"
        return "Basic " + base64.b64encode(f"{self.account}:{self.token}".encode()).decode("ascii")


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, with the port always written out.

    Two addresses of the same origin are the same server; anything else is somebody else's. Raises
    `ConfigurationError` for what is not an http address, or holds a user and password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError(
            "The address of the site cannot be read; use the form https://acme.atlassian.net."
        ) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{url!r} is not the address of a site; use the form https://acme.atlassian.net.")
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"The address of {parts.hostname} holds a user or password; leave them out and give account and token."
        )
    return f"{parts.scheme}://{parts.hostname}:{port or (443 if parts.scheme == 'https' else 80)}"
