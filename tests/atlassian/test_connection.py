"""Addresses and accounts of a site."""

from __future__ import annotations

import pytest

from snapshots.atlassian.connection import Connection, origin_of
from snapshots.errors import ConfigurationError


def test_addresses_lose_their_slashes():
    connection = Connection("https://acme.example/wiki/", "https://acme.example/", "a", "t")
    assert (connection.confluence_url, connection.jira_url) == ("https://acme.example/wiki", "https://acme.example")
    assert connection.origins == {"https://acme.example:443"}


def test_confluence_and_jira_may_be_apart():
    connection = Connection("https://c.example/wiki", "http://j.example:8080", "a", "t")
    assert connection.origins == {"https://c.example:443", "http://j.example:8080"}


@pytest.mark.parametrize(
    ("one", "other"), [("https://A.example", "https://a.example:443/x?y"), ("http://a", "http://a:80")]
)
def test_the_same_server_in_other_words(one, other):
    assert origin_of(one) == origin_of(other)


@pytest.mark.parametrize(
    ("one", "other"), [("https://a", "http://a"), ("https://a", "https://a:444"), ("https://a", "https://a.b")]
)
def test_other_servers(one, other):
    assert origin_of(one) != origin_of(other)


@pytest.mark.parametrize(
    "url", ["", "acme.example", "ftp://acme", "https://", "https://a:b", "https://[x", "https://a:99999"]
)
def test_what_is_no_address(url):
    with pytest.raises(ConfigurationError, match="use the form https://acme"):
        Connection(url, "https://a", "a", "t")


def test_credentials_in_an_address_are_refused_and_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        Connection("https://me:hidden@acme.example", "https://a", "a", "t")
    assert "hidden" not in str(caught.value)


def test_another_deployment_is_refused():
    with pytest.raises(ConfigurationError, match="'server', but only Atlassian Cloud"):
        Connection("https://a", "https://a", "a", "t", deployment="server")
