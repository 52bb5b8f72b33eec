"""Runtime: what does not change labels, and so is in no fingerprint."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from stepmark.engines.fleet import PATIENCE_S
from stepmark.engines.retry import RetryPolicy

TaskRunner = Literal["threads", "ray", "dask"]

ENDING_SHARDS = 3
"""Shards that may have so few requests left that they do not count as work for the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Where and how a build runs."""

    out: Path = Path("runs")
    """Root of the builds; they share the ledger below it."""
    base: Path = Path()
    """Folder that the recipe's relative paths start from."""
    addresses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Base URLs of the servers of each policy; a vLLM policy without any gets its own server."""
    api_key_env: str | None = None
    """Environment variable that holds the servers' API key."""
    requests_per_minute: int | None = None
    """Most requests sent in a minute to all servers of a policy, for hosted services."""
    tokens_per_minute: int | None = None
    """Most tokens bought in a minute from all servers of a policy, for hosted services."""
    concurrency: int = 64
    """Requests in flight, for each server."""
    engine_wait_s: float = PATIENCE_S
    """How long to wait for servers that are all down before the build stops, resumable."""
    request_timeout_s: float = 600.0
    """Longest wait for a whole answer."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    """How often and how patiently a failed request is repeated."""
    max_tokens: int | None = None
    """Completion tokens to buy before the build stops, resumable."""
    offline: bool = False
    """Replay from the ledger: no server is started or asked."""
    ledger_folder: Path | None = None
    """Ledger to use instead of the one that the builds under `out` share."""
    task_runner: TaskRunner = "threads"
    """What runs the tasks: threads of this process, or worker processes of Ray or Dask."""
    workers: int = 2
    """With Ray or Dask, worker processes: the requests in flight are divided among them."""
    cluster: str | None = None
    """Address of a Ray or Dask cluster that runs already; null to start one on this machine."""

    @property
    def ledger(self) -> Path:
        """The ledger: the one named, or the one that the builds under `out` share."""
        return self.ledger_folder or self.out / "ledger"

    def with_ledger(self, folder: Path | None, *, offline: bool) -> Runtime:
        """Return the same runtime over another ledger, or with nothing but a ledger."""
        return replace(self, ledger_folder=folder, offline=offline)

    def shards_at_once(self, requests: int) -> int:
        """Return how many shards are worked on together, given the least requests of one.

        A shard has at least one request to make for each of its problems. Twice the requests in
        flight wait in line; on top of that come shards that have only their last answers to wait
        for. Memory is bounded by this number of shards, whatever the length of the source.

        A worker process of Dask works on its shards in the same way, one of Ray on one at a time.
        """
        if self.task_runner == "ray":
            return self.workers
        if self.task_runner == "dask":
            return self.workers * self.share().shards_at_once(requests)
        most = max(map(self.in_flight, self.addresses), default=self.concurrency)
        return ENDING_SHARDS + math.ceil(2 * most / requests)

    def in_flight(self, policy: str) -> int:
        """Return how many requests to a policy's servers are under way at once."""
        return self.concurrency * max(1, len(self.addresses.get(policy, ())))

    def share(self) -> Runtime:
        """Return what one worker process gets: its part of every limit, and threads of its own.

        The budget stays with the flow, which sees what all of them buy.
        """

        def part(limit: int | None) -> int | None:
            return None if limit is None else max(1, limit // self.workers)

        return replace(
            self,
            task_runner="threads",
            cluster=None,
            concurrency=max(1, self.concurrency // self.workers),
            requests_per_minute=part(self.requests_per_minute),
            tokens_per_minute=part(self.tokens_per_minute),
            max_tokens=None,
        )

    def with_workers(self, runner: TaskRunner, workers: int, cluster: str | None) -> Runtime:
        """Return the same runtime with its tasks run elsewhere."""
        return replace(self, task_runner=runner, workers=workers, cluster=cluster)

    def pressing(self, *, concurrency: int, api_key_env: str | None) -> Runtime:
        """Return the same runtime with so many requests in flight, and a key."""
        return replace(self, concurrency=concurrency, api_key_env=api_key_env)

    def with_limits(
        self,
        *,
        concurrency: int,
        max_tokens: int | None,
        api_key_env: str | None,
        requests_per_minute: int | None,
        tokens_per_minute: int | None,
        engine_wait_s: float,
    ) -> Runtime:
        """Return the same runtime, pressing the servers as stated."""
        return replace(
            self,
            concurrency=concurrency,
            max_tokens=max_tokens,
            api_key_env=api_key_env,
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            engine_wait_s=engine_wait_s,
        )


def resolve(path: str, base: Path) -> Path:
    """Return a recipe's path as it stands from the recipe's folder, else as given."""
    beside = base / path
    return beside if beside.exists() else Path(path)
