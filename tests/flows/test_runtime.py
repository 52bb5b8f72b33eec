"""Runtime: how many shards are in work follows from what keeps the server full."""

from __future__ import annotations

import pytest

from flows.runtime import ENDING_SHARDS, Runtime


@pytest.mark.parametrize(
    ("concurrency", "requests", "extra"), [(64, 128, 1), (64, 16, 8), (1024, 128, 16), (1, 500, 1)]
)
def test_twice_the_requests_in_flight_wait_beside_the_shards_that_end(concurrency, requests, extra):
    assert Runtime(concurrency=concurrency).shards_at_once(requests) == ENDING_SHARDS + extra
