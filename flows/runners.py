"""Prefect's task runners: threads of this process, or worker processes of Ray or Dask."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import os
import signal
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from flows.runtime import Runtime
from stepmark.errors import RecipeError

_OBJECT_STORE_BYTES = 100 << 20
"""Memory that a Ray of our own shares between processes: tasks are told a few words."""
_LAST_EVENTS_S = 20.0
"""Longest wait for the last task runs to be recorded before Prefect's server is stopped."""
_RAY_DEFAULTS = {"RAY_USAGE_STATS_ENABLED": "0"}


def check_runner(runtime: Runtime, *, started: tuple[str, ...]) -> str:
    """Check that the runtime's task runner can be had; say what it is.

    Args:
        runtime: what the options say.
        started: policies that a server would be started for.

    Raises:
        RecipeError: its extra is not installed, or the options do not go together.
    """
    runner = runtime.task_runner
    if runner == "threads":
        if runtime.cluster is not None:
            raise RecipeError(
                f"--cluster {runtime.cluster} goes with --task-runner ray or --task-runner dask."
            )
        return "tasks: threads of this process"
    if find_spec(f"prefect_{runner}") is None:
        raise RecipeError(
            f"--task-runner {runner} needs an extra that is not installed: "
            f'pip install "stepmark[{runner}]", or from a clone pip install -e ".[{runner}]".'
        )
    if runtime.workers > runtime.concurrency:
        raise RecipeError(
            f"--concurrency {runtime.concurrency} cannot be divided among --workers "
            f"{runtime.workers}: each worker process needs at least one request in flight."
        )
    if runtime.cluster is not None and started:
        raise RecipeError(
            f"The policies {', '.join(started)} have no address, and a server started here would "
            f"not be found from the cluster {runtime.cluster}: give --engine URL."
        )
    where = runtime.cluster or "started for the build"
    return f"tasks: {runtime.workers} worker processes of {runner}, {where}"


def task_runner(runtime: Runtime, shards: int) -> Any:
    """Return the task runner for so many shards in work; it starts when a flow does."""
    if runtime.task_runner == "ray":
        return _ray(runtime)
    if runtime.task_runner == "dask":
        return _dask(runtime, shards // runtime.workers)
    from prefect.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner(max_workers=shards)


@contextlib.contextmanager
def one_server() -> Iterator[None]:
    """Have all processes report to one Prefect server, or each would start its own.

    One that is started here never sees Ctrl-C, which a terminal sends to it too: whoever reports to
    a server that is gone waits for it.
    """
    from prefect.events.worker import EventsWorker
    from prefect.server.api.server import SubprocessASGIServer
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
        temporary_settings,
    )

    if PREFECT_API_URL.value() is not None:
        yield
        return
    server = SubprocessASGIServer()
    try:
        _start(server, PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS.value())
        with temporary_settings({PREFECT_API_URL: server.api_url}):
            yield
        # What still waits to be told to a server that is gone would be told again for minutes.
        # After Ctrl-C there may be more to come, which a worker that was drained would refuse.
        EventsWorker.drain_all(timeout=_LAST_EVENTS_S, at_exit=False)
    finally:
        server.stop()


def _start(server: Any, timeout_s: int) -> None:
    """Start a server that is deaf to Ctrl-C, and heed it here while it starts."""
    trouble: list[Exception] = []

    def start() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # the server inherits it
        try:
            server.start(timeout=timeout_s)
        except Exception as error:  # noqa: BLE001 (raised where it is waited for)
            trouble.append(error)

    here = contextvars.copy_context()  # where Prefect keeps its settings
    starting = threading.Thread(target=here.run, args=(start,), name="stepmark-prefect")
    starting.daemon = True
    starting.start()
    try:
        starting.join()
    except BaseException:
        server.stop()  # which ends the thread's waiting for it
        starting.join()
        raise
    if trouble:
        raise trouble[0]


def _ray(runtime: Runtime) -> Any:
    """A Ray that runs one task a process, `workers` at once, or one that runs already."""
    for name, value in _RAY_DEFAULTS.items():
        os.environ.setdefault(name, value)
    from prefect_ray import RayTaskRunner

    quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if runtime.cluster is not None:
        return RayTaskRunner(address=runtime.cluster, init_kwargs=quiet)
    own = {
        "num_cpus": runtime.workers,
        "object_store_memory": _OBJECT_STORE_BYTES,
        "include_dashboard": False,
    }
    return RayTaskRunner(address="local", init_kwargs=quiet | own)


def _dask(runtime: Runtime, shards: int) -> Any:
    """A Dask of `workers` processes with so many shards in work in each, or one that runs."""
    import dask

    # Read when distributed is imported. Grading starts a process of its own, which daemons may not.
    dask.config.set({"logging.distributed": "critical", "distributed.worker.daemon": False})
    from prefect_dask.task_runners import DaskTaskRunner

    if runtime.cluster is not None:
        return DaskTaskRunner(address=runtime.cluster)
    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": runtime.workers,
            "threads_per_worker": shards,
            "dashboard_address": None,
            "preload": ["flows.member"],  # its `dask_setup`
        }
    )
