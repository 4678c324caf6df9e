"""API tokens of sites: kept by reference, or sealed with this machine's key.

What the registry holds of a token is one line of text:

    env:NAME        read from the environment variable NAME at each use
    file:PATH       read from a file at each use
    sealed:BASE64   nonce and AES-256-GCM ciphertext; the key is a file of this machine, mode 600

So a copy of the registry alone never gives a token away. The site's name is authenticated with
a sealed token: moved to another site's row it does not open.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from snapshots.errors import ConfigurationError, StorageError

_NONCE_BYTES = 12
_KEY_BYTES = 32


def seal_token(token: str, *, site_name: str, key_file: Path) -> str:
    """The `sealed:` reference that holds `token`; makes the key file when there is none."""
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(_make_or_read_key(key_file)).encrypt(nonce, token.encode(), site_name.encode())
    return "sealed:" + base64.b64encode(nonce + ciphertext).decode()


def get_token(reference: str, *, site_name: str, key_file: Path, environ: Mapping[str, str]) -> str:
    """The token behind `reference`. Raises `ConfigurationError` saying what is missing and what to do."""
    form, _, rest = reference.partition(":")
    if form == "env":
        token = environ.get(rest, "").strip()
        if not token:
            raise ConfigurationError(
                f"The token of site {site_name!r} is read from the environment variable {rest}, "
                "which is not set: set it."
            )
        return token
    if form == "file":
        return _read_token_file(Path(rest), site_name)
    if form == "sealed":
        return _open_sealed(rest, site_name, key_file)
    raise ConfigurationError(f"The token of site {site_name!r} is kept in an unknown way: add the site again.")


def get_client_secret(reference: str, *, environ: Mapping[str, str]) -> str:
    """The client secret behind `env:NAME` or `file:PATH`. Raises `ConfigurationError` saying what is missing."""
    form, _, rest = reference.partition(":")
    try:
        secret = environ.get(rest, "") if form == "env" else Path(rest).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigurationError(
            f"The client secret cannot be read from {rest} ({reason}): restore the file."
        ) from None
    if not secret.strip():
        raise ConfigurationError(f"The client secret is kept in {rest}, which is empty: put it there.")
    return secret.strip()


def _read_token_file(path: Path, site_name: str) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise ConfigurationError(
            f"The token of site {site_name!r} cannot be read from {path} ({reason}): "
            "restore the file or add the site again."
        ) from None
    if not token:
        raise ConfigurationError(f"The token file {path} of site {site_name!r} is empty: put the API token into it.")
    return token


def _open_sealed(text: str, site_name: str, key_file: Path) -> str:
    try:
        key = key_file.read_bytes()
        sealed = base64.b64decode(text, validate=True)
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], site_name.encode()).decode()
    except FileNotFoundError:
        raise ConfigurationError(
            f"The token of site {site_name!r} was sealed with {key_file}, which is not there: "
            "put the key back, or give the token again with `snapshots site add --replace`."
        ) from None
    except (InvalidTag, ValueError, binascii.Error):
        raise ConfigurationError(
            f"The token of site {site_name!r} does not open with {key_file}: "
            "put the right key back, or give the token again with `snapshots site add --replace`."
        ) from None


def _make_or_read_key(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_new_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(f"The key file {path} cannot be written ({error.strerror}): check SNAPSHOTS_HOME.") from None
    if len(key) != _KEY_BYTES:
        raise ConfigurationError(f"The key file {path} is damaged: restore it from a copy, or move it away.")
    return key


def _write_new_key(path: Path) -> None:
    # mkstemp makes the file readable by its owner only. The link fails when another process was
    # faster, and then that one's key is the key: nobody ever sees half a file.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        Path(temporary).unlink()
