"""What every test has: Prefect as a build uses it, in a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import hypothesis
import pytest

from flows.session import PREFECT_DEFAULTS

pytest_plugins = ["tests.browser"]

# Prefect reads its settings when it is first imported, which some test module will do.
os.environ.update(PREFECT_DEFAULTS)
# Machines are shared: how long an example takes says nothing.
hypothesis.settings.register_profile("stepmark", deadline=None)
hypothesis.settings.load_profile("stepmark")
# All that tests, and what they start, put into the temporary folder goes with it at the end. Its
# name is short: a socket's path may have about a hundred letters. It is open to all, as that of the
# system is: what a sandbox is to keep programs from must be in their reach without one. What pytest
# keeps of tests that failed stays where pytest puts it.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
if "PYTEST_XDIST_WORKER" not in os.environ:  # its workers share that of the process they are of
    os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(prefix="sm-")
    Path(tempfile.tempdir).chmod(0o1777)
    atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-")
# What a shell starts in the background ignores Ctrl-C, as do processes that tests then send it to.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def prefect_server():
    """One Prefect server for all tests that run a flow."""
    from flows.prefect_server import one_server

    with one_server():
        yield


@pytest.fixture
def prefect_address(prefect_server) -> str:
    """Where that server is."""
    from prefect.settings import PREFECT_API_URL

    return str(PREFECT_API_URL.value())


@pytest.fixture
def shared_server(prefect_address, monkeypatch):
    """Builds in processes of their own report to that server too, and start twice as fast."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_address)
