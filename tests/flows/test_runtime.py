"""Runtime: how many shards are in work follows from what keeps the server full."""

from __future__ import annotations

import pytest

from flows.runtime import ENDING_SHARDS, Runtime


@pytest.mark.parametrize(
    ("concurrency", "requests", "extra"), [(64, 128, 1), (64, 16, 8), (1024, 128, 16), (1, 500, 1)]
)
def test_twice_the_requests_in_flight_wait_beside_the_shards_that_end(concurrency, requests, extra):
    assert Runtime(concurrency=concurrency).shards_at_once(requests) == ENDING_SHARDS + extra


def test_worker_processes_divide_every_limit_but_the_budget():
    whole = Runtime(
        task_runner="dask", workers=3, concurrency=64, requests_per_minute=100, max_tokens=1_000
    )
    share = whole.share()
    assert share.concurrency == 21
    assert share.requests_per_minute == 33
    assert share.tokens_per_minute is None
    assert share.max_tokens is None
    assert share.task_runner == "threads"


def test_ray_works_on_one_shard_a_process_and_dask_as_threads_do():
    ray = Runtime(task_runner="ray", workers=4, concurrency=64)
    assert ray.shards_at_once(4) == 4
    dask = Runtime(task_runner="dask", workers=4, concurrency=64)
    assert dask.shards_at_once(4) == 4 * (ENDING_SHARDS + 8)
