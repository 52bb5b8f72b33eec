"""`stepmark review queue | agreement`: people in the loop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.options import BuildDir

app = typer.Typer(
    help="Show people the doubtful solutions, and take their word.", no_args_is_help=True
)
console = Console(markup=False, highlight=False)

ReviewsFile = Annotated[
    Path | None,
    typer.Option(
        "--reviews", metavar="FILE", help="File of reviews, instead of reviews.jsonl beside DIR."
    ),
]
Most = Annotated[int, typer.Option("--limit", min=1, help="The first N of the queue.")]


@app.command()
def queue(
    folder: BuildDir,
    limit: Most = 20,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Say what the annotators think, which sways people.")
    ] = False,
) -> None:
    """List the solutions that people should look at first, and why."""
    from rich.table import Table
    from rich.text import Text

    from flows.review.queue import queue as queue_of

    table = Table("solution", "steps", "doubt", "why", box=None, pad_edge=False)
    for item in queue_of(folder, limit):
        doubted = item.doubted
        why = f"{doubted.why} ({doubted.said})" if reveal and doubted.said else doubted.why
        steps = str(len(item.solution.steps))
        table.add_row(doubted.solution_id, steps, f"{doubted.doubt:.2f}", Text(why))
    console.print(table)


@app.command()
def agreement(folder: BuildDir, reviews: ReviewsFile = None) -> None:
    """Say how far people agree with each other, and on which solutions they differ."""
    from flows.review.agreement import report
    from flows.review.told import fitting, reviews_file, solutions_of

    solutions = solutions_of(folder)
    console.print(report(fitting(reviews_file(folder, reviews), solutions), solutions))
