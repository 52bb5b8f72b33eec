"""The Prefect server of a build: the one that runs, or one of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import prefect_server
from flows.prefect_server import one_server
from stepmark.engines.guarded import Guarded
from stepmark.errors import ProcessesError
from tests.flows.arrange import arrange


def test_one_that_runs_is_reported_to_and_none_is_started(monkeypatch):
    monkeypatch.setattr(prefect_server, "Guarded", pytest.fail)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:4200/api"}), one_server():
        assert PREFECT_API_URL.value() == "http://127.0.0.1:4200/api"


def test_one_that_dies_at_its_start_is_noticed_at_once_with_what_to_do(monkeypatch):
    monkeypatch.setattr(prefect_server, "_APPLICATION", "nowhere:nothing")
    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(ProcessesError, match=r"did not start .* set PREFECT_API_URL"),
        one_server(),
    ):
        pass


def test_ctrl_c_while_it_starts_ends_it_at_once(monkeypatch):
    started: list[Guarded] = []

    def guarded(*told, **more):
        started.append(Guarded(*told, **more))
        return started[0]

    def never_ready(socket: int) -> list[str]:
        """When it is asked whether it is up, it presses Ctrl-C instead of answering."""
        script = (
            "import os, signal, socket\n"
            f"asked = socket.socket(fileno={socket}).accept()\n"
            f"os.kill({os.getpid()}, signal.SIGINT)\n"
            "signal.pause()"
        )
        return [sys.executable, "-c", script]

    monkeypatch.setattr(prefect_server, "_command", never_ready)
    monkeypatch.setattr(prefect_server, "Guarded", guarded)
    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(KeyboardInterrupt),
        one_server(),
    ):
        pass
    assert started[0].ended


BUILD = """
import sys
from flows.cli import main
try:
    main()
finally:
    print("imported:", [name for name in sys.modules if name.startswith("prefect.server.api")])
"""


def test_a_build_does_not_import_the_server_that_it_reports_to(tmp_path, shared_server):
    recipe = arrange(tmp_path)
    command = [sys.executable, "-c", BUILD, "build", str(recipe), "--out", str(tmp_path / "out")]
    built = subprocess.run(command, capture_output=True, text=True, check=True)
    assert built.stdout.splitlines()[-1] == "imported: []"
