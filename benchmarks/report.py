"""Write the report of a large build and open it in Chromium: size, seconds, memory.

    python -m benchmarks.report                      # 100,000 synthetic solutions
    python -m benchmarks.report --solutions 5000     # a quick look

Synthetic solutions (benchmarks/synthetic.py) are labelled by the code of a build's tasks; then the
report alone is written, in a process of its own so that its memory is told apart. The page is
opened from disk, as a reader does, and counts as open when its list can be filtered and a frame was
drawn; the median of three. `blank` is an empty page opened in the same way. On a busy machine wall
times say how busy: `cpu` is what the process, or the main thread of the page, computed.
The last line is JSON; everything else is written to a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from benchmarks.synthetic import recipe, write_evidence
from flows.finish import finish
from flows.report import report
from flows.shards import Build
from storage.atomic import write_text_whole

OPENED = 3
PATIENCE_MS = 600_000
READY = "() => !document.getElementById('count') || document.getElementById('count').textContent"
FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def arrange(root: Path, solutions: int) -> None:
    """Write a finished build of synthetic solutions."""
    nobody: Any = SimpleNamespace(identities={})
    build = Build(root, recipe("synthetic"), nobody)
    for shard in write_evidence(root, solutions):
        build.label(shard)
    write_text_whole(root / "recipe.yaml", "name: synthetic\n")
    finish(build, source="")


def written(root: Path) -> dict[str, float]:
    """Write the report; figures of this process."""
    started, cpu_s = time.perf_counter(), time.process_time()
    path = report(root)
    return {
        "write_s": time.perf_counter() - started,
        "write_cpu_s": time.process_time() - cpu_s,
        "megabytes": path.stat().st_size / 1e6,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_fresh_process(root: Path) -> dict[str, float]:
    """Run `written` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.report", "--write", str(root)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


class Opening(NamedTuple):
    """What opening a page took."""

    wall_s: float
    cpu_s: float
    """Of the page's main thread."""


def opening(browser: Browser, path: Path) -> Opening:
    """Open a page a few times; return the medians."""
    took = []
    for _ in range(OPENED):
        page = browser.new_page()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        started = time.perf_counter()
        page.goto(path.as_uri(), timeout=PATIENCE_MS)
        page.wait_for_function(READY, timeout=PATIENCE_MS)
        page.evaluate(FRAME)
        wall_s = time.perf_counter() - started
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        took.append(Opening(wall_s, {m["name"]: m["value"] for m in metrics}["TaskDuration"]))
        page.close()
    return Opening(*(statistics.median(figures) for figures in zip(*took, strict=True)))


def opened(root: Path) -> dict[str, float]:
    """Open the report and an empty page."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("There is no chromium: install Debian's package of that name.")
    blank = root / "blank.html"
    blank.write_text("<!doctype html><title>blank</title>", encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opening(browser, blank)  # the first page of a browser is slower than any other
        empty, full = opening(browser, blank), opening(browser, root / "report.html")
        browser.close()
    return {
        "open_s": full.wall_s,
        "blank_s": empty.wall_s,
        "open_to_blank": full.wall_s / empty.wall_s,
        "open_cpu_s": full.cpu_s,
        "blank_cpu_s": empty.cpu_s,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--solutions", type=int, default=100_000)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        print(json.dumps(written(given.write)))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "synthetic"
        arrange(root, given.solutions)
        figures = {"solutions": given.solutions, **in_fresh_process(root), **opened(root)}
    print(json.dumps({name: round(figure, 3) for name, figure in figures.items()}))


if __name__ == "__main__":
    main()
