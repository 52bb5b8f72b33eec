"""The Makefile: what its targets would do and what its help says; nothing is run."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def told(*arguments: str) -> str:
    """Return what make prints."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True
    ).stdout


def test_clean_leaves_what_nobody_can_make_again():
    (removal,) = told("-n", "clean").splitlines()
    assert "runs/quickstart" in removal.split()
    assert "runs" not in removal.split()


def test_help_names_every_target():
    (line,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"^make (\S+)", told("help"), re.MULTILINE)
    assert sorted(named) == sorted(set(line.split()) - {"help"})
