"""Starts a vLLM server for the length of a `with` block, and stops it for sure.

The server runs under a guardian process (guardian.py) that ends the server's whole group when this
process closes the pipe between them: at the end of the block, on an exception or Ctrl-C, at exit,
and when this process is killed without a word. A plain SIGTERM runs no `finally` in Python; the
command line turns it into SystemExit so that the block is left in order, and without that the
guardian still notices.

Every start takes a fresh seed unless one is given: vLLM's default seed is a constant, and a server
started again would repeat the draws it sold before, which the ledger would count as new evidence.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stepmark.engines.guarded import Guarded
from stepmark.engines.server_log import last_line, reasons_of_death
from stepmark.engines.vllm_command import find_vllm, serve_command, serve_environment
from stepmark.errors import EngineError

Progress = Callable[[float, str], None]
"""Seconds since the start, newest line of the log."""

_HOST = "127.0.0.1"
_HEALTH_TIMEOUT_S = 2.0
_SEED_BOUND = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmOptions:
    """How a model is served; null leaves it to vLLM."""

    served_model_name: str | None = None
    """Name that requests use; null is the model as given."""
    dtype: str | None = None
    """Type of weights and activations, e.g. `bfloat16`."""
    max_model_len: int | None = None
    """Longest prompt and completion together, in tokens."""
    enforce_eager: bool = False
    """No compilation: starts sooner, runs slower."""
    seed: int | None = None
    """Seed of the sampler; null is a fresh one at every start."""
    extra_arguments: tuple[str, ...] = ()
    """Further arguments of `vllm serve`, as they are."""

    def arguments(self, model: str, port: int) -> list[str]:
        """Return the arguments that follow the model.

        The model folder's own sampling defaults are switched off: requests say everything.
        """
        seed = secrets.randbelow(_SEED_BOUND) if self.seed is None else self.seed
        arguments = ["--host", _HOST, "--port", str(port)]
        arguments += ["--served-model-name", self.served_model_name or model]
        arguments += ["--seed", str(seed), "--generation-config", "vllm"]
        if self.dtype is not None:
            arguments += ["--dtype", self.dtype]
        if self.max_model_len is not None:
            arguments += ["--max-model-len", str(self.max_model_len)]
        if self.enforce_eager:
            arguments.append("--enforce-eager")
        return [*arguments, *self.extra_arguments]


class VllmServer:
    """A vLLM server on this machine: `with VllmServer(model, log_path=…) as base_url:`."""

    def __init__(
        self,
        model: str,
        *,
        log_path: Path,
        options: VllmOptions | None = None,
        executable: str | Path | None = None,
        start_limit_s: float = 900.0,
        grace_s: float = 10.0,
        poll_s: float = 0.5,
        progress: Progress | None = None,
    ) -> None:
        """Prepare a server; nothing starts before the block is entered.

        Args:
            model: folder or Hub id.
            log_path: file that the server's output is written to.
            options: how the model is served.
            executable: path of `vllm`; else it is looked for (`find_vllm`).
            start_limit_s: longest wait for the server to be ready.
            grace_s: time it has to end by itself before it is killed.
            poll_s: time between two looks while it starts.
            progress: told at every look.
        """
        self._model = model
        self._options = options or VllmOptions()
        self._executable = executable
        self._start_limit_s = start_limit_s
        self._grace_s = grace_s
        self._poll_s = poll_s
        self._progress = progress
        self._running: Guarded | None = None
        self.log_path = log_path
        """Where the server writes."""
        self.port: int | None = None
        """Port it listens on, once started."""

    def __enter__(self) -> str:
        """Start the server, wait until it is ready and return its base URL."""
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return f"http://{_HOST}:{self.port}/v1"

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server under its guardian and return at once."""
        executable = find_vllm(self._executable)
        self.port = _free_port()
        command = [
            *serve_command(executable, self._model),
            *self._options.arguments(self._model, self.port),
        ]
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("wb") as log:
            self._running = Guarded(
                command,
                environment=serve_environment(executable, self._model, os.environ),
                grace_s=self._grace_s,
                log=log,
            )

    def wait_until_ready(self) -> None:
        """Return when the server answers /health.

        Raises:
            EngineError: `server_died` or `server_not_ready`, with what its log says.
        """
        started_s = time.monotonic()
        while not self._is_healthy():
            elapsed_s = time.monotonic() - started_s
            if self._running is None or self._running.ended:
                raise self._failed("ended before it was ready", reason="server_died")
            if elapsed_s > self._start_limit_s:
                what = f"was not ready after {self._start_limit_s:g} s"
                raise self._failed(what, reason="server_not_ready")
            if self._progress is not None:
                self._progress(elapsed_s, last_line(self.log_path))
            time.sleep(self._poll_s)

    def stop(self) -> None:
        """End the server and every process of its group; harmless when there is none."""
        if self._running is not None:
            self._running.end()
            self._running = None

    def _is_healthy(self) -> bool:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://{_HOST}:{self.port}/health"
        try:
            with opener.open(url, timeout=_HEALTH_TIMEOUT_S) as answer:
                return bool(answer.status == 200)  # noqa: PLR2004
        except (OSError, urllib.error.URLError):
            return False

    def _failed(self, what: str, *, reason: str) -> EngineError:
        told = "\n    ".join(reasons_of_death(self.log_path)) or "(nothing)"
        return EngineError(
            f"The vLLM server for {self._model} {what}. Its log says:\n    {told}\n"
            f"The whole log is in {self.log_path}.",
            reason=reason,
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port
