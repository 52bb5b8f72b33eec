"""Kills a build at random moments, restarts it until it is done, and looks for what was lost.

    python -m benchmarks.crash                 100 kills
    python -m benchmarks.crash --kills 10

Killed with SIGKILL, as a whole process group, is `stepmark build` as a user runs it: flow, engine
loop, ledger writer, graders. Left alone are the fake inference server, whose texts are a function
of prompt and draw, and one Prefect server that all lives share, so that a life starts in seconds
(PREFECT_API_URL names one that runs; else one is started). Four kills of five fall while the
server answers, after a random number of requests and a random short delay; the fifth at a random
time, so that start-up, the writing of shards and the end are hit too. A build that is done before
all kills are spent is judged, and another one begun.

Judged are, for every build: whether all files it derived equal, byte for byte, those of an
uninterrupted build and those of an offline replay from its ledger; draws asked for more often than
they were in flight at a kill, plus one (in flight: asked for, and not in the ledger once the client
was dead); draws that the ledger had after a kill and has not, or otherwise, later. The last line is
JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from flows.session import PREFECT_DEFAULTS
from stepmark.engines.protocol import Completion
from stepmark.ledger import Ledger
from tests.fakes.openai_server import FakeServer, Seen
from tests.flows.arrange import files_of, recipe_text, write_jsonl

PROBLEMS = 24
SAMPLES = 4
DRAWS = 8
LATENCY_S = 0.02
CONCURRENCY = 8
LIVES = 8
"""About how many lives a build is meant to have."""
AT_WORK_SHARE = 0.8
LONGEST_DELAY_S = 0.05
PATIENCE_S = 600

Draw = tuple[str, int]
"""Address and index."""


def main() -> None:
    """Kill, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, prefect_server(Path(scratch)) as api:
        figures = measure(Path(scratch), options.kills, options.seed, api)
    print(json.dumps(figures))


@contextlib.contextmanager
def prefect_server(scratch: Path) -> Iterator[str]:
    """Give the address of a Prefect server: the one that runs, or one of our own."""
    if running := os.environ.get("PREFECT_API_URL"):
        yield running
        return
    os.environ.update(PREFECT_DEFAULTS, PREFECT_HOME=str(scratch / "prefect"))
    from prefect.settings import PREFECT_API_URL

    from flows.prefect_server import one_server

    with one_server():
        yield str(PREFECT_API_URL.value())


def measure(
    scratch: Path, kills: int, seed: int, api: str, lives: int = LIVES
) -> dict[str, int | bool]:
    """Spend all kills, on as many builds as it takes, and return the figures."""
    rng = random.Random(seed)
    write_jsonl(
        scratch / "problems.jsonl",
        [{"question": f"What is {n} + {n}?", "answer": str(2 * n % 10)} for n in range(PROBLEMS)],
    )
    recipe = scratch / "recipe.yaml"
    recipe.write_text(
        recipe_text(
            policies={"solver": {"engine": "vllm", "model": "fake"}},
            segment={"method": "blank_line"},
            solve__samples=SAMPLES,
            annotators__mc__probe={"method": "exhaustive", "draws": DRAWS},
            shard_problems=4,
        )
    )
    total = Tally()
    with FakeServer(latency_s=LATENCY_S) as server:
        stage = Stage(scratch=scratch, recipe=recipe, server=server, api=api)
        stage.finish("uninterrupted")
        whole = files_of(scratch / "uninterrupted" / "tiny")
        a_life = max(1, len(server.draws) * 2 // lives)
        while total.kills < kills:
            build = KilledBuild(stage, f"killed-{total.builds}", rng, a_life)
            total.add(build, build.run(kills - total.kills), whole)
            print(f"{total}", flush=True)
    return total.figures()


@dataclass(kw_only=True)
class Stage:
    """Where builds run, and what they ask."""

    scratch: Path
    recipe: Path
    server: FakeServer
    api: str

    def start(self, out: str, *options: str) -> subprocess.Popen[bytes]:
        """Start `stepmark build` in a process group of its own."""
        command = [sys.executable, "-m", "flows.cli", "build", str(self.recipe)]
        command += ["--out", str(self.scratch / out), *options]
        environment = os.environ | {
            "PREFECT_API_URL": self.api,
            "PREFECT_HOME": str(self.scratch / "prefect"),
        }
        with self._log(out).open("wb") as log:
            return subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def buying(self, out: str) -> subprocess.Popen[bytes]:
        """Start a build that buys what its ledger does not have."""
        return self.start(out, "--engine", self.server.url, "--concurrency", str(CONCURRENCY))

    def finish(self, out: str, ledger: str | None = None) -> None:
        """Run a build to its end; from a ledger alone, if one is given."""
        replayed = self.scratch / f"{ledger}" / "ledger"
        build = (
            self.buying(out)
            if ledger is None
            else self.start(out, "--offline", "--ledger", str(replayed))
        )
        build.wait(PATIENCE_S)
        self.check(out, build)

    def check(self, out: str, build: subprocess.Popen[bytes]) -> None:
        """Stop the benchmark where a build failed by itself."""
        if build.returncode:
            told = self._log(out).read_text(errors="replace")
            raise SystemExit(f"A build failed with {build.returncode}:\n{told[-4000:]}")

    def ledger(self, out: str) -> dict[Draw, Completion]:
        """Return all that the ledger of a build holds."""
        folder = self.scratch / out / "ledger"
        if not (folder / "ledger.json").exists():
            return {}
        with contextlib.closing(Ledger(folder)) as ledger:
            return {(address, kept.draw): kept for address, _, kept in ledger.entries()}

    def take_asked(self) -> Counter[Draw]:
        """Return the draws asked for since the last call, once nothing is under way."""
        while self.server.in_flight:
            time.sleep(0.01)
        asked = Counter(draw for seen in self.server.draws for draw in _draws(seen))
        self.server.seen.clear()
        return asked

    def _log(self, out: str) -> Path:
        return self.scratch / f"{out}.log"


@dataclass
class KilledBuild:
    """A build that lives several lives."""

    stage: Stage
    out: str
    rng: random.Random
    a_life: int
    """Most requests that a life is given."""
    asked: Counter[Draw] = field(default_factory=Counter)
    """How often each draw was asked for."""
    in_flight: Counter[Draw] = field(default_factory=Counter)
    """At how many kills each draw was in flight."""
    stored: dict[Draw, Completion] = field(default_factory=dict)
    """What the ledger had at some kill."""
    lost: set[Draw] = field(default_factory=set)
    """Of those, what it did not have, or had otherwise, later."""
    kills: int = 0
    kills_at_work: int = 0
    """Kills of a life that had asked for something."""

    def run(self, most_kills: int) -> int:
        """Let the build live until it is done or the kills are spent, and then to its end."""
        self.stage.take_asked()
        done = False
        while not done and self.kills < most_kills:
            done = self._live()
        if not done:
            self.stage.finish(self.out)
            self._take_stock(killed=False)
        return self.kills

    def _live(self) -> bool:
        """Run until the chosen moment and kill, unless the build is done before; tell which."""
        build = self.stage.buying(self.out)
        self._wait_for_moment(build)
        done = build.poll() is not None
        if not done:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()
        else:
            self.stage.check(self.out, build)
        self._take_stock(killed=not done)
        return done

    def _wait_for_moment(self, build: subprocess.Popen[bytes]) -> None:
        server, started = self.stage.server, time.monotonic()
        if self.rng.random() < AT_WORK_SHARE:
            wanted = server.draw_requests + self.rng.randint(1, self.a_life)
            while build.poll() is None and server.draw_requests < wanted:
                time.sleep(0.001)
            time.sleep(self.rng.uniform(0, LONGEST_DELAY_S))
            return
        first = server.draw_requests
        while build.poll() is None and server.draw_requests == first and self.rng.random() < 0.999:
            time.sleep(0.01)
        after = self.rng.uniform(0, max(1.0, time.monotonic() - started))
        with contextlib.suppress(subprocess.TimeoutExpired):
            build.wait(after)

    def _take_stock(self, *, killed: bool) -> None:
        """Compare what was asked with what is stored."""
        asked = self.stage.take_asked()
        self.asked += asked
        now = self.stage.ledger(self.out)
        self.lost |= {draw for draw, kept in self.stored.items() if now.get(draw) != kept}
        self.stored |= now
        if killed:
            self.kills += 1
            self.kills_at_work += bool(asked)
            self.in_flight.update(draw for draw in asked if draw not in now)

    @property
    def rebought(self) -> int:
        """Draws asked for again, over all lives."""
        return sum(count - 1 for count in self.asked.values())

    @property
    def beyond(self) -> int:
        """Those of them that were not in flight at a kill."""
        return sum(max(0, count - 1 - self.in_flight[draw]) for draw, count in self.asked.items())


@dataclass
class Tally:
    """Figures of all builds together."""

    builds: int = 0
    kills: int = 0
    kills_at_work: int = 0
    identical: bool = True
    in_flight: int = 0
    rebought: int = 0
    beyond: int = 0
    lost: int = 0

    def add(self, build: KilledBuild, kills: int, whole: dict[str, bytes]) -> None:
        """Replay a build that is done, compare, and count."""
        stage, replay = build.stage, f"replay-{self.builds}"
        stage.finish(replay, ledger=build.out)
        for out in (build.out, replay):
            differing = _differing(files_of(stage.scratch / out / "tiny"), whole)
            if differing:
                print(f"{out} differs from the uninterrupted build in {differing}")
                self.identical = False
        self.builds += 1
        self.kills += kills
        self.kills_at_work += build.kills_at_work
        self.in_flight += build.in_flight.total()
        self.rebought += build.rebought
        self.beyond += build.beyond
        self.lost += len(build.lost)

    def figures(self) -> dict[str, int | bool]:
        """Return what is printed last."""
        return {
            "kills": self.kills,
            "identical": self.identical,
            "rebought_beyond_in_flight": self.beyond,
            "lost": self.lost,
            "builds": self.builds,
            "kills_at_work": self.kills_at_work,
            "in_flight_at_kills": self.in_flight,
            "rebought": self.rebought,
        }


def _draws(seen: Seen) -> Iterator[Draw]:
    """Read the draws of a request from its id, which names the first of `n` that follow."""
    address, _, first = seen.headers["X-Request-Id"].rpartition("-")
    for index in range(seen.body.get("n", 1)):
        yield address, int(first) + index


def _differing(files: dict[str, bytes], others: dict[str, bytes]) -> list[str]:
    """Return the names of the files that are not the same in both."""
    return sorted(
        name for name in files.keys() | others.keys() if files.get(name) != others.get(name)
    )


if __name__ == "__main__":
    main()
