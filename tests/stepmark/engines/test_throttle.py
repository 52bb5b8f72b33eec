"""The throttle: what it books and how long it makes wait, on a clock that only tests turn."""

import pytest

from stepmark.engines.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def a_throttle(
    clock: Clock, requests: float | None = None, tokens: float | None = None
) -> Throttle:
    return Throttle(requests_per_minute=requests, tokens_per_minute=tokens, clock=clock)


def test_no_limit_never_waits():
    throttle = a_throttle(Clock())
    assert [throttle.reserve(10**9) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_requests_are_spaced_in_the_order_they_ask():
    throttle = a_throttle(Clock(), requests=60)
    assert [throttle.reserve(1) for _ in range(4)] == [0.0, 1.0, 2.0, 3.0]


def test_a_pause_earns_no_more_than_a_second_of_burst():
    clock = Clock()
    throttle = a_throttle(clock, requests=120)
    clock.now_s = 3600.0
    assert [throttle.reserve(1) for _ in range(4)] == [0.0, 0.0, 0.5, 1.0]


def test_no_minute_sees_more_than_its_limit_and_one_second_of_burst():
    clock = Clock()
    throttle = a_throttle(clock, requests=600)
    sent_at_s = [throttle.reserve(1) for _ in range(1200)]
    assert sum(at_s < 60 for at_s in sent_at_s) <= 610


def test_tokens_wait_for_their_own_amount():
    throttle = a_throttle(Clock(), tokens=6000)
    assert throttle.reserve(100) == 0.0
    assert throttle.reserve(300) == pytest.approx(3.0)


def test_the_longer_of_both_waits_counts():
    throttle = a_throttle(Clock(), requests=60, tokens=6000)
    throttle.reserve(100)
    assert throttle.reserve(500) == pytest.approx(5.0)


def test_unused_tokens_are_given_back():
    throttle = a_throttle(Clock(), tokens=6000)
    throttle.reserve(1000)
    throttle.settle(reserved=1000, used=100)
    assert throttle.reserve(100) == pytest.approx(1.0)


def test_a_request_larger_than_the_bucket_goes_through_after_its_wait():
    throttle = a_throttle(Clock(), tokens=60)
    assert throttle.reserve(61) == pytest.approx(60.0)
