"""A finished build that is started again: nothing heavy is even imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.flows.arrange import arrange, build

HEAVY = ("prefect", "datasets", "pandas", "sympy", "math_verify", "vllm")
REOPEN = f"""
import sys
from flows.cli import main
try:
    main()
finally:
    print("heavy:", [name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.mark.usefixtures("prefect_server")
def test_a_finished_build_is_recognised_without_prefect_or_data_libraries(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    command = [sys.executable, "-c", REOPEN, "build", str(recipe), "--out", str(tmp_path / "out")]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "nothing to do" in again.stdout
    assert again.stdout.splitlines()[-1] == "heavy: []"
