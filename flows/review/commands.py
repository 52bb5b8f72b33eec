"""`stepmark review queue | serve | export | import | agreement`: people in the loop."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from flows.options import BuildDir
from flows.review import Tool
from flows.terminal import say

app = typer.Typer(
    help="Show people the doubtful solutions, and take their word.", no_args_is_help=True
)

ReviewsFile = Annotated[
    Path | None,
    typer.Option(
        "--reviews", metavar="FILE", help="File of reviews, instead of reviews.jsonl beside DIR."
    ),
]
Most = Annotated[int, typer.Option("--limit", min=1, help="The first N of the queue.")]


NOBODY_READS = (
    "The recipe of this build reads no reviews: add `people: {method: people}` to its annotators."
)


@app.command()
def queue(
    folder: BuildDir,
    limit: Most = 20,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Say what the annotators think, which sways people.")
    ] = False,
) -> None:
    """List the solutions that people should look at first, and why."""
    from flows.review.queue import queue as queue_of
    from flows.show import visible

    for item in queue_of(folder, limit):
        doubted, steps = item.doubted, len(item.solution.steps)
        why = f"{doubted.why} ({doubted.said})" if reveal and doubted.said else doubted.why
        line = f"{doubted.solution_id}  {steps:3} steps  doubt {doubted.doubt:.2f}  {why}"
        say(visible(line))


@app.command()
def serve(
    folder: BuildDir,
    who: Annotated[str, typer.Option("--as", metavar="NAME", help="Who reviews.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 0,
    limit: Most = 100,
    reviews: ReviewsFile = None,
) -> None:
    """Open the first of the queue as a page on this machine, for keyboard, mouse or touch."""
    from flows.review.desk import Desk
    from flows.review.queue import queue as queue_of
    from flows.review.server import Server
    from flows.review.told import reads_reviews, reviews_file

    desk = Desk(queue_of(folder, limit), who, reviews_file(folder, reviews))
    with Server(desk, port) as server:
        say(f"{desk.done:,} of {len(desk.items):,} reviewed as {who}; reviews go to {desk.path}")
        if not reads_reviews(folder):
            say(NOBODY_READS)
        say(f"open {server.url} (Ctrl-C ends it)")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    say(f"{desk.done:,} of {len(desk.items):,} reviewed; build again to take them in")


@app.command()
def export(
    folder: BuildDir,
    to: Annotated[Tool, typer.Option("--to", help="Tool that imports it.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write.")],
    limit: Most = 100,
    again: Annotated[
        bool, typer.Option("--again", help="Also what somebody has reviewed already.")
    ] = False,
    reviews: ReviewsFile = None,
) -> None:
    """Write the first of the queue as a review tool imports it: texts, and no labels."""
    from flows.review.queue import queue as queue_of
    from flows.review.told import fitting, reviews_file
    from flows.review.transfer import write_queue

    items = queue_of(folder, limit)
    if not again:
        by_id = {item.solution.id: item.solution for item in items}
        said = fitting(reviews_file(folder, reviews), by_id)
        seen = {review.solution_id for review in said}
        items = tuple(item for item in items if item.solution.id not in seen)
    write_queue(items, to, out, folder.resolve().name)
    say(f"{len(items):,} solutions written to {out}")


@app.command(name="import")
def take(
    folder: BuildDir,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the tool exported.")],
    tool: Annotated[Tool, typer.Option("--from", help="Tool that exported it.")],
    who: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="Whose it is, if it is one person's.")
    ] = None,
    reviews: ReviewsFile = None,
) -> None:
    """Add what people said in a review tool to the reviews; the next build takes them in."""
    from flows.review.told import reads_reviews, reviews_file, solutions_of
    from flows.review.transfer import take_export
    from flows.show import visible

    path = reviews_file(folder, reviews)
    for line in take_export(file, tool, path, solutions_of(folder), who).lines:
        say(visible(line))
    say(f"reviews are in {path}")
    if not reads_reviews(folder):
        say(NOBODY_READS)


@app.command()
def agreement(folder: BuildDir, reviews: ReviewsFile = None) -> None:
    """Say how far people agree with each other, and on which solutions they differ."""
    from flows.review.agreement import report
    from flows.review.told import fitting, reviews_file, solutions_of
    from flows.show import visible

    solutions = solutions_of(folder)
    for line in report(fitting(reviews_file(folder, reviews), solutions), solutions):
        say(visible(line))
