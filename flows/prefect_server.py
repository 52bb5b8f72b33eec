"""The Prefect server that a build reports to: the one that runs, or one of the build's own.

Prefect's client would start one by itself. For that it imports the whole server, which takes as
long as all else that a build imports; it looks for a free port that another build may take
meanwhile; and what it started outlives a client that is killed. Here the server is handed a socket
that listens already, so that requests wait until it is up, and it runs under a guardian.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

from stepmark.engines.guarded import Guarded
from stepmark.errors import ProcessesError

_HOST = "127.0.0.1"
_APPLICATION = "prefect.server.api.server:create_app"
_SERVES_ONE_BUILD = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",  # no schedules and the like
    "PREFECT__SERVER_FINAL": "1",
}
_HEARTBEATS = "flows.heartbeat_frequency"
"""A flow looks once a second whether to send one, and at its end waits for that; nobody listens."""
_GRACE_S = 5.0
_LAST_EVENTS_S = 20.0
"""Longest wait for the last task runs to be recorded before the server is stopped."""


@contextlib.contextmanager
def one_server() -> Iterator[None]:
    """Have all processes report to one Prefect server, or each would start its own.

    Raises:
        ProcessesError: there is none, and one of our own does not start.
    """
    from prefect.events.worker import EventsWorker
    from prefect.settings import PREFECT_API_URL, temporary_settings

    if PREFECT_API_URL.value() is not None:
        yield
        return
    with _own_server() as url:
        with temporary_settings({PREFECT_API_URL: url, _HEARTBEATS: None}):
            yield
        # What still waits to be told to a server that is gone would be told again for minutes.
        # After Ctrl-C there may be more to come, which a worker that was drained would refuse.
        EventsWorker.drain_all(timeout=_LAST_EVENTS_S, at_exit=False)


@contextlib.contextmanager
def _own_server() -> Iterator[str]:
    """Run a server while the block runs; give the address of its API."""
    from prefect.settings import PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS as PATIENCE_S

    with socket.create_server((_HOST, 0), backlog=512) as listening:
        url = f"http://{_HOST}:{listening.getsockname()[1]}/api"
        server = Guarded(
            _command(listening.fileno()),
            environment=_environment(),
            grace_s=_GRACE_S,
            handed=[listening.fileno()],
        )
    try:
        _wait_until_ready(url, PATIENCE_S.value())
        yield url
    finally:
        server.end()


def _command(socket_: int) -> list[str]:
    serve = [sys.executable, "-m", "uvicorn", "--factory", _APPLICATION, "--fd", str(socket_)]
    return [*serve, "--lifespan", "on", "--log-level", "error"]


def _environment() -> dict[str, str]:
    from prefect.settings import get_current_settings

    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    return os.environ | _SERVES_ONE_BUILD | settings


def _wait_until_ready(url: str, patience_s: float) -> None:
    """Ask once: the request waits in the socket until the server is up, or is gone with it."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"{url}/health", timeout=patience_s).close()
    except (OSError, urllib.error.URLError) as error:
        raise ProcessesError(
            f"Prefect's server for this build did not start within {patience_s:g} s ({error}). "
            "Start one that stays (prefect server start) and set PREFECT_API_URL to its address, "
            "or raise PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS."
        ) from error
