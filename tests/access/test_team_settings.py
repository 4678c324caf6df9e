"""Settings of team sign-in, as an operator gets them wrong."""

from __future__ import annotations

import pytest

from snapshots.access.secrets import get_client_secret
from snapshots.config import read_config
from snapshots.errors import ConfigurationError

GIVEN = {"SNAPSHOTS_SIGN_IN_CLIENT_ID": "app", "SNAPSHOTS_SIGN_IN_CLIENT_SECRET": "env:SECRET"}


def test_without_settings_people_come_in_by_a_link():
    assert read_config({}).team_sign_in is None


def test_atlassians_own_addresses_are_meant_unless_others_are_named():
    team = read_config(GIVEN).team_sign_in
    assert (team.auth_url, team.api_url) == ("https://auth.atlassian.com", "https://api.atlassian.com")
    here = read_config({**GIVEN, "SNAPSHOTS_SIGN_IN_AUTH_URL": "http://127.0.0.1:8090/"}).team_sign_in
    assert here.auth_url == "http://127.0.0.1:8090"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"SNAPSHOTS_SIGN_IN_CLIENT_ID": ""}, "CLIENT_ID is not"),
        ({"SNAPSHOTS_SIGN_IN_CLIENT_SECRET": ""}, "env:NAME or file:PATH"),
        ({"SNAPSHOTS_SIGN_IN_CLIENT_SECRET": "s3cret-itself"}, "env:NAME or file:PATH"),
        ({"SNAPSHOTS_SIGN_IN_AUTH_URL": "http://auth.example.com"}, "unencrypted"),
        ({"SNAPSHOTS_SIGN_IN_AUTH_URL": "ftp://127.0.0.1"}, "unencrypted"),
        ({"SNAPSHOTS_SIGN_IN_API_URL": "https://api.example.com/path"}, "must be an address"),
        ({"SNAPSHOTS_SIGN_IN_API_URL": "https://user:pw@api.example.com"}, "must be an address"),
        ({"SNAPSHOTS_SIGN_IN_API_URL": "https://api.example.com:port"}, "must be an address"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_start(change, word):
    with pytest.raises(ConfigurationError, match=word) as caught:
        read_config(GIVEN | change)
    assert "s3cret-itself" not in str(caught.value)


def test_the_client_secret_is_kept_elsewhere(tmp_path):
    file = tmp_path / "secret"
    file.write_text("hush\n")
    assert get_client_secret(f"file:{file}", environ={}) == "hush"
    assert get_client_secret("env:SECRET", environ={"SECRET": "hush"}) == "hush"
    for reference in ("env:SECRET", f"file:{tmp_path / 'nothing'}", f"file:{tmp_path}"):
        with pytest.raises(ConfigurationError):
            get_client_secret(reference, environ={})
