"""Settings, read once from the environment. Only `cli/` and `app.py` look here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from snapshots.errors import ConfigurationError, StorageError

MEBIBYTE = 1024 * 1024
GIBIBYTE = 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class TeamSignIn:
    """How people of a team come in: by their Atlassian accounts, through an app of Atlassian's developer console.

    `client_secret` is a reference (`env:NAME`, `file:PATH`), never the secret. The two addresses are Atlassian's own
    unless another cloud of theirs, or the emulator, is meant.
    """

    client_id: str
    client_secret: str
    auth_url: str
    api_url: str


@dataclass(frozen=True, slots=True)
class Config:
    """Where Snapshots keeps its things, and how hard it may work.

    `home` holds the default registry, the key that seals secrets, payloads on their way, archives,
    sessions of browsers and the logs of jobs. `max_payload_bytes` should be the site's attachment limit, which no
    API tells (CONFCLOUD-71930).
    """

    home: Path
    registry_url: str
    jobs_url: str
    max_payload_bytes: int
    threads: int
    team_sign_in: TeamSignIn | None = None
    max_upload_bytes: int = 16 * GIBIBYTE
    """The largest archive that is taken in, and with all that lie here already, the most for one site."""

    @property
    def key_file(self) -> Path:
        return self.home / "secret.key"

    @property
    def spool_dir(self) -> Path:
        return self.home / "spool"

    @property
    def archives_dir(self) -> Path:
        return self.home / "archives"

    @property
    def uploads_dir(self) -> Path:
        return self.home / "uploads"

    @property
    def plans_dir(self) -> Path:
        return self.home / "plans"

    @property
    def web_dir(self) -> Path:
        return self.home / "web"

    def make_home(self) -> Path:
        """The home, made when it is not there. Raises `StorageError`."""
        try:
            self.home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"{self.home} cannot be made ({error.strerror}): name another place with SNAPSHOTS_HOME."
            ) from None
        return self.home


def read_config(environ: Mapping[str, str]) -> Config:
    """Settings from environment variables (docs/operation.md lists them).

    Raises `ConfigurationError` naming the variable when a value cannot be used.
    """
    home = Path(environ.get("SNAPSHOTS_HOME") or platformdirs.user_data_dir("snapshots")).expanduser().absolute()
    registry_url = environ.get("SNAPSHOTS_REGISTRY_URL") or f"sqlite:///{home / 'registry.sqlite'}"
    return Config(
        home=home,
        registry_url=registry_url,
        # The engine keeps its tables in a schema of its own on PostgreSQL. On SQLite it gets a file of
        # its own, so that its frequent small writes never wait for a restore's long ones.
        jobs_url=registry_url if registry_url.startswith("postgres") else f"sqlite:///{home / 'jobs.sqlite'}",
        max_payload_bytes=_whole_number(environ, "SNAPSHOTS_MAX_PAYLOAD_MIB", default=100, low=1) * MEBIBYTE,
        threads=_whole_number(environ, "SNAPSHOTS_THREADS", default=8, low=1, high=64),
        team_sign_in=_read_team_sign_in(environ),
        max_upload_bytes=_whole_number(environ, "SNAPSHOTS_MAX_UPLOAD_GIB", default=16, low=1) * GIBIBYTE,
    )


def _read_team_sign_in(environ: Mapping[str, str]) -> TeamSignIn | None:
    client_id = environ.get("SNAPSHOTS_SIGN_IN_CLIENT_ID", "").strip()
    secret = environ.get("SNAPSHOTS_SIGN_IN_CLIENT_SECRET", "").strip()
    if not client_id and not secret:
        return None
    if not client_id:
        raise ConfigurationError("SNAPSHOTS_SIGN_IN_CLIENT_SECRET is set, but SNAPSHOTS_SIGN_IN_CLIENT_ID is not.")
    if not secret.startswith(("env:", "file:")):
        raise ConfigurationError(
            "SNAPSHOTS_SIGN_IN_CLIENT_SECRET must say where the client secret is, as env:NAME or file:PATH; "
            "the secret itself does not belong there."
        )
    return TeamSignIn(
        client_id,
        secret,
        auth_url=_https_address(environ, "SNAPSHOTS_SIGN_IN_AUTH_URL", "https://auth.atlassian.com"),
        api_url=_https_address(environ, "SNAPSHOTS_SIGN_IN_API_URL", "https://api.atlassian.com"),
    )


def _https_address(environ: Mapping[str, str], name: str, default: str) -> str:
    """An address without a path, https unless it is on this machine: secrets are sent there."""
    text = environ.get(name, "").strip().rstrip("/") or default
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    here = host in ("localhost", "::1") or host.startswith("127.")
    if not host or text != f"{parts.scheme}://{parts.netloc}" or "@" in text:
        raise ConfigurationError(f"{name} is {text!r}, but must be an address such as {default}.")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ConfigurationError(f"{name} is {text!r}: a secret would be sent there unencrypted; use https.")
    return text


def _whole_number(environ: Mapping[str, str], name: str, *, default: int, low: int, high: int = 1 << 20) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise ConfigurationError(
            f"{name} is {text!r}, but must be a whole number from {low} to {high}: change or unset it."
        )
    return int(text)
