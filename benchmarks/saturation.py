"""How full a build keeps its server, as a share of what a bare client gets out of it.

    python -m benchmarks.saturation             # a simulated server with 256 slots
    python -m benchmarks.saturation --vllm      # and vLLM on this machine, with the practice policy

A build with `binary` probes is run and its requests are recorded; then a client without ledger,
grading, dependencies or Prefect sends the same requests in the same order, at the concurrency where
the server's throughput peaks, which is the build's concurrency too. Shares are of tokens a second,
from the first request to the last answer, medians over interleaved pairs. Prefect's start and the
manifest belong to a build but not to its engine; `*_whole_share` counts them in. `serial_*` is the
schedule of the closest peer, one question and one call of eight draws at a time, on a sample of the
same requests. The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import aiohttp
import orjson
from rich.console import Console

from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.session import run_build, served
from stepmark.engines.transport import Call, Transport
from stepmark.engines.vllm_command import find_vllm
from stepmark.errors import EngineError

PEAK_AMONG = (16, 32, 48, 64, 96)
"""Requests in flight that are tried."""
SERIAL_CALLS = 24
PLENTY = 400
"""Requests that the search for the peak is made with, at most."""


class Sent(NamedTuple):
    """A draw request that a build made."""

    started_s: float
    ended_s: float
    url: str
    body: bytes
    tokens: int


class Pair(NamedTuple):
    """Tokens a second of a build and of the bare client, and of the build as a whole."""

    build: float
    whole: float
    bare: float


@contextlib.contextmanager
def recording() -> Iterator[list[Sent]]:
    """Note every draw request that is made meanwhile in this process."""
    sent: list[Sent] = []
    original: Any = Transport.call

    async def call(self: Transport, order: Call, read: Callable[[Any], Any]) -> Any:
        started_s = time.perf_counter()
        result = await original(self, order, read)
        if order.url.endswith("completions"):
            tokens = sum(completion.completion_tokens for completion in result)
            body = orjson.dumps(order.body)
            sent.append(Sent(started_s, time.perf_counter(), order.url, body, tokens))
        return result

    with patch.object(Transport, "call", call):
        yield sent


def build(recipe: Recipe, runtime: Runtime) -> tuple[list[Sent], float]:
    """Run a build; return its requests in the order they were made, and the seconds it took."""
    started = time.perf_counter()
    with recording() as sent:
        run_build(recipe, runtime, Console(file=io.StringIO()))
    return sorted(sent), time.perf_counter() - started


async def replay(sent: Sequence[Sent], concurrency: int) -> float:
    """Send requests again with nothing but HTTP; return tokens a second."""
    places = asyncio.Semaphore(concurrency)
    timeout = aiohttp.ClientTimeout(total=None)
    headers = {"Content-Type": "application/json"}

    async def one(session: aiohttp.ClientSession, request: Sent) -> int:
        async with (
            places,
            session.post(request.url, data=request.body, headers=headers) as response,
        ):
            answer = orjson.loads(await response.read())
            return int(answer["usage"]["completion_tokens"])

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        started = time.perf_counter()
        tokens = await asyncio.gather(*(one(session, request) for request in sent))
        return sum(tokens) / (time.perf_counter() - started)


def peak(sent: Sequence[Sent]) -> int:
    """Return the requests in flight that bring most tokens a second."""
    sample = sent[:PLENTY]
    rates = {places: asyncio.run(replay(sample, places)) for places in PEAK_AMONG}
    print("  bare client:", {places: round(rate) for places, rate in rates.items()}, flush=True)
    return max(rates, key=lambda places: rates[places])


def measure(
    name: str, recipe: Recipe, runtime: Runtime, pairs: int, in_flight: int | None
) -> dict[str, Any]:
    """Return the shares of one server."""
    print(f"{name}:", flush=True)
    out = runtime.out
    places = in_flight or peak(build(recipe, at(runtime, out / "first", 32))[0])
    found = []
    for number in range(pairs):
        requests, seconds = build(recipe, at(runtime, out / str(number), places))
        tokens = sum(request.tokens for request in requests)
        window = max(r.ended_s for r in requests) - requests[0].started_s
        bare = asyncio.run(replay(requests, places))
        found.append(Pair(tokens / window, tokens / seconds, bare))
        print(
            f"  {len(requests)} requests, {tokens:,} tokens at {places} in flight: build "
            f"{found[-1].build:,.0f}, bare {bare:,.0f} tokens/s",
            flush=True,
        )
    calls = [request for request in requests if orjson.loads(request.body).get("n") == 8]
    sample = calls[:: max(1, len(calls) // SERIAL_CALLS)][:SERIAL_CALLS]
    serial = asyncio.run(replay(sample, 1))
    bare = statistics.median(pair.bare for pair in found)
    print(f"  serial: {serial:,.0f} tokens/s over {len(sample)} calls", flush=True)
    return {
        f"{name}_share": round(statistics.median(p.build / p.bare for p in found), 3),
        f"{name}_whole_share": round(statistics.median(p.whole / p.bare for p in found), 3),
        f"serial_{name}_share": round(serial / bare, 3),
        f"{name}_in_flight": places,
    }


def at(runtime: Runtime, out: Path, concurrency: int) -> Runtime:
    """Return the runtime of one build: a fresh folder and ledger."""
    return Runtime(out=out, base=runtime.base, addresses=runtime.addresses, concurrency=concurrency)


def simulated(folder: Path, solutions: int, pairs: int, in_flight: int | None) -> dict[str, Any]:
    """Measure on the simulated server."""
    recipe = simulated_recipe(folder, solutions)
    command = [sys.executable, "-m", "benchmarks.simulated_server"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        addresses: dict[str, tuple[str, ...]] = {"solver": (server.stdout.readline().strip(),)}
        runtime = Runtime(out=folder, base=folder, addresses=addresses)
        return measure("simulated", recipe, runtime, pairs, in_flight)


def simulated_recipe(folder: Path, solutions: int) -> Recipe:
    """Write a recipe and problems that the simulated server's text fits."""
    problems = [{"question": f"Case {i}?", "answer": "7"} for i in range(-(-solutions // 8))]
    (folder / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in problems))
    path = folder / "simulated.yaml"
    path.write_text(
        json.dumps(
            {
                "name": "simulated",
                "problems": {"path": "problems.jsonl", "statement": "question",
                             "reference": "answer"},
                "policies": {"solver": {"engine": "vllm", "model": "fake"}},
                "solve": {"policy": "solver", "samples": 8, "prompt": "bare"},
                "segment": {"method": "step_markers"},
                "annotators": {"mc": searched()},
                "labels": {"from": "mc"},
                "shard_problems": 16,
            }
        )
    )  # fmt: skip
    return load_recipe(str(path))[0]


def searched() -> dict[str, Any]:
    """Return an annotator with OmegaPRM's search."""
    return {
        "method": "monte_carlo",
        "policy": "solver",
        "probe": {"method": "binary", "draws": 8},
        "rule": {"method": "hard"},
        "right_answers": "assume_correct",
    }


def with_vllm(folder: Path, solutions: int, pairs: int, in_flight: int | None) -> dict[str, Any]:
    """Measure on vLLM with the practice policy, or say why not."""
    try:
        find_vllm()
    except EngineError as error:
        print(f"vllm: skipped. {error}")
        return {"vllm_share": None, "serial_vllm_share": None}
    changes = {
        "annotators.mc": searched(),
        "solve.samples": 8,
        "limit": -(-solutions // 8),
    }
    recipe, base = load_recipe("quickstart", changes)
    runtime = Runtime(out=folder, base=base)
    with served(recipe, runtime, folder, Console(stderr=True)) as ready:
        return measure("vllm", recipe, ready, pairs, in_flight)


def main() -> None:
    """Parse the arguments, measure, and print JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--solutions", type=int, default=400, help="of a simulated build")
    parser.add_argument(
        "--vllm-solutions",
        type=int,
        default=2400,
        help="of a build on vLLM: the practice policy's are short, and starting takes its time",
    )
    parser.add_argument("--pairs", type=int, default=3, help="builds, each with its replay")
    parser.add_argument("--in-flight", type=int, help="requests, instead of looking for the peak")
    parser.add_argument("--vllm", action="store_true", help="measure vLLM too")
    parser.add_argument("--no-simulation", action="store_true", help="measure vLLM alone")
    arguments = parser.parse_args()
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        os.environ["PREFECT_HOME"] = str(Path(name) / "prefect")
        for kind, chosen, run, solutions in (
            ("simulated", not arguments.no_simulation, simulated, arguments.solutions),
            ("vllm", arguments.vllm, with_vllm, arguments.vllm_solutions),
        ):
            if chosen:
                folder = Path(name) / kind
                folder.mkdir()
                report |= run(folder, solutions, arguments.pairs, arguments.in_flight)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
