"""`stepmark export | publish | deploy`: labels go to a trainer, to the Hub, and on a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from flows.options import (
    BuildDir,
    Concurrency,
    Engines,
    KeyEnv,
    Models,
    Out,
    Problems,
    RecipeName,
    Settings,
)
from flows.terminal import say
from storage.export.names import FormatName


def export(
    folder: BuildDir,
    format_: Annotated[
        str,
        typer.Option("--format", metavar="F", help=f"One of {', '.join(get_args(FormatName))}."),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DEST", help="Folder to write, not DIR/export/F.")
    ] = None,
) -> None:
    """Write the labels of a finished build in a trainer's own format."""
    from flows.export import export as export_build
    from flows.export import lines_of

    for line in lines_of(export_build(folder, format_, out)):
        say(line)


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
    tag: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name for what is published now.")
    ] = None,
) -> None:
    """Publish a finished build on the Hugging Face Hub.

    Shards, exports and card go there as one commit. A data set that is not there yet is made
    private. The token is from HF_TOKEN or `hf auth login`.
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
    concurrency: Concurrency = 64,
    api_key_env: KeyEnv = None,
    pool: Annotated[
        str, typer.Option(metavar="NAME", help="Work pool of the worker that runs it.")
    ] = "stepmark",
) -> None:
    """Have a Prefect server build what is new on a schedule.

    With --publish, each run publishes what it built. Without --cron, it runs by hand alone.
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
