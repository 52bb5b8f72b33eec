"""Arguments and options that several commands of `stepmark` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file, or the name of one that ships.")
]
BuildDir = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a build.")]
Out = Annotated[Path, typer.Option(help="Folder below which the build and the ledger are kept.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Read only the first N rows.")]
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
    Path | None, typer.Option(help="Problem file instead of the recipe's, with the same columns.")
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
Concurrency = Annotated[int, typer.Option(min=1, help="Requests in flight, for each server.")]
KeyEnv = Annotated[
    str | None, typer.Option(help="Name of the environment variable that holds the API key.")
]
