"""Where redirects may lead, and what makes an answer unreadable."""

from __future__ import annotations

import msgspec
import pytest

from snapshots.atlassian.call import Answer, Call, decode, next_hop
from snapshots.errors import SiteRefused


def hop(url: str, location: str) -> str:
    call = Call("GET", url, "downloading x", {}, None, repeatable=True)
    return next_hop(call, Answer(302, {"Location": location}, b""))


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://a.example/x/y?z", "/w", "https://a.example/w"),
        ("https://a.example/x/y?z", "w", "https://a.example/x/w"),
        ("https://a.example/x", "//m.example/s?sig=1", "https://m.example/s?sig=1"),
        ("http://a.example/x", "https://m.example/", "https://m.example/"),
        ("http://a.example/x", "http://m.example:8080/", "http://m.example:8080/"),
    ],
)
def test_leads_there(url, location, target):
    assert hop(url, location) == target


@pytest.mark.parametrize(
    "location", ["http://a.example/x", "http://m.example/", "javascript:alert(1)", "data:,x", "https://me@m.example/"]
)
def test_never_from_https_to_what_is_not(location):
    with pytest.raises(SiteRefused, match="must not be followed"):
        hop("https://a.example/x", location)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id": []}', b"\xff\xfe", b'{"id": "x"'])
def test_an_answer_of_another_kind_names_the_site_and_the_question(body):
    class Shape(msgspec.Struct):
        id: int

    with pytest.raises(SiteRefused, match=r"https://a\.example answered reading x with something") as caught:
        decode(body, Shape, url="https://a.example/secret?signature=1", doing="reading x")
    assert "signature" not in str(caught.value)
