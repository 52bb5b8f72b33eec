"""Starting and surely stopping a server process: fake executables, and the real vLLM if there."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from stepmark.engines.protocol import Message, Prompt, Request, Sampling
from stepmark.engines.vllm_server import VllmOptions, VllmServer
from stepmark.errors import EngineError
from tests.fakes.engines import with_engine
from tests.fakes.vllm_cli import arguments, fake_vllm, memory, processes, variable

ROOT = Path(__file__).parents[3]
PRACTICE_MODEL = ROOT / "configs" / "practice" / "model"
REAL_VLLM = ROOT / ".venv-vllm" / "bin" / "vllm"
SOON_S = 20.0


def a_server(tmp_path: Path, mode: str, **changes: Any) -> VllmServer:
    settings = {"poll_s": 0.02, "grace_s": 5.0, "start_limit_s": SOON_S, **changes}
    return VllmServer(
        "some-model",
        log_path=tmp_path / "logs" / "vllm.log",
        executable=fake_vllm(tmp_path, mode),
        **settings,
    )


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pids: list[int]) -> bool:
    """Wait until none of the processes is left, or too long."""
    deadline_s = time.monotonic() + SOON_S
    while any(map(alive, pids)) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return not any(map(alive, pids))


def test_serves_within_the_block_and_is_gone_after_it(tmp_path):
    server = a_server(tmp_path, "healthy")
    with server as url, urllib.request.urlopen(f"{url}/models") as answer:
        assert answer.status == 200
    pids = processes(server.log_path)
    assert pids
    assert not any(map(alive, pids))


def test_the_options_reach_the_command(tmp_path):
    options = VllmOptions(
        served_model_name="m",
        dtype="bfloat16",
        max_model_len=256,
        enforce_eager=True,
        seed=7,
        extra_arguments=("--max-logprobs", "1"),
    )
    server = a_server(tmp_path, "healthy", options=options)
    with server:
        told = " ".join(arguments(server.log_path))
    assert told == (
        f"serve some-model --host 127.0.0.1 --port {server.port} --served-model-name m --seed 7 "
        "--generation-config vllm --dtype bfloat16 --max-model-len 256 --enforce-eager "
        "--max-logprobs 1"
    )


def test_every_start_has_a_fresh_seed():
    seeds = {VllmOptions().arguments("m", 1)[7] for _ in range(20)}
    assert len(seeds) > 15


def test_the_server_runs_quietly(tmp_path):
    server = a_server(tmp_path, "healthy")
    with server:
        assert variable(server.log_path, "VLLM_NO_USAGE_STATS") == "1"


def test_a_death_at_start_shows_the_root_cause_and_the_log(tmp_path):
    server = a_server(tmp_path, "dies")
    with pytest.raises(EngineError, match="ValueError: No room for the KV cache") as caught, server:
        pass
    assert caught.value.reason == "server_died"
    assert str(server.log_path) in str(caught.value)
    assert "See root cause" not in str(caught.value)


def test_one_that_never_gets_ready_is_stopped_at_the_limit(tmp_path):
    server = a_server(tmp_path, "never", start_limit_s=0.5)
    with pytest.raises(EngineError, match=r"was not ready after 0.5 s") as caught, server:
        pass
    assert caught.value.reason == "server_not_ready"
    assert not any(map(alive, processes(server.log_path)))


def test_progress_tells_seconds_and_the_newest_line(tmp_path):
    told = []
    server = a_server(
        tmp_path, "healthy", progress=lambda seconds, line: told.append((seconds, line))
    )
    with server:
        pass
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(told))
    assert told[0][0] < SOON_S


def test_a_group_that_ignores_the_request_to_end_is_killed(tmp_path):
    server = a_server(tmp_path, "stubborn", grace_s=0.2)
    with server:
        pids = processes(server.log_path)
        assert len(pids) == 2
    assert not any(map(alive, pids))


def test_its_temporary_files_go_with_it_and_compiled_ones_stay(tmp_path):
    server = a_server(tmp_path, "healthy")
    with server:
        folder = Path(variable(server.log_path, "TMPDIR") or "")
        assert folder.is_dir()
        (folder / "socket").touch()
    assert not folder.exists()
    compiled = Path(variable(server.log_path, "TORCHINDUCTOR_CACHE_DIR") or "")
    assert not compiled.is_relative_to(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="shared memory is found on Linux only")
def test_shared_memory_of_a_killed_server_is_removed(tmp_path):
    server = a_server(tmp_path, "stubborn", grace_s=0.2)
    with server:
        assert memory(server.log_path).exists()
    assert not memory(server.log_path).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_a_child_that_left_the_group_is_found(tmp_path):
    server = a_server(tmp_path, "runaway", grace_s=0.2)
    with server:
        pids = processes(server.log_path)
    assert not any(map(alive, pids))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_exception_in_the_block_stops_the_server(tmp_path, error):
    server = a_server(tmp_path, "healthy")
    with pytest.raises(error), server:
        raise error
    assert not any(map(alive, processes(server.log_path)))


def test_an_interrupt_while_starting_stops_the_server(tmp_path):
    def interrupt(_seconds, line):
        if line:
            raise KeyboardInterrupt

    server = a_server(tmp_path, "never", progress=interrupt)
    with pytest.raises(KeyboardInterrupt), server:
        pass
    assert gone(processes(server.log_path))


def test_stopping_twice_or_before_starting_is_harmless(tmp_path):
    server = a_server(tmp_path, "healthy")
    server.stop()
    with server:
        pass
    server.stop()


HOLDER = """
import sys, time
from pathlib import Path
from typing import Any
from stepmark.engines.vllm_server import VllmServer
with VllmServer("m", log_path=Path(sys.argv[1]), executable=sys.argv[2], poll_s=0.02, grace_s=0.2):
    print("ready", flush=True)
    if sys.argv[3] == "wait":
        time.sleep(300)
    sys.exit(3)
"""


def a_holder(tmp_path: Path, mode: str, ending: str) -> "subprocess.Popen[str]":
    """Another process of ours that holds a server."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "log"), str(fake_vllm(tmp_path, mode))]
    holder = subprocess.Popen(
        [*command, ending], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert holder.stdout is not None
    with holder.stdout as out:
        assert out.readline() == "ready\n"
    return holder


@pytest.mark.parametrize("mode", ["healthy", "stubborn"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_a_killed_owner(tmp_path, mode, number):
    holder = a_holder(tmp_path, mode, "wait")
    holder.send_signal(number)
    holder.wait()
    pids = processes(tmp_path / "log")
    assert pids
    assert gone(pids)


def test_nothing_outlives_an_exit_within_the_block(tmp_path):
    holder = a_holder(tmp_path, "healthy", "exit")
    assert holder.wait() == 3
    assert not any(map(alive, processes(tmp_path / "log")))


def practice_request(
    prefix: str, draws: tuple[int, ...] = (0,), repeats: int = 1, **sampling: Any
) -> Request:
    statement = (
        "Ana has 9 eggs. Dee has 3 fewer eggs than Ana. Then Dee buys 15 more eggs. "
        "How many more eggs does Dee have than Ana now?"
    )
    question = Message(role="user", content=statement * repeats)
    return Request(
        problem_id="pb_1",
        prompt=Prompt(messages=(question,), prefix=prefix),
        sampling=Sampling(**{"max_tokens": 24, **sampling}),
        draws=draws,
        address="rq_0123",
    )


@pytest.mark.vllm
@pytest.mark.timeout(900)
@pytest.mark.skipif(not REAL_VLLM.exists(), reason="there is no .venv-vllm")
@pytest.mark.skipif(
    not (PRACTICE_MODEL / "model.safetensors").exists(), reason="there is no practice model"
)
def test_the_real_vllm_answers_as_the_fake_does(tmp_path):
    """One start for all that is asked of it, because a start takes half a minute."""
    options = VllmOptions(
        served_model_name="fake", dtype="bfloat16", max_model_len=256, enforce_eager=True
    )
    server = VllmServer(
        str(PRACTICE_MODEL), log_path=tmp_path / "log", options=options, executable=REAL_VLLM
    )

    async def work(engine):
        info = await engine.describe()
        assert (info.kind, info.max_model_len) == ("vllm", 256)
        assert info.has_tokenize
        assert info.has_detokenize
        assert await engine.template_digest() == await engine.template_digest()

        likeliest = practice_request("", tuple(range(8)), logprobs=True, temperature=0.0)
        solutions = await engine.generate(likeliest)
        assert [c.draw for c in solutions] == list(range(8))
        assert all(c.logprobs and len(c.logprobs) == c.completion_tokens for c in solutions)
        for solution in solutions:  # each token starts elsewhere, but the one that ends the turn
            assert solution.token_starts is not None
            assert len({*solution.token_starts, len(solution.text)}) >= solution.completion_tokens

        prefix = "Step 1: Dee has 9 - 3 = 6 eggs.\n"
        rollouts = await engine.generate(practice_request(prefix, (0, 1), temperature=0.0))
        assert [c.draw for c in rollouts] == [0, 1]
        assert rollouts[0].prompt_tokens > solutions[0].prompt_tokens

        long = await engine.generate(practice_request("", repeats=100))
        assert (long[0].finish_reason, long[0].reason) == ("failed", "context_overflow")

    async def chat(engine):
        assert len(await engine.generate(practice_request("", (0, 1)))) == 2
        begun = practice_request("Step 1: Dee", (0, 1), logprobs=True, temperature=0.0)
        continued = await engine.generate(begun)
        assert len(continued) == 2
        assert all(c.token_starts and c.token_starts[0] == 0 for c in continued)

    with server as url:
        with_engine(url, work)
        with_engine(url, chat, api="chat")
