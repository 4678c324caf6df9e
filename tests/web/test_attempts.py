"""What a browser carries while its person is at Atlassian."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.web.signin.attempts import ATTEMPT_SECONDS, Attempts


class Clock:
    seconds = 1_800_000_000.0

    def __call__(self):
        return self.seconds


def test_what_was_sealed_is_found_again_by_the_same_server_alone():
    attempts = Attempts()
    cookie = attempts.seal("state", "verifier", "/sites/acme/backup")
    opened = attempts.open(cookie)
    assert (opened.state, opened.verifier, opened.next_path) == ("state", "verifier", "/sites/acme/backup")
    assert Attempts().open(cookie) is None


def test_an_attempt_ends():
    clock = Clock()
    attempts = Attempts(clock)
    cookie = attempts.seal("state", "verifier", "/")
    clock.seconds += ATTEMPT_SECONDS - 1
    assert attempts.open(cookie)
    clock.seconds += 1
    assert attempts.open(cookie) is None


def test_a_cookie_fits_into_a_header():
    attempts = Attempts()
    cookie = attempts.seal("s" * 43, "v" * 64, "/" + "x" * 100_000)
    assert len(cookie) < 1000
    assert attempts.open(cookie).next_path == "/"


@pytest.mark.parametrize("cookie", [None, "", "x", "=", "ä", "A" * 15, "A" * 16, "A" * 4000])
def test_what_we_did_not_make_is_nothing(cookie):
    assert Attempts().open(cookie) is None


@given(st.data())
def test_no_changed_cookie_opens(data):
    attempts = Attempts(Clock())
    sealed = bytearray(base64.urlsafe_b64decode(attempts.seal("state", "verifier", "/")))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    assert attempts.open(base64.urlsafe_b64encode(bytes(sealed)).decode()) is None
