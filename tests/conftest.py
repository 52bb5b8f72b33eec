"""What every test has: Prefect as a build uses it, in a folder of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

import hypothesis
import pytest

from flows.session import PREFECT_DEFAULTS

pytest_plugins = ["tests.browser"]

# Prefect reads its settings when it is first imported, which some test module will do.
os.environ.update(PREFECT_DEFAULTS)
# Machines are shared: how long an example takes says nothing.
hypothesis.settings.register_profile("stepmark", deadline=None)
hypothesis.settings.load_profile("stepmark")
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="stepmark-tests-")
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def prefect_server():
    """One embedded Prefect server for all tests that run a flow."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
