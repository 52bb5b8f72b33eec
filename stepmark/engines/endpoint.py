"""Where a policy is served and how hard to press the server; none of it is part of an address.

What shapes the text (model name, how a prompt is rendered) is here too, because the server must be
told; a policy's identity is taken from it by the caller.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from stepmark.engines.retry import RetryPolicy
from stepmark.errors import EngineError, RecipeError
from stepmark.ids import Json

Api = Literal["completions", "chat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One model at one address of an OpenAI-compatible server."""

    base_url: str
    """Address with the version path, e.g. `http://127.0.0.1:8000/v1`."""
    model: str
    """Name under which the server serves the model."""
    api: Api = "completions"
    """`completions`: token ids, exact continuation (vLLM); `chat`: messages, any hosted model."""
    api_key_env: str | None = None
    """Environment variable that holds the API key; the key itself is never stored or shown."""
    concurrency: int = 256
    """Draw requests in flight; the others wait in order of arrival."""
    connect_timeout_s: float = 10.0
    """Longest wait for a connection."""
    request_timeout_s: float = 600.0
    """Longest wait for a whole answer."""
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    """How often and how patiently a failed request is repeated."""
    requests_per_minute: float | None = None
    """The provider's limit on requests; null is unlimited."""
    tokens_per_minute: float | None = None
    """The provider's limit on tokens, prompt and completion together; null is unlimited."""
    n_supported: bool = True
    """Whether one call may ask for several draws; false sends one call per draw."""
    chat_template_kwargs: Mapping[str, Json] = field(default_factory=dict)
    """Values for the chat template, e.g. `{"enable_thinking": false}`, or a fixed `date_string`
    for a template that prints today's date. They change what the model reads."""

    def __post_init__(self) -> None:
        """Reject addresses and limits that cannot work before anything is sent."""
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise RecipeError(
                f"The engine address {_public(self.base_url)!r} is no http(s) address: give one "
                "such as http://127.0.0.1:8000/v1."
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise RecipeError(
                f"The engine address at {parts.hostname} must hold no credentials, query or "
                "fragment: put the key in an environment variable and name it as api_key_env."
            )
        if self.concurrency < 1:
            raise RecipeError(f"concurrency is {self.concurrency}; it must be at least 1.")
        for name in ("requests_per_minute", "tokens_per_minute"):
            limit = getattr(self, name)
            if limit is not None and limit <= 0:
                raise RecipeError(f"{name} is {limit}; it must be above 0, or null for no limit.")

    @property
    def v1_url(self) -> str:
        """Address under which the OpenAI routes live, without a trailing slash."""
        return self.base_url.rstrip("/")

    @property
    def root_url(self) -> str:
        """Address of the server itself, where vLLM keeps /tokenize and /version."""
        return self.v1_url.removesuffix("/v1")

    def api_key(self) -> str | None:
        """Read the key from the environment.

        Raises:
            EngineError: the variable is named but not set.
        """
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            raise EngineError(
                f"The API key for {self.base_url} is missing: the environment variable "
                f"{self.api_key_env} is not set. Export it, or remove api_key_env.",
                reason="no_api_key",
            )
        return key


def _public(address: str) -> str:
    """Return an address without what stands before an @, which may be a password."""
    return address.rsplit("@", 1)[-1]
