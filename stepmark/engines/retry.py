"""When to repeat a request and how long to wait first: pure, with chance and time passed in.

Waiting is exponential with full jitter (a uniform draw between nothing and the bound), so that
thousands of requests that failed together do not come back together.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

TOO_MANY_REQUESTS = 429
_RETRIED_4XX = frozenset({408, 425, TOO_MANY_REQUESTS})
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how patiently a request is repeated."""

    retries: int = 6
    """Repeats after the first attempt."""
    base_s: float = 0.5
    """Bound of the first wait; it doubles with every attempt."""
    cap_s: float = 60.0
    """Largest bound of a wait."""
    retry_after_cap_s: float = 600.0
    """Longest wait that a server's Retry-After may ask for."""

    def delay_s(self, attempt: int, retry_after_s: float | None, rng: random.Random) -> float:
        """Return the seconds to wait before repeating; reads `rng`.

        Args:
            attempt: failed attempts so far, less one.
            retry_after_s: what the server asked for; jitter comes on top of it.
            rng: source of the jitter.
        """
        bound_s = min(self.cap_s, self.base_s * 2.0 ** min(attempt, 32))
        jitter_s = rng.uniform(0.0, bound_s)
        if retry_after_s is None:
            return jitter_s
        return min(retry_after_s, self.retry_after_cap_s) + jitter_s


def is_transient(status: int) -> bool:
    """Return whether a request that got this HTTP status may succeed when repeated."""
    return status in _RETRIED_4XX or status >= _FIRST_SERVER_ERROR


def retry_after_s(header: str | None, now_s: float) -> float | None:
    """Read a Retry-After header: seconds, or an HTTP date seen from `now_s` (Unix time).

    Returns:
        Seconds from now, never negative; None when there is no header or it says nothing.
    """
    if header is None:
        return None
    try:
        return _not_negative(float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return _not_negative(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_s)


def _not_negative(seconds: float) -> float | None:
    """Return at least zero; a NaN says nothing."""
    return max(0.0, seconds) if seconds == seconds else None  # noqa: PLR0124  (NaN)
