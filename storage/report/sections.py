"""The sections of a report: figures turned into charts and tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from stepmark.labels import UNLABELLED
from stepmark.records import Verdict
from storage.manifest import Manifest
from storage.pages.charts import (
    Point,
    Segment,
    Series,
    bands,
    columns,
    lengths,
    stacked,
)
from storage.pages.figure import Figure, Section
from storage.report.figures import (
    PLACES,
    POSITIONS,
    Spread,
    first_errors,
    outcome_is,
    values_by_position,
    verdict_counts,
)
from storage.report.said import Said

ORDER: Final[tuple[Verdict, ...]] = ("correct", "neutral", "incorrect", "unlabelled")
"""Of verdicts in bars: what speaks for a step at the left, what says nothing at the right."""


def labels(said: Sequence[Said], manifest: Manifest) -> Section:
    """Return what each annotator says of steps, with the reasons why some are unlabelled."""
    shares = {each.annotator: verdict_counts(each) for each in said}
    rows = [
        (name, [Segment(v, counts[v]) for v in ORDER if v in counts])
        for name, counts in shares.items()
    ]
    told = [
        (name, *(f"{counts.get(v, 0):,}" for v in ORDER), f"{sum(counts.values()):,}")
        for name, counts in shares.items()
    ]
    figures = [
        Figure(
            title="Labels of steps",
            chart=stacked("Share of steps by verdict, one bar an annotator", rows),
            header=("annotator", *ORDER, "steps"),
            rows=told,
        )
    ]
    reasons = [
        (name, verdict.removeprefix("unlabelled: "), f"{count:,}")
        for name, of in manifest.counts["verdicts"].items()
        for verdict, count in of.items()
        if verdict.startswith("unlabelled")
    ]
    if reasons:
        figures.append(
            Figure(
                title="Why steps are unlabelled",
                hint="A label that cannot be known is left out, never guessed.",
                header=("annotator", "reason", "steps"),
                rows=reasons,
            )
        )
    about = "What each annotator says of the steps of all solutions, before filters."
    return Section(id="labels", title="Labels", about=about, figures=figures)


def errors(said: Sequence[Said]) -> Section:
    """Return where first errors are, counted in steps and relative to the solution's length."""
    figures = [figure for each in said for figure in _errors(each)]
    about = (
        "The first step that an annotator calls incorrect, counted from 0 and, beside it, by where "
        "in its solution it stands."
    )
    return Section(id="errors", title="First errors", about=about, figures=figures)


def _errors(said: Said) -> Iterator[Figure]:
    found = first_errors(said)
    told = f"{found.none:,} solutions without an error"
    told += f", {found.unknown:,} not labelled to their end" * bool(found.unknown)
    if not found.at.any():
        rows = [
            ("without an error", f"{found.none:,}"),
            ("not labelled to their end", f"{found.unknown:,}"),
        ]
        yield Figure(title=f"{said.annotator}: none", header=("solutions", ""), rows=rows)
        return
    last = int(max(np.flatnonzero(found.at), default=0))
    names = [*map(str, range(POSITIONS)), f"{POSITIONS}+"][: last + 1]
    at = list(zip(names, found.at.tolist(), strict=False))
    yield Figure(
        title=f"{said.annotator}: index of the step",
        hint=told,
        chart=columns(f"First errors of {said.annotator} by step", at, "step", "incorrect"),
        header=("step", "solutions"),
        rows=[(name, f"{count:,}") for name, count in at],
    )
    edges = [100 * n // PLACES for n in range(PLACES + 1)]
    parts = [f"{start}–{end} %" for start, end in itertools.pairwise(edges)]
    spread = list(zip(parts, found.relative.tolist(), strict=True))
    yield Figure(
        title=f"{said.annotator}: place in the solution",
        hint="From its beginning to its end; a step counts where its middle lies.",
        chart=columns(
            f"First errors of {said.annotator} by place", spread, "share of the steps", "incorrect"
        ),
        header=("share of the steps", "solutions"),
        rows=[(name, f"{count:,}") for name, count in spread],
    )


def values(said: Sequence[Said], outcomes: pa.Array) -> Section | None:
    """Return values of steps by position, right and wrong answers apart; None without values."""
    figures = [figure for each in said if (figure := _values(each, outcomes)) is not None]
    if not figures:
        return None
    about = (
        "The mean value of the steps at each position and the band that the middle half lies in, "
        "for solutions whose answer is right and for those whose answer is not. What a value is, "
        "each annotator defines: the chance to reach the reference, or a share of votes."
    )
    return Section(id="values", title="Values by position", about=about, figures=figures)


def _values(said: Said, outcomes: pa.Array) -> Figure | None:
    kinds = {
        "correct": "right answers",
        "incorrect": "wrong answers",
        "unknown": "answers not known",
    }
    spreads = {
        kind: spread
        for kind in kinds
        if (spread := values_by_position(said, outcome_is(outcomes, kind)))
    }
    if not spreads:
        return None
    series = [
        Series(kind, kinds[kind], [_point(each) for each in found], dashed=kind != "correct")
        for kind, found in spreads.items()
    ]
    most = max(each.position for found in spreads.values() for each in found)
    return Figure(
        title=said.annotator,
        hint=f"Labels claim {said.semantics}. Solid: right answers; dashed: "
        + ("wrong ones, grey: not known." if "unknown" in spreads else "wrong ones."),
        chart=bands(f"Values of {said.annotator} by position", series, most, "step"),
        header=("step", "answers", "steps", "mean", "lower quartile", "upper quartile"),
        rows=[
            (each.position, kinds[kind], f"{each.count:,}", f"{each.mean:.3f}",
             *(f"{q:.3f}" for q in each.quartiles))
            for kind, found in spreads.items()
            for each in found
        ],
    )  # fmt: skip


def _point(spread: Spread) -> Point:
    return Point(spread.position, spread.mean, *spread.quartiles)


def costs(said: Sequence[Said], manifest: Manifest) -> Section:
    """Return what the labels of each annotator cost."""
    labelled = {each.annotator: int((each.verdicts != UNLABELLED).sum()) for each in said}
    spent = {name: cost for name, cost in manifest.costs.items() if name != "solve"}
    a_label = {
        name: round(cost["completion_tokens"] / labelled[name])
        for name, cost in spent.items()
        if labelled.get(name)
    }
    solve = manifest.costs["solve"]
    rows = [
        (
            name,
            *(f"{cost[key]:,}" for key in ("rollouts", "requests", "prompt_tokens")),
            f"{cost['completion_tokens']:,}",
            f"{labelled.get(name, 0):,}",
            _ratio(cost["completion_tokens"], labelled.get(name, 0)),
        )
        for name, cost in spent.items()
    ]
    about = (
        "What the evidence behind the labels holds, whoever bought it: draws that several "
        "annotators read count for each of them. Solving took "
        f"{solve['completion_tokens']:,} tokens for {solve['solutions']:,} solutions."
    )
    return Section(
        id="cost",
        title="Cost",
        about=about,
        figures=[
            Figure(
                title="Completion tokens a labelled step",
                chart=lengths("Completion tokens a labelled step", list(a_label.items())),
                header=(
                    "annotator", "rollouts or replies", "requests", "prompt tokens",
                    "completion tokens", "labelled steps", "tokens a label",
                ),
                rows=rows,
            )
        ],
    )  # fmt: skip


def _ratio(total: int, of: int) -> str:
    return f"{total / of:,.1f}" if of else "–"


def dropped(manifest: Manifest) -> Section | None:
    """Return what is in no data row, by reason; None where nothing was lost."""
    lost: Mapping[str, Mapping[str, int]] = {
        "Solutions and problems dropped": manifest.counts["dropped"],
        "Rows of the source refused": manifest.counts["rejected"],
    }
    figures = [
        Figure(
            title=title,
            chart=lengths(title, sorted(counts.items(), key=lambda item: -item[1])),
            header=("reason", "count"),
            rows=[(reason, f"{count:,}") for reason, count in counts.items()],
        )
        for title, counts in lost.items()
        if counts
    ]
    about = "What was taken in and is in no data row. Nothing is dropped without a reason."
    return Section(id="dropped", title="Dropped", about=about, figures=figures) if figures else None


def facts(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Return the figures that head a report: name, figure, what it is made of."""
    solutions: Mapping[str, int] = manifest.counts["solutions"]
    rows: Mapping[str, int] = manifest.counts["rows"]
    tokens: Any = [cost["completion_tokens"] for cost in manifest.costs.values()]
    return [
        ("problems", f"{manifest.counts['problems']:,}", ""),
        ("solutions", f"{sum(solutions.values()):,}", _parts(solutions)),
        ("data rows", f"{sum(rows.values()):,}", _parts(rows)),
        ("dropped", f"{sum(manifest.counts['dropped'].values()):,}", ""),
        ("completion tokens", _short(math.fsum(tokens)), "solving and evidence"),
    ]


def _parts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _short(count: float) -> str:
    return f"{count / 1e6:,.1f} M" if count >= 1e6 else f"{count:,.0f}"  # noqa: PLR2004
