"""Two builds side by side: as tables in the terminal, and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.agreeing import Pair
from flows.agreement_figures import agreement
from flows.beside import beside
from flows.compare import Compared, Side, qualified
from flows.readable import Shown
from stepmark.labels import UNLABELLED, VERDICTS
from storage.atomic import write_text_whole
from storage.pages.charts import lengths
from storage.pages.figure import Figure, Section
from storage.pages.page import fitting, page, part
from storage.report.choice import DIFFER
from storage.report.distance import Distance

MATRICES = "labels"
LISTED = 10
"""Solutions that the terminal lists."""


def tables(compared: Compared) -> Group:
    """Return two builds side by side for the terminal."""
    parts: list[RenderableType] = [Text(_told(compared)), Text("")]
    for section in _sections(compared):
        # Of the many matrices that several annotators make, the first is that of the data's labels.
        for figure in section.figures[: 1 if section.id == MATRICES else None]:
            parts += [_table(figure), Text("")]
    return Group(*parts, _differing(compared))


def write_page(compared: Compared, path: Path) -> None:
    """Write two builds side by side as one self-contained page."""
    solutions, left_out = fitting(
        part("solution.html", "solution", each, _kinds(each, compared)) for each in beside(compared)
    )
    first, second = compared.sides
    text = page(
        "compare.html",
        scripts=("report.js",),
        names=(first.name, second.name),
        facts=_facts(compared),
        told=_told(compared),
        recipes=[
            (side.name, side.manifest, (side.root / "recipe.yaml").read_text(encoding="utf-8"))
            for side in compared.sides
        ],
        sections=_sections(compared),
        solutions=solutions,
        differ=compared.differ,
        left_out=left_out,
        by=(first.chosen.annotator, second.chosen.annotator),
    )
    write_text_whole(path, text)


def _differing(compared: Compared) -> RenderableType:
    """List the solutions that differ most, with the first errors that the data's labels name."""
    if not compared.differing:
        return Text(_same(compared.across[0][0]))
    first, second = (side.chosen.annotator for side in compared.sides)
    listed = list(compared.differing.items())[:LISTED]
    table = Figure(
        title="First errors where labels differ most",
        header=("solution", first, second),
        rows=[(identifier, each.one, each.other) for identifier, each in listed],
    )
    return Group(_table(table), Text(f"The labels of the data differ on {compared.differ:,}."))


def _same(pair: Pair) -> str:
    """Say what is the same where nothing differs, and what only one of the two says."""
    alone = int(pair.verdicts[UNLABELLED].sum() + pair.verdicts[:, UNLABELLED].sum())
    alone -= 2 * int(pair.verdicts[UNLABELLED, UNLABELLED])
    same = f"The labels of the data are the same on the {pair.steps:,} steps that both label"
    return f"{same}; {alone:,} more are labelled by one of the two." if alone else f"{same}."


def _told(compared: Compared) -> str:
    first, second = compared.sides
    told = (
        f"{compared.shared:,} solutions are in both {first.name} ({first.solutions:,}) and "
        f"{second.name} ({second.solutions:,})."
    )
    if compared.other_steps:
        told += f" {compared.other_steps:,} more are cut into other steps and not compared."
    return told


def _facts(compared: Compared) -> list[tuple[str, str, str]]:
    pair, far = compared.across[0]
    known = compared.shared - pair.unknown
    return [
        ("solutions in both", f"{compared.shared:,}", ""),
        (
            "same first error",
            f"{pair.same / known:.0%}" if known else "–",
            f"{pair.same:,} of {known:,} of which that is known",
        ),
        ("kappa of the labels", _number(pair.kappa), f"{pair.steps:,} steps that both label"),
        ("distance of values", _number(far.pearson), "Pearson’s, from 0 to 1"),
    ]


def _sections(compared: Compared) -> list[Section]:
    names = [each.annotator for side in compared.sides for each in side.said]
    across = [pair for pair, _ in compared.across]
    chosen, *others = compared.across
    met = [chosen, *(each for each in others if each[0].steps)]
    found = (
        agreement(names, compared.within, across),
        _matrices([pair for pair, _ in met]),
        _distances(met),
        _costs(compared.sides),
    )
    return [section for section in found if section is not None]


def _matrices(pairs: Sequence[Pair]) -> Section:
    return Section(
        id=MATRICES,
        title="Label by label",
        about="Steps by what the one says (rows) and the other (columns).",
        figures=[_matrix(pair) for pair in pairs],
    )


def _matrix(pair: Pair) -> Figure:
    """Return steps by both labels; labels that neither gives are left out."""
    used = np.flatnonzero(pair.verdicts.sum(axis=0) + pair.verdicts.sum(axis=1))
    names = [VERDICTS[code] for code in used]
    counts = pair.verdicts[np.ix_(used, used)].tolist()
    return Figure(
        title=f"{pair.one} ~ {pair.other}",
        header=(pair.one, *names),
        rows=[
            (name, *(f"{count:,}" for count in row))
            for name, row in zip(names, counts, strict=True)
        ],
    )


def _distances(across: Sequence[tuple[Pair, Distance]]) -> Section:
    rows = [
        (
            f"{pair.one} ~ {pair.other}",
            f"{far.steps:,}",
            *(_number(n) for n in (far.mean_absolute, far.pearson, far.ranks, far.solutions)),
        )
        for pair, far in across
    ]
    return Section(
        id="distance",
        title="Distance of values",
        about=(
            "Step values as reward functions. The mean gap is in [0, 1]. Pearson’s distance is 0 "
            "where one is the other in another unit and 1 where they are opposed. The correlations "
            "of ranks are 1 where both order alike; solutions are ranked by their lowest value."
        ),
        figures=[
            Figure(
                title="Distance of values",
                header=(
                    "pair",
                    "steps",
                    "mean gap",
                    "Pearson",
                    "step ranks",
                    "solution ranks",
                ),
                rows=rows,
            )
        ],
    )


def _costs(sides: Sequence[Side]) -> Section:
    rows = [row for side in sides for row in _cost(side)]
    return Section(
        id="cost",
        title="Cost",
        about="Of the whole builds; draws that several annotators read count for each of them.",
        figures=[
            Figure(
                title="Completion tokens a labelled step",
                chart=lengths(
                    "Completion tokens a labelled step",
                    [(name, round(tokens / steps)) for name, _, _, tokens, steps in rows if steps],
                ),
                header=(
                    "annotator",
                    "rollouts or replies",
                    "requests",
                    "completion tokens",
                    "labelled steps",
                    "tokens a label",
                ),
                rows=[
                    (name, *(f"{n:,}" for n in counts), f"{counts[2] / counts[3]:,.1f}"
                     if counts[3] else "–")
                    for name, *counts in rows
                ],
            )
        ],
    )  # fmt: skip


def _cost(side: Side) -> Iterator[tuple[str, int, int, int, int]]:
    for name, cost in side.manifest.costs.items():
        if name != "solve":
            yield (
                qualified(side.name, name),
                cost["rollouts"],
                cost["requests"],
                cost["completion_tokens"],
                side.labelled.get(name, 0),
            )


def _kinds(solution: Shown, compared: Compared) -> tuple[str, ...]:
    differing = compared.differing[solution.solution.id]
    return (solution.solution.outcome, *[DIFFER] * differing.first_error)


def _number(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"


def _table(figure: Figure) -> Table:
    table = Table(
        title=figure.title, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for number, name in enumerate(figure.header):
        table.add_column(name, justify="right" if number else "left", no_wrap=not number)
    for row in figure.rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table
