"""The command line: `stepmark build`, `status`, `show`, `export`, `check`, `plan` and others."""

from __future__ import annotations

from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Annotated

import typer
import yaml

from flows.delivery_commands import deploy, export, publish
from flows.entry import main
from flows.evaluate_command import evaluate
from flows.ledger_commands import app as ledger_app
from flows.opening import open_recipe
from flows.options import (
    BuildDir,
    Cluster,
    Concurrency,
    Engines,
    EngineWait,
    KeyEnv,
    LedgerDir,
    Limit,
    MaxTokens,
    Models,
    Out,
    Problems,
    RecipeName,
    RequestsPerMinute,
    Runner,
    Settings,
    TokensPerMinute,
    Workers,
)
from flows.review.commands import app as review_app
from flows.terminal import console, say
from stepmark import __version__

__all__ = ["app", "main"]

app = typer.Typer(
    name="stepmark",
    help="Make training data for process reward models: sample solutions, label every step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 done, 1 an error (its message says what to do), 2 wrong usage, "
    "130 stopped by Ctrl-C or SIGTERM; the same command goes on.",
)
app.add_typer(ledger_app, name="ledger")
app.add_typer(review_app, name="review")


def _version(wanted: bool) -> None:  # noqa: FBT001 (the option parser calls it so)
    if wanted:
        say(f"stepmark {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Make training data for process reward models: sample solutions, label every step."""


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
    max_tokens: MaxTokens = None,
    concurrency: Concurrency = 64,
    engine_wait: EngineWait = 1800.0,
    api_key_env: KeyEnv = None,
    requests_per_minute: RequestsPerMinute = None,
    tokens_per_minute: TokensPerMinute = None,
    task_runner: Runner = "threads",
    workers: Workers = 2,
    cluster: Cluster = None,
) -> None:
    """Build a dataset from a recipe, or continue its build."""
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
    api_key_env: KeyEnv = None,
) -> None:
    """Find what can fail before the first token is bought."""
    from flows.check import ask_servers
    from flows.check import check as check_recipe

    loaded, runtime = open_recipe(recipe, out, limit, engine, model, problems, settings)
    runtime = replace_fields(runtime, api_key_env=api_key_env)
    for line in check_recipe(loaded, runtime):
        say(f"ok  {line}")
    for line in ask_servers(loaded, runtime):
        say(f"ok  {line}")


@app.command()
def plan(
    recipe: RecipeName,
    out: Out = Path("runs"),
    limit: Limit = None,
    engine: Engines = None,
    model: Models = None,
    problems: Problems = None,
    settings: Settings = None,
) -> None:
    """Say how many requests, tokens and minutes a build needs.

    No server is asked: lengths and pace are measured on the build's own folder once it was begun,
    and guessed before.
    """
    from flows.plan import plan as plan_recipe

    opened = open_recipe(recipe, out, limit, engine, model, problems, settings)
    table, assumed = plan_recipe(*opened)
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
        str | None, typer.Argument(metavar="ID", help="Solution id, or how it begins.")
    ] = None,
    step: Annotated[
        int | None, typer.Argument(metavar="STEP", help="With --why, this step alone.")
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
    """Show a labelled solution; without ID, one with an error inside."""
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
def report(folder: BuildDir) -> None:
    """Write a finished build's report.html again."""
    from flows.report import report as write_report

    say(f"wrote {write_report(folder)}")


@app.command()
def compare(
    folder: BuildDir,
    other: BuildDir,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")
    ] = None,
) -> None:
    """Compare two builds' labels on the solutions that both have."""
    from flows.compare import compare as compare_builds
    from flows.show import print_group
    from flows.side_by_side import tables, write_page

    compared = compare_builds(folder, other)
    print_group(tables(compared), console)
    if html:
        write_page(compared, html)
        say(f"wrote {html}")


@app.command(name="fit")
def fit_posterior(
    folder: BuildDir,
    annotator: Annotated[
        str, typer.Option(metavar="NAME", help="Whose rollouts to fit on.")
    ] = "mc",
) -> None:
    """Fit the posterior on a finished build, for the next recipe.

    Prints what a recipe's `hyper` takes: the adaptive probe and the posterior rule believe it of
    the solutions of the next build.
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
        Path | None,
        typer.Option(metavar="FILE", help="Gold file that the build's solutions are from."),
    ] = None,
) -> None:
    """Estimate how often annotators err, for the next recipe.

    Prints what a recipe's `witnesses` takes. On gold it is counted; without, it follows from the
    disagreement of three annotators or more.
    """
    from flows.rates import as_block, from_disagreement, on_gold
    from stepmark.gold import read_gold

    found = from_disagreement(folder) if gold is None else on_gold(folder, read_gold(gold))
    how = "from disagreement alone, as if they erred independently" if gold is None else "on gold"
    say(f"# {how}: {found.solutions:,} solutions of {folder}")
    say("# Put those of judges into the recipe, below an annotator with the posterior rule.")
    block = {"witnesses": as_block(found.rates)}
    say(yaml.safe_dump(block, default_flow_style=None, sort_keys=False))


for command in (evaluate, export, publish, deploy):
    app.command()(command)


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
    """Say what this machine has, lacks, and what installs it."""
    from flows.doctor import examine, lines

    for line in lines(examine(), as_json=as_json):
        say(line)


if __name__ == "__main__":
    main()
