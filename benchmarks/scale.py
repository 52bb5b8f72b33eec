"""Label and write from stored rollouts at growing sizes, start a finished build again, grade.

    python -m benchmarks.scale                                # 10⁴, 10⁵ and 10⁶ solutions
    python -m benchmarks.scale --sizes 10000 --reopen 10000   # a quick look

Synthetic solutions (benchmarks/synthetic.py) are written as a build's own shards, then labelled,
written, counted and closed with a manifest by the code of the build's tasks, in a fresh process for
each size. A finished build is started again by the command line, against a server that counts what
it is asked. Real answers are graded against their references and, as votes and a solution's own
mistake are told, against four other answers to the same problem; verdicts are compared with
math-verify's on a sample. The last line is JSON; everything else is written to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.grade_pairs import graded
from benchmarks.synthetic import STEPS, recipe, write_evidence, write_recipe
from flows.finish import finish
from flows.place import prepare
from flows.shards import Build
from tests.fakes.openai_server import FakeServer

NAME = "synthetic"
REOPENED = 3


def label_and_write(root: Path) -> dict[str, float]:
    """Derive everything in a build folder that holds evidence; figures of this process."""
    nobody: Any = SimpleNamespace(identities={})
    build = Build(root, recipe(NAME), nobody)
    shards = sorted(path.stem for path in (root / "solutions").glob("*.parquet"))
    started, cpu_s = time.perf_counter(), time.process_time()
    for shard in shards:
        build.label(shard)
    labelled = time.perf_counter()
    finish(build, source="")
    done = time.perf_counter()
    return {
        "label_s": labelled - started,
        "manifest_s": done - labelled,
        "seconds": done - started,
        "cpu_s": time.process_time() - cpu_s,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_fresh_process(root: Path) -> dict[str, float]:
    """Run `label_and_write` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scale", "--label", str(root)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def measure(out: Path, solutions: int) -> dict[str, float]:
    """Make a build of so many solutions below `out` and label it."""
    root = out / NAME
    prepare_folder(root)
    write_evidence(root, solutions)
    figures = in_fresh_process(root)
    steps = solutions * STEPS
    print(
        f"{solutions:>9,} solutions: {figures['seconds']:.1f} s "
        f"({steps / figures['seconds']:,.0f} steps/s; labels {figures['label_s']:.1f} s, "
        f"manifest {figures['manifest_s']:.1f} s, processor {figures['cpu_s']:.1f} s), "
        f"peak {figures['peak_mb']:.0f} MB",
        flush=True,
    )
    return figures


def prepare_folder(root: Path) -> None:
    """Begin a build as the command line does."""
    root.mkdir(parents=True)
    prepare(root, recipe(NAME), replace=False)


def reopen(out: Path) -> tuple[float, int]:
    """Start a finished build again by the command line: median seconds, and requests it made."""
    path = write_recipe(out, NAME)
    seconds = []
    with FakeServer() as server:
        command = [sys.executable, "-m", "flows.cli", "build", str(path), "--out", str(out)]
        for _ in range(REOPENED):
            started = time.perf_counter()
            answer = subprocess.run(
                [*command, "--engine", server.url], check=True, capture_output=True, text=True
            )
            seconds.append(time.perf_counter() - started)
            if "nothing to do" not in answer.stdout:
                raise SystemExit(f"The build was not found finished:\n{answer.stdout}")
        return statistics.median(seconds), len(server.seen)


def main() -> None:
    """Parse the arguments, measure, and print JSON on the last line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--reopen", type=int, default=100_000, help="solutions of that build")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="real answers")
    parser.add_argument("--math-verify", type=int, default=2_000, help="pairs to compare")
    parser.add_argument("--scratch", type=Path, help="where the temporary folder is made")
    parser.add_argument("--label", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.label:
        print(json.dumps(label_and_write(arguments.label)))
        return
    by_size = {}
    reopen_s, reopen_requests = None, None
    for size in sorted({*arguments.sizes, arguments.reopen}):
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
            figures = measure(Path(folder), size)
            if size in arguments.sizes:
                by_size[size] = figures
            if size == arguments.reopen:
                reopen_s, reopen_requests = reopen(Path(folder))
    largest = max(by_size)
    report = {
        "steps_per_s": round(largest * STEPS / by_size[largest]["seconds"]),
        "steps_per_cpu_s": round(largest * STEPS / by_size[largest]["cpu_s"]),
        "peak_mb": round(max(figures["peak_mb"] for figures in by_size.values())),
        "seconds_by_size": {size: round(each["seconds"], 2) for size, each in by_size.items()},
        "reopen_s": reopen_s and round(reopen_s, 2),
        "reopen_requests": reopen_requests,
        **graded(arguments.data / "rollouts", arguments.math_verify),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
