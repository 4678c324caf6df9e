"""The governor's rules, with a clock that is turned by hand."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.limits import Governor, PatienceExceeded, back_off_seconds, parse_retry_after


@pytest.fixture
def governor(clock):
    return Governor(requests_per_second=100, patience_seconds=120, clock=clock.read, sleep=clock.sleep)


def test_paces_requests(governor, clock):
    started = clock.seconds
    for _ in range(101):
        governor.wait_turn()
    assert clock.seconds - started == pytest.approx(1.0)


def test_an_idle_time_is_not_saved_up(governor, clock):
    governor.wait_turn()
    clock.seconds += 3600
    governor.wait_turn()
    governor.wait_turn()
    assert clock.slept == [pytest.approx(0.01)]


def test_when_one_is_told_to_wait_all_wait(governor, clock):
    governor.pause(30)
    started = clock.seconds
    went: list[float] = []

    def go() -> None:
        governor.wait_turn()
        went.append(clock.seconds)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(went) == 8
    assert min(went) >= started + 30


def test_a_pause_is_never_shortened(governor, clock):
    governor.pause(30)
    governor.pause(1)
    governor.wait_turn()
    assert clock.slept == [30.0]


def test_a_pause_that_grows_while_one_sleeps_is_waited_for(clock):
    def sleep(seconds: float) -> None:
        if not clock.slept:
            governor.pause(60)
        clock.sleep(seconds)

    governor = Governor(requests_per_second=100, patience_seconds=120, clock=clock.read, sleep=sleep)
    governor.pause(10)
    governor.wait_turn()
    assert sum(clock.slept) == pytest.approx(60)


def test_patience_has_an_end(governor, clock):
    governor.pause(121)
    with pytest.raises(PatienceExceeded) as caught:
        governor.wait_turn()
    assert caught.value.seconds == 121
    clock.seconds += 1
    governor.wait_turn()


@given(st.integers(1, 4), st.floats(0, 1, exclude_max=True))
def test_back_off_doubles_with_jitter(retry, chance):
    assert 0.7 * 2**retry <= back_off_seconds(retry, lambda: chance) <= 1.3 * 2**retry


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("0", 0.0),
        (" 12 ", 12.0),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
    ],
)
def test_reads_retry_after(value, seconds):
    assert parse_retry_after(value, now=100.0) == seconds
