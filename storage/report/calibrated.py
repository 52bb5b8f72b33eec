"""Calibration as figures of a page: values of steps beside what became of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from stepmark import ragged
from stepmark.labels import CORRECT, INCORRECT
from storage.pages.charts import reliability
from storage.pages.figure import Figure, Section
from storage.report.figures import Calibration, calibration, outcome_is
from storage.report.said import Said


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
