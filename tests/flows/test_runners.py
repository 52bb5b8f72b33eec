"""Prefect's own server: Ctrl-C is for the build, at any time."""

from __future__ import annotations

import signal
import threading

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.runners import one_server


class _Server:
    """Takes until it is stopped to start."""

    api_url = "http://127.0.0.1:1/api"

    def __init__(self) -> None:
        self.is_starting = threading.Event()
        self.stopped = threading.Event()
        self.heeds_ctrl_c: bool | None = None

    def start(self, timeout: int) -> None:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, set())
        self.heeds_ctrl_c = signal.SIGINT not in blocked
        self.is_starting.set()
        assert self.stopped.wait(timeout)

    def stop(self) -> None:
        self.stopped.set()


def test_ctrl_c_while_prefects_server_starts_stops_it_at_once(monkeypatch):
    server = _Server()
    monkeypatch.setattr("prefect.server.api.server.SubprocessASGIServer", lambda: server)
    main_thread = threading.main_thread().ident
    assert main_thread is not None

    def press() -> None:
        server.is_starting.wait()
        signal.pthread_kill(main_thread, signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(KeyboardInterrupt),
        one_server(),
    ):
        pass
    assert server.stopped.is_set()
    assert server.heeds_ctrl_c is False
