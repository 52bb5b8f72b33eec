"""The sections of a report: figures turned into charts and tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray
from stepmark.labels import CORRECT, INCORRECT, UNLABELLED
from stepmark.records import Verdict
from storage.manifest import Manifest
from storage.pages.charts import (
    Point,
    Segment,
    Series,
    bands,
    columns,
    lengths,
    reliability,
    stacked,
)
from storage.pages.figure import Figure, Section
from storage.report.figures import (
    PLACES,
    POSITIONS,
    Calibration,
    Spread,
    calibration,
    first_errors,
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
    told += f", {found.silent:,} without a label" * bool(found.silent)
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
        "for solutions whose answer is right and for those whose answer is wrong. What a value is, "
        "each annotator defines: the chance to reach the reference, or a share of votes."
    )
    return Section(id="values", title="Values by position", about=about, figures=figures)


def _values(said: Said, outcomes: pa.Array) -> Figure | None:
    kinds = {"correct": "right answers", "incorrect": "wrong answers"}
    spreads = {kind: values_by_position(said, outcome_is(outcomes, kind)) for kind in kinds}
    if not any(spreads.values()):
        return None
    series = [
        Series(kind, kinds[kind], [_point(each) for each in found], dashed=kind == "incorrect")
        for kind, found in spreads.items()
    ]
    most = max(each.position for found in spreads.values() for each in found)
    return Figure(
        title=said.annotator,
        hint=f"Labels claim {said.semantics}. Solid: right answers; dashed: wrong ones.",
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


def calibrations(said: Sequence[Said], chosen: str, outcomes: pa.Array) -> Section | None:
    """Return how values compare with answers and with other annotators; None without any.

    Each annotator whose values are more than verdicts is compared with the answers that the
    solutions reached and with the data's labels; the one that these are from with every other.

    Args:
        said: by every annotator.
        chosen: the annotator that the data's labels are from.
        outcomes: of the solutions.
    """
    graded = [each for each in said if each.is_graded]
    figures = []
    for each in graded:
        others = [o for o in said if o is not each and chosen in {o.annotator, each.annotator}]
        found = [_against_answers(each, outcomes), *(_against(each, other) for other in others)]
        figures += [figure for figure in found if figure is not None]
    if not figures:
        return None
    about = (
        "Steps by their value, and how many of them hold: the solution ends in the right answer, "
        "or another annotator calls the step correct. On the diagonal the two are equal. "
        "What holds is another opinion, not the truth."
    )
    return Section(id="calibration", title="Calibration", about=about, figures=figures)


def _against_answers(said: Said, outcomes: pa.Array) -> Figure | None:
    """Compare values with answers, at steps that more text follows: it is a draw of its own."""
    owners = ragged.owners(said.offsets)
    whole = ragged.indices(said.offsets) == (ragged.lengths(said.offsets) - 1)[owners]
    known = outcome_is(outcomes, "correct") | outcome_is(outcomes, "incorrect")
    use = ~np.isnan(said.values) & ~said.interpolated & ~whole & known[owners]
    held = outcome_is(outcomes, "correct")[owners]
    return _calibration(said, calibration(said.values[use], held[use]), "the solution's own answer")


def _against(said: Said, other: Said) -> Figure | None:
    use = ~np.isnan(said.values) & np.isin(other.verdicts, (CORRECT, INCORRECT))
    return _calibration(
        said,
        calibration(said.values[use], other.verdicts[use] == CORRECT),
        other.annotator,
        f"Labels claim {said.semantics} and {other.semantics}. "
        if said.semantics != other.semantics
        else "",
    )


def _calibration(
    said: Said, found: Calibration | None, against: str, claims: str = ""
) -> Figure | None:
    if found is None:
        return None
    points = [
        (float(mean), float(share), int(count))
        for mean, share, count in zip(found.means, found.shares, found.counts, strict=True)
        if count
    ]
    return Figure(
        title=f"{said.annotator} against {against}",
        hint=f"{claims}Expected calibration error {found.error:.3f} over "
        f"{found.counts.sum():,} steps; larger dots are more steps.",
        chart=reliability(
            f"Value of {said.annotator} and share that holds by {against}", points, "value", "share"
        ),
        header=("mean value", "share that holds", "steps"),
        rows=[(f"{mean:.3f}", f"{share:.3f}", f"{count:,}") for mean, share, count in points],
    )


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


def outcome_is(outcomes: pa.Array, outcome: str) -> BoolArray:
    """Tell which solutions have an outcome, bool[solutions]."""
    result: BoolArray = pc.equal(outcomes, outcome).to_numpy(zero_copy_only=False)
    return result


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
