"""What a request costs the client: CPU of the whole buying path, the ledger's write included.

    python -m benchmarks.client [--requests 4000] [--in-flight 64]

A fake server in a process of its own answers at once. The client buys draws through `Purchase`
(addressing, look-up, fleet, tokenising, HTTP, parsing, ledger), as a build does: problems probed at
several prefixes, eight draws each. With n = 1 they are bought one by one, as an adaptive probe
does, so that the prompt is tokenised (two or three small requests) for the first of them only; with
n = 8 they are one request, and every request pays for its tokenising. The client's user and system
time, all threads together, is divided by the draw requests. Beside it, in the same run and to the
same server: aiohttp and orjson alone, sending such bodies and reading the answers, as the floor.

Figures: `cpu_ms_per_request` and `requests_per_s` (per second of client CPU: per core) for n = 1;
the same for n = 8 and for the floor.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import aiohttp
import orjson
import uvloop

from stepmark.engines.endpoint import Endpoint
from stepmark.engines.fleet import Fleet
from stepmark.engines.protocol import Message, Prompt, Request, Sampling
from stepmark.ids import content_id
from stepmark.ledger import Ledger
from stepmark.purchase import Meter, Purchase

PREFIXES = 8
"""Prompts of one problem: the question and growing prefixes of its solutions."""
DRAWS = 8
STEP = "Step {i}: she has {a} apples and buys {b} more, so now she has {c} apples in all.\n\n"


def requests(count: int, n: int) -> list[Request]:
    """Return orders that buy `DRAWS` draws of each prompt, `n` at a time, by problem."""
    sampling = Sampling(temperature=0.7, max_tokens=256)
    made = []
    for number in range(count):
        prompt, part = divmod(number, DRAWS // n)
        problem, position = divmod(prompt, PREFIXES)
        question = f"Problem {problem}: " + "Anna has some apples and buys more every day. " * 4
        steps = [STEP.format(i=i, a=problem, b=i, c=problem + i) for i in range(position)]
        made.append(
            Request(
                problem_id=content_id("pb", problem),
                prompt=Prompt(
                    messages=(Message(role="user", content=question),), prefix="".join(steps)
                ),
                sampling=sampling,
                draws=tuple(range(part * n, part * n + n)),
            )
        )
    return made


async def ours(url: str, orders: Sequence[Request], in_flight: int, folder: Path) -> None:
    """Buy all orders as a build does."""
    fleet = Fleet([Endpoint(base_url=url, model="fake", concurrency=in_flight)])
    with closing(Ledger(folder)) as ledger:
        await fleet.meet()
        purchase = Purchase(fleet, ledger, "po_benchmark", Meter())
        await _all(purchase.generate, orders, in_flight)
    await fleet.close()


async def floor(url: str, orders: Sequence[Request], in_flight: int) -> None:
    """Send bodies of the same size with aiohttp and orjson alone."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send(order: Request) -> None:
            text = order.prompt.messages[0].content + order.prompt.prefix
            body = {
                "model": "fake",
                "prompt": list(text.encode()),
                "n": len(order.draws),
                "max_tokens": order.sampling.max_tokens,
                "return_token_ids": True,
            }
            async with session.post(f"{url}/completions", data=orjson.dumps(body)) as response:
                orjson.loads(await response.read())

        await _all(send, orders, in_flight)


async def _all(
    send: Callable[[Request], Awaitable[object]], orders: Sequence[Request], in_flight: int
) -> None:
    """Send all orders, as many at once as in flight and as many again waiting."""
    left = iter(orders)

    async def worker() -> None:
        for order in left:
            await send(order)

    await asyncio.gather(*(worker() for _ in range(2 * in_flight)))


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run on the event loop that a build has."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())  # type: ignore[arg-type]


def cost(work: Callable[[], Awaitable[None]], count: int) -> tuple[float, float]:
    """Return CPU milliseconds a request, and requests a CPU second."""
    start = time.process_time()
    run(work)
    used_s = time.process_time() - start
    return round(1000 * used_s / count, 3), round(count / used_s)


@contextmanager
def server() -> Iterator[str]:
    """Run the fake server in a process of its own; gives its address."""
    command = [sys.executable, "-m", "tests.fakes.openai_server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def measure(count: int, in_flight: int) -> dict[str, float]:
    """Measure ours and the floor, for one and for eight draws a request."""
    figures: dict[str, float] = {}
    with server() as url, tempfile.TemporaryDirectory() as folder:
        run(lambda: floor(url, requests(in_flight, 1), in_flight))  # warm
        for n, suffix in ((1, ""), (8, "_n8")):
            orders = requests(count, n)
            least, fastest = cost(lambda: floor(url, orders, in_flight), count)  # noqa: B023
            path = Path(folder) / str(n)
            used, rate = cost(lambda: ours(url, orders, in_flight, path), count)  # noqa: B023
            figures[f"cpu_ms_per_request{suffix}"] = used
            figures[f"requests_per_s{suffix}"] = rate
            figures[f"floor_cpu_ms_per_request{suffix}"] = least
            figures[f"floor_requests_per_s{suffix}"] = fastest
            print(f"n={n}: {used} ms a request, {rate}/s a core; floor {least} ms, {fastest}/s")
    return figures


def profile(count: int, in_flight: int) -> None:
    """Print where the time of n = 1 goes, but for that of the ledger's thread."""
    orders = requests(count, 1)
    profiler = cProfile.Profile(time.thread_time)
    with server() as url, tempfile.TemporaryDirectory() as folder, profiler:
        run(lambda: ours(url, orders, in_flight, Path(folder)))
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main() -> None:
    """Parse the arguments, measure, and print JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=4000, help="orders of each measurement")
    parser.add_argument("--in-flight", type=int, default=64, help="requests in flight")
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    arguments = parser.parse_args()
    if arguments.profile:
        profile(arguments.requests, arguments.in_flight)
    else:
        print(json.dumps(measure(arguments.requests, arguments.in_flight)))


if __name__ == "__main__":
    main()
