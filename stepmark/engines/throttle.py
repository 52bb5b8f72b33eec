"""Keeps to a provider's requests and tokens a minute: pure arithmetic on a clock passed in.

A reservation is booked at once and answered with the seconds to wait before sending, so callers
are served in the order they asked. Tokens are booked at their most (prompt and full length) and
settled when the answer says how many they were.
"""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]
_BURST_S = 1.0
_MINUTE_S = 60.0


class Bucket:
    """An allowance that refills steadily and may be overdrawn by waiting for it.

    It holds at most one second's worth (and at least 1), so that no minute sees more than its
    limit by a burst after a pause.
    """

    __slots__ = ("_capacity", "_clock", "_level", "_rate", "_seen_s")

    def __init__(self, *, per_minute: float, clock: Clock) -> None:
        self._rate = per_minute / _MINUTE_S
        self._capacity = max(1.0, self._rate * _BURST_S)
        self._level = self._capacity
        self._clock = clock
        self._seen_s = clock()

    def take(self, amount: float) -> float:
        """Book an amount and return the seconds until it is covered."""
        self._refill()
        self._level -= amount
        return max(0.0, -self._level / self._rate)

    def give_back(self, amount: float) -> None:
        """Return what was booked but not used (negative: what was used beyond it)."""
        self._refill()
        self._level = min(self._capacity, self._level + amount)

    def _refill(self) -> None:
        now_s = self._clock()
        self._level = min(self._capacity, self._level + (now_s - self._seen_s) * self._rate)
        self._seen_s = now_s


class Throttle:
    """Both limits of a provider; a limit of None is no limit."""

    __slots__ = ("_requests", "_tokens")

    def __init__(
        self,
        *,
        requests_per_minute: float | None,
        tokens_per_minute: float | None,
        clock: Clock,
    ) -> None:
        self._requests = _bucket(requests_per_minute, clock)
        self._tokens = _bucket(tokens_per_minute, clock)

    def reserve(self, tokens: int) -> float:
        """Book one request of at most so many tokens; return the seconds to wait before it."""
        wait_s = self._requests.take(1.0) if self._requests else 0.0
        return max(wait_s, self._tokens.take(tokens)) if self._tokens else wait_s

    def settle(self, *, reserved: int, used: int) -> None:
        """Correct a reservation by the tokens that the answer really took."""
        if self._tokens:
            self._tokens.give_back(reserved - used)


def _bucket(per_minute: float | None, clock: Clock) -> Bucket | None:
    return None if per_minute is None else Bucket(per_minute=per_minute, clock=clock)
