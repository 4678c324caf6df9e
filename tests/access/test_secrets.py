from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from snapshots.access.secrets import get_token, seal_token
from snapshots.errors import ConfigurationError

TOKEN = "ATATT3xFfGF0-not-a-real-token"


def test_a_sealed_token_opens_and_does_not_show(tmp_path: Path) -> None:
    key_file = tmp_path / "home" / "secret.key"
    reference = seal_token(TOKEN, site_name="acme", key_file=key_file)
    assert TOKEN not in reference
    assert get_token(reference, site_name="acme", key_file=key_file, environ={}) == TOKEN
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_sealing_twice_gives_different_text(tmp_path: Path) -> None:
    key_file = tmp_path / "secret.key"
    assert seal_token(TOKEN, site_name="a", key_file=key_file) != seal_token(TOKEN, site_name="a", key_file=key_file)


def test_many_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    key_file = tmp_path / "secret.key"
    references: list[str] = []

    def seal() -> None:
        references.append(seal_token(TOKEN, site_name="a", key_file=key_file))

    threads = [threading.Thread(target=seal) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {get_token(r, site_name="a", key_file=key_file, environ={}) for r in references} == {TOKEN}
    assert [p.name for p in tmp_path.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("change", ["other site", "other key", "no key", "cut", "flipped"])
def test_a_sealed_token_that_does_not_open_says_so_without_showing_it(tmp_path: Path, change: str) -> None:
    key_file = tmp_path / "secret.key"
    reference = seal_token(TOKEN, site_name="acme", key_file=key_file)
    site_name = "acme"
    if change == "other site":
        site_name = "globex"
    elif change == "other key":
        key_file.write_bytes(bytes(32))
    elif change == "no key":
        key_file.unlink()
    elif change == "cut":
        reference = reference[:20]
    else:
        reference = reference[:-6] + ("A" if reference[-6] != "A" else "B") + reference[-5:]
    with pytest.raises(ConfigurationError) as refused:
        get_token(reference, site_name=site_name, key_file=key_file, environ={})
    assert "site add --replace" in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_references_are_read_at_each_use(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(f"{TOKEN}\n")
    no_key = tmp_path / "none"
    assert get_token(f"file:{token_file}", site_name="a", key_file=no_key, environ={}) == TOKEN
    assert get_token("env:T", site_name="a", key_file=no_key, environ={"T": TOKEN}) == TOKEN
    with pytest.raises(ConfigurationError, match="T, which is not set"):
        get_token("env:T", site_name="a", key_file=no_key, environ={})
    token_file.unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        get_token(f"file:{token_file}", site_name="a", key_file=no_key, environ={})
