"""The command line: `stepmark build`, `status`, `show`, `export`, `check`, `plan` and others."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
import yaml
from rich.console import Console

from flows.evaluate_command import evaluate
from flows.ledger_commands import app as ledger_app
from flows.opening import open_recipe
from flows.options import (
    BuildDir,
    Engines,
    KeyEnv,
    LedgerDir,
    Limit,
    Models,
    Out,
    Problems,
    RecipeName,
    Settings,
)
from flows.runtime import TaskRunner
from stepmark.errors import Interrupted, StepmarkError

app = typer.Typer(
    name="stepmark",
    help="Make training data for process reward models: sample solutions, label every step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
INTERRUPTED = 130
"""Exit code after Ctrl-C or SIGTERM; the option parser returns it for an interrupt of its own."""

console = Console()
errors = Console(stderr=True)
app.add_typer(ledger_app, name="ledger")
app.command()(evaluate)


@app.command()
def build(
    recipe: RecipeName,
    out: Out = Path("runs"),
    limit: Limit = None,
    engine: Engines = None,
    model: Models = None,
    problems: Problems = None,
    settings: Settings = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Start clean; the ledger is kept.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Replay from the ledger; no server is asked.")
    ] = False,
    ledger: LedgerDir = None,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Stop, resumable, after buying this many tokens.")
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Requests in flight, for each server.")
    ] = 64,
    engine_wait: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Wait so long for servers that are all down, then stop, resumable.",
        ),
    ] = 1800.0,
    api_key_env: KeyEnv = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1)] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(min=1)] = None,
    task_runner: Annotated[
        TaskRunner, typer.Option(help="Run the tasks in threads, or in processes of Ray or Dask.")
    ] = "threads",
    workers: Annotated[
        int,
        typer.Option(
            min=1, help="With ray or dask, worker processes: they share the requests in flight."
        ),
    ] = 2,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Ray or Dask cluster that runs already, e.g. ray://head:10001 or tcp://head:8786; "
            "without it one is started on this machine.",
        ),
    ] = None,
) -> None:
    """Build a dataset from a recipe, or continue one that was interrupted."""
    from flows.session import run_build

    loaded, runtime = open_recipe(recipe, out, limit, engine, model, problems, settings)
    runtime = runtime.with_ledger(ledger, offline=offline).with_limits(
        concurrency=concurrency,
        max_tokens=max_tokens,
        api_key_env=api_key_env,
        requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
        engine_wait_s=engine_wait,
    )
    runtime = runtime.with_workers(task_runner, workers, cluster)
    run_build(loaded, runtime, console, replace=replace)


@app.command()
def check(
    recipe: RecipeName,
    out: Out = Path("runs"),
    limit: Limit = None,
    engine: Engines = None,
    model: Models = None,
    problems: Problems = None,
    settings: Settings = None,
) -> None:
    """Find everything that can fail before the first token is bought."""
    from flows.check import check as check_recipe

    for line in check_recipe(*open_recipe(recipe, out, limit, engine, model, problems, settings)):
        say(f"ok  {line}")


@app.command()
def plan(
    recipe: RecipeName,
    out: Out = Path("runs"),
    limit: Limit = None,
    problems: Problems = None,
    settings: Settings = None,
) -> None:
    """Say how many requests, tokens and minutes a build will need."""
    from flows.plan import plan as plan_recipe

    table, assumed = plan_recipe(*open_recipe(recipe, out, limit, None, None, problems, settings))
    console.print(table)
    say(assumed)


@app.command()
def status(folder: BuildDir) -> None:
    """Say where a build stands."""
    from flows.show import print_group
    from flows.show import status as status_of

    print_group(status_of(folder), console)


@app.command()
def show(
    folder: BuildDir,
    solution: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Solution id, or how it begins.")
    ] = None,
    step: Annotated[
        int | None, typer.Argument(metavar="[STEP]", help="With --why, this step alone.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show the completions that each label rests on.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="With --why, leave no text out.")] = False,
    differ: Annotated[
        bool, typer.Option("--differ", help="List solutions that the annotators disagree on.")
    ] = False,
    ledger: LedgerDir = None,
) -> None:
    """Show one labelled solution in colour; without an ID one with an error inside."""
    from flows.show import coloured, find_solution, print_group

    if differ:
        from flows.disagreements import disagreements

        print_group(disagreements(folder), console)
        return
    row = find_solution(folder, solution)
    if not why:
        if step is not None or full:
            raise typer.BadParameter("STEP and --full go with --why.")
        print_group(coloured(row, folder), console)
        return
    from flows.trace import trace
    from flows.why import why as explain

    traced = trace(folder, row, ledger or folder.resolve().parent / "ledger")
    print_group(explain(traced, step, full=full), console)


@app.command()
def export(
    folder: BuildDir,
    format_: Annotated[
        str, typer.Option("--format", metavar="F", help="Trainer format; docs/exports.md has all.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write, instead of DIR/export/F.")
    ] = None,
) -> None:
    """Write the labels of a finished build in a trainer's own format."""
    from flows.export import export as export_build
    from flows.export import lines_of

    for line in lines_of(export_build(folder, format_, out)):
        say(line)


@app.command()
def publish(
    folder: BuildDir,
    repo: Annotated[str, typer.Argument(metavar="REPO", help="Data set, as OWNER/NAME.")],
    public: Annotated[
        bool, typer.Option("--public", help="Let everybody read it, if it is new.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; change nothing there.")
    ] = False,
    revision: Annotated[
        str | None, typer.Option(metavar="BRANCH", help="Branch to publish to, instead of main.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Name for what is published now.")] = None,
) -> None:
    """Publish a finished build on the Hugging Face Hub: shards, exports and card, as one commit.

    A data set that is not there yet is made private. The token is from HF_TOKEN or `hf auth login`.
    """
    from flows.publish import lines_of
    from flows.publish import publish as publish_build

    published = publish_build(
        folder,
        repo,
        public=public,
        dry_run=dry_run,
        branch=revision,
        tag=tag,
        progress=lambda files: say(f"sent {files:,} files"),
    )
    for line in lines_of(published, repo):
        say(line)


@app.command()
def deploy(
    recipe: RecipeName,
    cron: Annotated[
        str | None,
        typer.Option(metavar="CRON", help="When, in UTC, e.g. '0 2 * * *'; else by hand alone."),
    ] = None,
    publish_to: Annotated[
        str | None,
        typer.Option("--publish", metavar="REPO", help="Data set to publish to, as OWNER/NAME."),
    ] = None,
    revision: Annotated[
        str | None, typer.Option(metavar="BRANCH", help="Branch to publish to, instead of main.")
    ] = None,
    out: Out = Path("runs"),
    engine: Engines = None,
    model: Models = None,
    problems: Problems = None,
    settings: Settings = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Requests in flight, for each server.")
    ] = 64,
    api_key_env: KeyEnv = None,
    pool: Annotated[str, typer.Option(help="Work pool of the worker that runs it.")] = "stepmark",
) -> None:
    """Have a Prefect server build what is new on a schedule, and publish it.

    docs/schedule.md goes from nothing to a nightly build.
    """
    from flows.deployments import deploy as deploy_build

    file = Path(recipe)
    parameters = {
        "recipe": str(file.resolve()) if file.is_file() else recipe,
        "out": str(out.resolve()),
        "engine": engine,
        "model": model,
        "problems": str(problems.resolve()) if problems else None,
        "settings": settings,
        "concurrency": concurrency,
        "api_key_env": api_key_env,
        "publish_to": publish_to,
        "revision": revision,
    }
    name = deploy_build(parameters, cron=cron, pool=pool)
    say(f"deployed {name}: {f'at {cron} (UTC)' if cron else 'by hand'}")
    say(f"worker   prefect worker start --pool {pool}")
    say(f"run now  prefect deployment run {name}")


@app.command(name="fit")
def fit_posterior(
    folder: BuildDir,
    annotator: Annotated[str, typer.Option(help="Whose rollouts to fit on.")] = "mc",
) -> None:
    """Fit the posterior on a finished build, and print what a recipe's `hyper` takes.

    The adaptive probe and the posterior rule believe it of the solutions of the next build.
    """
    from flows.fitting import fitted, rounded

    found = fitted(folder, annotator)
    say(
        f"# fitted on {found.rollouts:,} rollouts, from {found.wrong:,} solutions with a wrong "
        f"answer among others, of {folder}"
    )
    say("# Put it into the recipe, below `probe` and below `rule`.")
    say(yaml.safe_dump({"hyper": rounded(found.hyper)}, default_flow_style=None, sort_keys=False))


@app.command()
def rates(
    folder: BuildDir,
    gold: Annotated[
        Path | None, typer.Option(help="Gold file that the build's solutions are from.")
    ] = None,
) -> None:
    """Estimate how often annotators err, and print what a recipe's `witnesses` takes.

    On gold it is counted; without, it follows from the disagreement of three annotators or more.
    """
    from flows.rates import as_block, from_disagreement, on_gold
    from stepmark.gold import read_gold

    found = from_disagreement(folder) if gold is None else on_gold(folder, read_gold(gold))
    how = "from disagreement alone, as if they erred independently" if gold is None else "on gold"
    say(f"# {how}: {found.solutions:,} solutions of {folder}")
    say("# Put those of judges into the recipe, below an annotator with the posterior rule.")
    block = {"witnesses": as_block(found.rates)}
    say(yaml.safe_dump(block, default_flow_style=None, sort_keys=False))


@app.command()
def recipes() -> None:
    """List the recipes that ship."""
    from flows.recipe_file import find_recipe, shipped_recipes

    for name in shipped_recipes():
        about = find_recipe(name).read_text(encoding="utf-8").splitlines()[1].lstrip("# ")
        say(f"{name:20} {about}")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say what this machine has and lacks, and how to install what is missing."""
    from flows.doctor import examine, lines

    for line in lines(examine(), as_json=as_json):
        say(line)


def say(line: str) -> None:
    """Print a line as it is, and leave the breaking of long ones to the terminal."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line: faults are messages, and every way out closes what was opened."""
    signal.signal(signal.SIGTERM, _on_terminate)
    try:
        code = app(standalone_mode=False)
    except Interrupted:
        code = INTERRUPTED
    except StepmarkError as error:
        _fail(f"{type(error).__name__}: {error}", 1)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of the option parser
            _fail(f"{error.format_message()} Try --help.", 2)
        raise
    if code == INTERRUPTED:
        _fail("Stopped. Nothing paid is lost: run the same command to continue.", INTERRUPTED)
    sys.exit(code or 0)


def _on_terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as after Ctrl-C, so that servers are stopped and files closed on the way."""
    raise KeyboardInterrupt


def _fail(message: str, code: int) -> NoReturn:
    errors.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
