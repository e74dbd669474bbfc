"""Supervision of a link, second by second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import LinkState
from milestone_sdk._protocol.alarms.link import Link

EIGHTHS = st.integers(1, 240).map(lambda count: count / 8)
"""Seconds that add up exactly."""


def test_a_link_that_answers_is_never_lost() -> None:
    link = Link(10, 0)
    for now in range(0, 100, 9):
        assert link.lost(now) is None
        assert link.answered(now, at_end=True) is None
    assert link.state is LinkState.LIVE
    assert link.losses == 0


def test_loss_and_return_are_told_once_each() -> None:
    link = Link(10, 0)
    link.answered(5, at_end=True)
    link.failed("reset")
    assert link.state is LinkState.DEGRADED
    assert link.lost(14.9) is None
    assert link.lost(15) == 10
    assert link.state is LinkState.OFFLINE
    assert link.lost(99) is None
    assert link.answered(100, at_end=False) == 95
    assert link.answered(101, at_end=True) is None
    assert (link.state, link.reason, link.losses) == (LinkState.LIVE, None, 1)


def test_a_site_that_never_answered_is_lost_too() -> None:
    link = Link(10, 0)
    assert link.state is LinkState.CONNECTING
    link.failed("refused connection")
    assert link.state is LinkState.CONNECTING
    assert link.lost(10) == 10


def test_an_exchange_may_take_no_longer_than_the_link_may_be_silent() -> None:
    link = Link(10, 0)
    assert link.patience(4, 60) == pytest.approx(10 / 3), "so that a connection that has died is replaced in time"
    assert link.patience(4, 3) == 3
    assert link.patience(8, 60) == 2
    link.answered(8, at_end=False, took=4)
    assert link.patience(8, 60) == 8, "a server that is slow has the time that it needs"
    link = Link(10, 0)
    assert 0 < link.patience(50, 60) < 1
    link.lost(50)
    assert link.patience(50, 60) == 60, "it is lost already: take the time that an answer needs"


def test_a_receiver_that_takes_its_time_is_no_dead_link() -> None:
    link = Link(10, 0)
    link.answered(0, at_end=True)
    link.paused(3600)
    assert link.lost(3605) is None
    assert link.lost(3610) == 10


def test_a_lost_link_is_lost_while_the_receiver_takes_its_time() -> None:
    link = Link(10, 0)
    assert link.lost(10) == 10
    link.paused(3600)
    assert link.answered(3700, at_end=True) == 3700
    link.paused(5)
    assert link.lost(3714) is None, "time that it takes after the return does not count"
    assert link.lost(3715) == 10


def test_a_refusal_stays_until_something_else_happens() -> None:
    link = Link(10, 0)
    link.refused("wrong password")
    assert link.lost(10) is not None
    assert (link.state, link.reason) == (LinkState.REFUSED, "wrong password")
    link.failed("connection reset")
    assert link.state is LinkState.OFFLINE
    link.answered(11, at_end=False)
    assert link.state is LinkState.CATCHING_UP


@given(st.lists(st.tuples(EIGHTHS, st.booleans()), max_size=50))
def test_every_silence_of_the_timeout_is_told_and_no_other(steps: list[tuple[float, bool]]) -> None:
    link, now, last, lost = Link(10, 0), 0.0, 0.0, False
    for seconds, answers in steps:
        now += seconds
        told = link.lost(now)
        assert (told is not None) == (not lost and now - last >= 10)
        lost = lost or told is not None
        if answers:
            assert (link.answered(now, at_end=True) is not None) == lost
            last, lost = now, False
