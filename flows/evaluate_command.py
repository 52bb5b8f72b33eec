"""`stepmark evaluate`: how well annotators agree with gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from flows.options import Concurrency, Engines, KeyEnv, Models, Out, Settings
from stepmark.errors import ProblemError
from storage.atomic import write_text_whole

if TYPE_CHECKING:
    from stepmark.gold import Gold


def evaluate(
    annotator: Annotated[
        str,
        typer.Argument(
            metavar="ANNOTATOR",
            help="A recipe, file or shipped; RECIPE:NAME for one of its annotators; or a judge or "
            "verifier by its method, e.g. equations.",
        ),
    ],
    gold: Annotated[
        list[Path] | None,
        typer.Option("--gold", metavar="FILE [FILE]...", help="Gold files, one or more."),
    ] = None,
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Gold files after the first.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Solutions of each file, half of them wrong if there are enough."),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Step scores of published models, to agree with: on the gold solutions, or "
            "without --gold on those of this file.",
        ),
    ] = None,
    out: Out = Path("runs"),
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures there.")
    ] = None,
    engine: Engines = None,
    model: Models = None,
    settings: Settings = None,
    concurrency: Concurrency = 64,
    api_key_env: KeyEnv = None,
) -> None:
    """Measure annotators on solutions that people have judged.

    Files are told apart by their columns: ProcessBench, PRM800K, PRMBench, BIG-Bench-Mistake,
    MR-GSM8K, PARC. The builds that label them are kept below OUT: run it again to continue.
    """
    from flows import figures
    from flows.evaluate import agree
    from flows.evaluate import evaluate as evaluate_on
    from flows.subject import beside_scores, open_subject

    files = _read(gold or [], more or [], limit)
    if not files and scores is None:
        raise typer.BadParameter("Give --gold FILE, --scores FILE, or both.")
    subject, runtime = open_subject(annotator, out, engine, model, settings)
    runtime = runtime.pressing(concurrency=concurrency, api_key_env=api_key_env)
    progress, console = Console(stderr=True), Console(markup=False, highlight=False)
    plain: dict[str, Any] = {"annotator": annotator}
    if scores is not None:
        subject = beside_scores(subject, scores)
    if files:
        found = evaluate_on(subject, files, runtime, progress)
        plain["gold"] = figures.as_plain(found)
        parts = figures.tables(found)
    elif scores is not None:
        plain["agreement"] = agree(subject, scores, limit, runtime, progress)
        parts = figures.agreement(plain["agreement"])
    for part in parts:
        console.print(part)
    if json_file is not None:
        write_text_whole(json_file, json.dumps(plain, indent=1) + "\n")


def _read(first: list[Path], more: list[Path], limit: int | None) -> dict[str, tuple[Gold, ...]]:
    """Read gold files, by the names that they go by."""
    from stepmark.gold import half_wrong, read_gold

    names = [path.name for path in (*first, *more)]
    if len(set(names)) < len(names):
        raise ProblemError(f"Two gold files are called alike: {', '.join(names)}.")
    return {path.name: half_wrong(read_gold(path), limit) for path in (*first, *more)}
