"""Arguments and options that several commands of `stepmark` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.runtime import TaskRunner
from stepmark.errors import StorageError


def a_build(folder: Path) -> Path:
    """Return a folder if it is a build's.

    Raises:
        StorageError: it is none; the message names the builds below it, if there are some.
    """
    if (folder / "recipe.yaml").is_file():
        return folder
    below = sorted(str(path.parent) for path in folder.glob("*/recipe.yaml"))
    if below:
        raise StorageError(f"{folder} holds builds and is none itself: give {' or '.join(below)}.")
    why = "there is no recipe.yaml in it" if folder.is_dir() else "there is no such folder"
    raise StorageError(
        f"{folder} holds no build: {why}. `stepmark build` says at its end where it has written."
    )


RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file, or the name of one that ships.")
]
BuildDir = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="Folder of a build, e.g. runs/quickstart.", callback=a_build
    ),
]
Out = Annotated[
    Path,
    typer.Option(metavar="DIR", help="Folder below which the build and the ledger are kept."),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Read problems until N are usable; a part of the recipe."
    ),
]
Engines = Annotated[
    list[str] | None,
    typer.Option(
        "--engine",
        metavar="URL",
        help="Server to use, e.g. http://127.0.0.1:8000/v1; POLICY=URL if there are several "
        "policies; several times for several servers of the same model. Without it a vLLM server "
        "is started for the build.",
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Model instead of the recipe's; POLICY=NAME for one of them.",
    ),
]
Problems = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Problem file instead of the recipe's, with the same columns; --set "
        "problems.statement=NAME and problems.reference=NAME name others.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the recipe, e.g. solve.samples=2; may be given several times.",
    ),
]
LedgerDir = Annotated[
    Path | None, typer.Option("--ledger", metavar="DIR", help="Ledger to use instead of OUT's.")
]
Concurrency = Annotated[
    int, typer.Option(min=1, metavar="N", help="Requests in flight, for each server.")
]
KeyEnv = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Environment variable that holds the servers' API key."),
]
MaxTokens = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Stop, resumable, after buying N tokens.")
]
EngineWait = Annotated[
    float,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Wait so long for servers that are all down, then stop, resumable.",
    ),
]
RequestsPerMinute = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Most requests in a minute to a policy's servers."),
]
TokensPerMinute = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Most tokens in a minute from a policy's servers."),
]
Runner = Annotated[
    TaskRunner, typer.Option(help="Run the tasks in threads, or in processes of Ray or Dask.")
]
Workers = Annotated[
    int,
    typer.Option(
        min=1,
        metavar="N",
        help="With ray or dask, worker processes: they share the requests in flight.",
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Ray or Dask cluster that runs already, e.g. ray://head:10001 or tcp://head:8786; "
        "without it one is started on this machine.",
    ),
]
