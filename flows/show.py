"""What the command line shows of a build: its status, its summary, one labelled solution."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.place import is_held
from stepmark.errors import StorageError
from stepmark.records import Annotation, StepLabel, Verdict
from storage.manifest import Manifest, read_manifest
from storage.pages.texts import SIGNS
from storage.rows import LabelledSolution
from storage.shards import read_shard

STYLE: dict[Verdict, str] = {
    "correct": "green",
    "incorrect": "bold red",
    "neutral": "yellow",
    "unlabelled": "dim",
}


def summary(manifest: Manifest, root: Path) -> Group:
    """Return the closing table of a build."""
    counts, costs = manifest.counts, manifest.costs
    table = Table(show_header=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold")
    table.add_column()
    table.add_row("problems", _tally(counts["problems"], counts["rejected"], "rejected"))
    table.add_row("solutions", _parts(counts["solutions"]))
    for name, verdicts in counts["verdicts"].items():
        table.add_row(f"steps by {name}", _parts(verdicts))
        cost = costs[name]
        table.add_row(
            f"cost of {name}",
            f"{cost['rollouts']:,} rollouts in {cost['requests']:,} requests, "
            f"{cost['completion_tokens']:,} tokens",
        )
    for name, reviews in counts.get("reviews", {}).items():
        table.add_row(f"reviews of {name}", _parts(reviews))
    table.add_row("data rows", _parts(counts["rows"]) or "none")
    if counts["dropped"]:
        table.add_row("dropped", _parts(counts["dropped"]))
    table.add_row("written to", str(root))
    return Group(Text(manifest.name, style="bold underline"), table)


def status(root: Path) -> Group:
    """Return where a build stands."""
    manifest = read_manifest(root)
    if manifest is not None:
        return Group(Text("finished", style="green"), summary(manifest, root))
    table = Table("stage", "shards", "rows", box=None, pad_edge=False)
    for stage in ("problems", "solutions", "rollouts", "annotations", "labels", "data", "dropped"):
        shards = sorted((root / stage).rglob("*.parquet"))
        rows = sum(pq.read_metadata(shard).num_rows for shard in shards)
        table.add_row(stage, str(len(shards)), f"{rows:,}")
    if is_held(root):
        return Group(Text("a build is running here", style="yellow"), table)
    return Group(Text("not finished: run the same build command to continue"), table)


def solutions(root: Path) -> Iterator[LabelledSolution]:
    """Yield the data rows of a build, shard by shard.

    Raises:
        StorageError: the folder holds no data.
    """
    shards = sorted((root / "data").glob("*.parquet"))
    if not shards:
        raise StorageError(f"{root} holds no data yet: there is nothing below {root / 'data'}.")
    for shard in shards:
        yield from read_shard(shard, LabelledSolution)


def find_solution(root: Path, identifier: str | None) -> LabelledSolution:
    """Return the data row whose id begins as given; without one, the first with an error inside.

    Raises:
        StorageError: there is none, or several begin like that.
    """
    if identifier is None:
        rows = list(solutions(root))
        return next((row for row in rows if _instructive(row)), rows[0])
    found = [row for row in solutions(root) if row.id.startswith(identifier)]
    if len(found) != 1:
        what = f"{len(found)} solutions in {root} have" if found else f"No solution in {root} has"
        do = "Give more of it. " if found else ""
        raise StorageError(
            f"{what} an id that begins with {identifier!r}. {do}Ids are the `id` column of the "
            "data shards."
        )
    return found[0]


def coloured(row: LabelledSolution, root: Path) -> Group:
    """Return one labelled solution for the terminal, each step with its verdict and counts."""
    labels = _labels(root, row)
    header = Text(
        f"{row.id}  answer {visible(str(row.answer))}  outcome {row.outcome}", style="bold"
    )
    parts: list[Any] = [header, Text(visible(row.problem)), Text(_hardness(row), style="dim")]
    for index, step in enumerate(row.steps):
        label = labels[index]
        style = STYLE[label.verdict]
        own = index == len(row.steps) - 1 and _graded(label)
        evidence = f"{label.verdict}: its own answer decides" if own else evidence_line(label)
        note = Text(f"{SIGNS[label.verdict]} {index}  {evidence}", style=style)
        parts += [note, Padding(Text(visible(step.strip("\n")), style=style), (0, 0, 0, 4))]
    parts += [Text(""), Text(closing_line(row))]
    return Group(*parts)


def _hardness(row: LabelledSolution) -> str:
    if row.solve_rate is None:
        return "solve rate not known"
    return f"solve rate {row.solve_rate:.2f}, difficulty {row.difficulty}"


def visible(text: str) -> str:
    """Write out the control characters with which a text could steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def print_group(group: Group, console: Console) -> None:
    """Print without guessing at markup inside texts that models wrote."""
    console.print(group, markup=False, highlight=False)


def _instructive(row: LabelledSolution) -> bool:
    """An error that is neither the first step nor the last says most about the labels."""
    return row.first_error is not None and 0 < row.first_error < len(row.steps) - 1


def _labels(root: Path, row: LabelledSolution) -> tuple[StepLabel, ...]:
    """Return the labels of a row with their counts; those of joined steps are the row's alone."""
    for shard in sorted((root / "labels").glob("*.parquet")):
        for annotation in read_shard(shard, Annotation):
            if annotation.solution_id == row.id:
                return annotation.labels
    said = zip(row.verdicts, row.values, row.interpolated, strict=True)
    return tuple(
        StepLabel(
            verdict=verdict,
            value=value,
            correct=0,
            incorrect=0,
            unknown=0,
            interpolated=interpolated,
            reason=None,
        )
        for verdict, value, interpolated in said
    )


def evidence_line(label: StepLabel) -> str:
    """Say in a line what one label rests on."""
    if label.interpolated:
        return f"{label.verdict}, not probed: follows from other steps"
    total = _graded(label)
    if not total:
        return f"{label.verdict} ({label.reason})" if label.reason else label.verdict
    unknown = f", {label.unknown} unknown" if label.unknown else ""
    return f"{label.verdict}: {label.correct} of {total} rollouts reach the reference{unknown}"


def _graded(label: StepLabel) -> int:
    """Return how many graded texts a label rests on: none if a judge or a tool gave it."""
    return label.correct + label.incorrect + label.unknown


def closing_line(row: LabelledSolution) -> str:
    """Say where the first error is, how it was measured and what the labels claim."""
    if row.first_error is None:
        return f"no wrong step found · labels claim {row.semantics}"
    sure = "measured from both sides" if row.bracketed else "not measured from both sides"
    return f"first error at step {row.first_error} ({sure}) · labels claim {row.semantics}"


def _tally(count: int, parts: dict[str, int], name: str) -> str:
    return f"{count:,}" + (f" ({name}: {_parts(parts)})" if parts else "")


def _parts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
