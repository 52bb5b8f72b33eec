"""One run of a build from the command line: directory, servers, worker, flow, summary."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from flows.arrivals import source_digest
from flows.card import write_card
from flows.check import check
from flows.crew import Crew
from flows.export import lines_of, missing_exports
from flows.intake import expected_problems
from flows.place import held, keep_policies, note_run, prepare
from flows.progress import Display
from flows.recipe import Recipe
from flows.reviewed import take_reviews
from flows.runtime import Runtime, resolve
from flows.scored import take_scores
from flows.show import print_group, summary
from flows.worker import Progress, Worker, served_name
from stepmark.engines.vllm_command import machine_arguments
from stepmark.engines.vllm_server import VllmOptions, VllmServer
from storage.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFECT_DEFAULTS: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    # A busy machine takes minutes to start the server; one that dies is noticed at once.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
    # With the default the embedded server drops most task runs of a short flow from its record.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
}
"""Prefect's settings where the user has not set them: offline, quiet, patient."""

OWN_SERVER_WAIT_S = 60.0
"""Longest wait for a server that was started for the build: nobody else starts it again."""


def run_build(
    recipe: Recipe,
    runtime: Runtime,
    console: Console,
    *,
    replace: bool = False,
    quiet: bool = False,
    report: Callable[[Progress], object] = lambda _: None,
) -> Manifest:
    """Build into `runtime.out / recipe.name` and print the summary.

    Args:
        recipe: what.
        runtime: where and with whom.
        console: where it is shown.
        replace: start clean.
        quiet: leave the summary out.
        report: is told how far it is when a task has ended.
    """
    root = runtime.out / recipe.name
    with held(root):
        prepare(root, recipe, replace=replace)
        take_reviews(root, recipe, runtime)
        take_scores(root, recipe, runtime.base)
        manifest = read_manifest(root)
        if manifest is None or manifest.source != source_digest(recipe, runtime.base):
            check(recipe, runtime)
            with served(recipe, runtime, root, console) as ready:
                manifest = _build(root, recipe, ready, console, report)
        else:
            console.print("This build is finished and its source holds nothing new: nothing to do.")
        exported = list(missing_exports(root, recipe, manifest))
        write_card(root, recipe, manifest)
    if not quiet:
        print_group(summary(manifest, root), console)
    for export in exported:
        for line in lines_of(export):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return manifest


@contextlib.contextmanager
def served(recipe: Recipe, runtime: Runtime, root: Path, console: Console) -> Iterator[Runtime]:
    """Start a vLLM server for every model that has no address, and stop it at the end."""
    if runtime.offline:
        yield runtime
        return
    with contextlib.ExitStack() as servers:
        addresses = dict(runtime.addresses)
        by_model: dict[str, str] = {}
        for name, block in recipe.policies.items():
            if block.engine != "vllm" or name in addresses:
                continue
            if block.model not in by_model:
                local = resolve(block.model, runtime.base)
                server = VllmServer(
                    str(local) if local.is_dir() else block.model,
                    log_path=root / "logs" / f"vllm-{name}.log",
                    options=VllmOptions(
                        served_model_name=served_name(block.model),
                        dtype=block.dtype,
                        max_model_len=block.max_model_len,
                        extra_arguments=machine_arguments(),
                    ),
                    progress=_Waiting(console, block.model),
                )
                by_model[block.model] = servers.enter_context(server)
            addresses[name] = (by_model[block.model],)
        wait_s = (
            min(runtime.engine_wait_s, OWN_SERVER_WAIT_S) if by_model else runtime.engine_wait_s
        )
        yield replace(runtime, addresses=addresses, engine_wait_s=wait_s)


def _build(
    root: Path,
    recipe: Recipe,
    runtime: Runtime,
    console: Console,
    report: Callable[[Progress], object],
) -> Manifest:
    started, clock = datetime.now(UTC), time.monotonic()
    with Worker(recipe, runtime) as worker:
        keep_policies(root, worker.identities)
        worker.remember_policies()
        team = worker if runtime.task_runner == "threads" else Crew(root, worker, runtime)
        problems, before = expected_problems(recipe, runtime.base), read_manifest(root)
        if problems is not None and before is not None:
            problems = max(0, problems - before.counts["problems"])
        if problems is not None and not recipe.solve.grows:  # a search draws what it finds
            a_problem = 1 if recipe.solutions else recipe.solve.most_kept
            worker.progress.expected = problems * a_problem * len(recipe.annotators)
        try:
            for name, value in PREFECT_DEFAULTS.items():
                os.environ.setdefault(name, value)
            from flows.build import run  # Prefect reads its settings when it is imported

            with Display(team, console):
                return run(root, recipe, worker, team, report)
        finally:
            meter = worker.meter
            note_run(
                root,
                {
                    "started": started.isoformat(timespec="seconds"),
                    "seconds": round(time.monotonic() - clock, 1),
                    "requests": meter.requests,
                    "bought": meter.bought,
                    "reused": meter.reused,
                    "failed": meter.failed,
                    "prompt_tokens": meter.prompt_tokens,
                    "completion_tokens": meter.completion_tokens,
                    **({"workers": team.processes} if isinstance(team, Crew) else {}),
                },
            )


class _Waiting:
    """Says on the console how long a server has been loading, now and then."""

    PERIOD_S = 10

    def __init__(self, console: Console, model: str) -> None:
        self._console = console
        self._model = model
        self._said = -1

    def __call__(self, seconds: float, line: str) -> None:
        period = int(seconds) // self.PERIOD_S
        if period > self._said:
            self._said = period
            self._console.print(
                f"starting vLLM for {self._model}: {seconds:.0f} s  {line[-80:]}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
