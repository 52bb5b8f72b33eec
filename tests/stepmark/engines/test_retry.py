"""When a request is repeated, and how long it waits first."""

import random

import pytest

from stepmark.engines.retry import RetryPolicy, is_transient, retry_after_s

NOON_S = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT


class Highest(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return b


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529])
def test_trouble_that_may_pass_is_repeated(status):
    assert is_transient(status)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422])
def test_a_refusal_is_not_repeated(status):
    assert not is_transient(status)


def test_waits_double_up_to_the_cap():
    policy = RetryPolicy(base_s=0.5, cap_s=3.0)
    delays_s = [policy.delay_s(attempt, None, Highest()) for attempt in range(5)]
    assert delays_s == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_jitter_is_full():
    policy, rng = RetryPolicy(base_s=1.0), random.Random(0)
    delays_s = [policy.delay_s(0, None, rng) for _ in range(1000)]
    assert min(delays_s) < 0.01
    assert max(delays_s) > 0.99


def test_never_repeats_before_the_server_allows():
    policy, rng = RetryPolicy(base_s=0.5), random.Random(0)
    assert all(policy.delay_s(0, 7.0, rng) >= 7.0 for _ in range(100))


def test_a_server_cannot_ask_for_endless_patience():
    policy = RetryPolicy(base_s=0.0, retry_after_cap_s=60.0)
    assert policy.delay_s(0, 86_400.0, Highest()) == 60.0


def test_a_thousandth_attempt_does_not_overflow():
    assert RetryPolicy(cap_s=9.0).delay_s(5000, None, Highest()) == 9.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("0.25", 0.25),
        ("-3", 0.0),
        ("nan", None),
        ("soon", None),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
        ("Sun, 06 Nov 1994 08:49:47 -0000", 10.0),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0.0),
    ],
)
def test_reads_retry_after(header, seconds):
    assert retry_after_s(header, NOON_S) == seconds
