"""Staying signed in: Confluence is asked again, and somebody who lost the right loses the session."""

from __future__ import annotations

import threading

import pytest

from snapshots.acts.signing_in import Rights, Tokens
from snapshots.errors import AuthenticationFailed, SiteUnavailable
from snapshots.web.signin.team import CHECK_EVERY_SECONDS, GOOD_FOR_SECONDS, TeamSignIns

TOKENS = Tokens("access", "refresh", 0.0)
DOWN = SiteUnavailable("acme did not answer.")


class Confluence:
    """Says what it was told to say, and counts how often it was asked."""

    def __init__(self):
        self.seconds = 1000.0
        self.says = Rights(None, administers=("acme", "globex"))
        self.asked = 0
        self.renewed = 0
        self.over = False
        self.team = TeamSignIns(check=self.check, renew=self.renew, is_over=lambda tokens: self.over, clock=self.clock)
        self.key = self.team.add(TOKENS, ("acme", "globex"))

    def clock(self):
        return self.seconds

    def check(self, tokens):
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def renew(self, tokens):
        self.renewed += 1
        return tokens

    def sites_after(self, seconds):
        self.seconds += seconds
        return self.team.sites_of(self.key)


@pytest.fixture
def confluence():
    return Confluence()


def test_confluence_is_not_asked_for_each_request(confluence):
    for _ in range(50):
        assert confluence.sites_after(1) == ("acme", "globex")
    assert confluence.asked == 0
    confluence.sites_after(CHECK_EVERY_SECONDS)
    assert confluence.asked == 1


def test_who_lost_the_right_on_one_site_loses_that_site(confluence):
    confluence.says = Rights(None, administers=("globex",), refused=("acme",))
    assert confluence.sites_after(CHECK_EVERY_SECONDS) == ("globex",)


def test_who_lost_every_right_is_signed_out(confluence):
    confluence.says = Rights(None, refused=("acme", "globex"))
    assert confluence.sites_after(CHECK_EVERY_SECONDS) is None
    confluence.says = Rights(None, administers=("acme",))
    assert confluence.sites_after(CHECK_EVERY_SECONDS) is None


def test_consent_taken_back_ends_the_sign_in(confluence):
    confluence.says = AuthenticationFailed("sign in again.")
    assert confluence.sites_after(CHECK_EVERY_SECONDS) is None


@pytest.mark.parametrize("silence", [DOWN, Rights(None, silent=(("acme", DOWN), ("globex", DOWN)))])
def test_a_site_that_does_not_answer_is_believed_for_a_while_and_no_longer(confluence, silence):
    confluence.says = silence
    assert confluence.sites_after(CHECK_EVERY_SECONDS) == ("acme", "globex")
    with pytest.raises(SiteUnavailable, match="could not be checked"):
        confluence.sites_after(GOOD_FOR_SECONDS)
    confluence.says = Rights(None, administers=("acme",))
    assert confluence.sites_after(60) == ("acme",)


def test_a_silent_site_does_not_keep_another_alive(confluence):
    confluence.says = Rights(None, refused=("acme",), silent=(("globex", DOWN),))
    assert confluence.sites_after(CHECK_EVERY_SECONDS) == ("globex",)


def test_a_silent_site_never_becomes_a_right(confluence):
    confluence.key = confluence.team.add(TOKENS, ("acme",))
    confluence.says = Rights(None, administers=("acme",), silent=(("globex", DOWN),))
    assert confluence.sites_after(CHECK_EVERY_SECONDS) == ("acme",)


def test_a_site_that_does_not_answer_is_not_asked_by_every_request(confluence):
    confluence.says = DOWN
    confluence.sites_after(CHECK_EVERY_SECONDS)
    for _ in range(9):
        confluence.sites_after(1)
    assert confluence.asked == 1
    confluence.sites_after(1)
    assert confluence.asked == 2


def test_requests_do_not_wait_while_one_of_them_asks(confluence):
    begun, go_on = threading.Event(), threading.Event()
    answer = confluence.check

    def slowly(tokens):
        begun.set()
        assert go_on.wait(10)
        return answer(tokens)

    confluence.team._check = slowly
    confluence.seconds += CHECK_EVERY_SECONDS
    asking = threading.Thread(target=confluence.sites_after, args=(0,))
    asking.start()
    assert begun.wait(10)
    assert confluence.sites_after(0) == ("acme", "globex")
    go_on.set()
    asking.join()
    assert confluence.asked == 1


def test_an_access_token_that_ends_is_renewed_first(confluence):
    confluence.over = True
    confluence.sites_after(CHECK_EVERY_SECONDS)
    assert (confluence.renewed, confluence.asked) == (1, 1)


def test_a_sign_in_ends_after_twelve_hours_whatever_confluence_says(confluence):
    for _ in range(143):
        assert confluence.sites_after(CHECK_EVERY_SECONDS)
    assert confluence.sites_after(CHECK_EVERY_SECONDS) is None


def test_another_server_knows_nothing_of_it(confluence):
    assert Confluence().team.sites_of(confluence.key) is None
    assert confluence.team.sites_of("") is None
    confluence.team.forget(confluence.key)
    assert confluence.sites_after(0) is None
