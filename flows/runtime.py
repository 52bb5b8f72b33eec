"""Runtime: what does not change labels, and so is in no fingerprint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from stepmark.engines.fleet import PATIENCE_S
from stepmark.engines.retry import RetryPolicy


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
    shards_at_once: int = 4
    """Shards worked on together."""

    @property
    def ledger(self) -> Path:
        """The ledger that the builds under `out` share."""
        return self.out / "ledger"

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
