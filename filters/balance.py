"""Balance: no class of rows outweighs another, by undersampling.

Papers: StepWiser (arXiv 2508.19229) balances labels 50/50 (F1 60.5 against 47.9 without); SCAN
(arXiv 2509.16548) right and wrong solutions; FoVer (arXiv 2505.15960) keeps 30 % of solutions
without an error (`by: errors, weights: {none: 3, some: 7}`) and balances last steps 50/50, see
filters/cut.py (`by: last_step`); GLoRe (arXiv 2402.10963) balances by depth (`by: first_error`);
HRM (arXiv 2503.13551) cuts a class to the smallest but keeps at least 10 % of it (`floor: 0.1`).
Fitted: how many rows each class has, and with that a mark for each class; a row stays if the number
that its id hashes to is not above the mark. So a row's fate hangs on its id and the marks alone,
and rows that come later are thinned at the same rate.
Deviations: the papers draw at random, some without a seed; whole solutions are drawn, where
StepWiser balances steps. Rows outside every class (an unknown outcome, no first error; of `errors`
those in which nothing is called wrong and not every step is labelled) stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.protocol import Limited, Reasons, because, check_within
from filters.rows import Steps, any_step, steps_of
from stepmark.counts import FloatArray
from stepmark.ids import content_id, fraction_of
from stepmark.labels import CORRECT, INCORRECT

Classes = Literal["outcome", "errors", "first_error", "last_step", "source"]
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "outcome": ("correct", "incorrect"),
    "errors": ("none", "some"),
    "last_step": ("inner correct", "inner incorrect", "final correct", "final incorrect"),
}
"""Classes whose names are known beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What was fitted."""

    counts: Mapping[str, int]
    """Rows of each class."""
    marks: Mapping[str, float]
    """Largest number in [0, 1) that an id of each class may hash to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Limited):
    """Thin the classes out until their sizes are in proportion."""

    fitted: ClassVar[type[Any] | None] = Marks

    method: Literal["balance"]
    by: Classes
    """`outcome`; `errors`: with some first error or none; `first_error`: where it is; `last_step`:
    its verdict, steps with the final answer and inner ones (filters/cut.py) apart; `source`."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """How large each class shall be in proportion, above 0; 1 where none is given."""
    floor: float = 0.0
    """Share, in [0, 1], of a class that stays however small the others are."""
    bins: int = 5
    """With `first_error`, into how many equal parts of a solution its places are put."""

    def __post_init__(self) -> None:
        """Refuse weights that are none, or of classes that do not exist."""
        Limited.__post_init__(self)
        check_within("floor", self.floor, 0, 1)
        if self.bins < 1:
            raise ValueError(f"bins must be 1 or more, not {self.bins}")
        known = NAMES.get(self.by)
        strange = set(self.weights) - set(known) if known else set()
        if strange or any(weight <= 0 for weight in self.weights.values()):
            raise ValueError(
                f"weights are above 0 and of the classes {known or 'there are'}, not "
                f"{dict(self.weights)}"
            )

    def fit(self, shards: Iterable[pa.Table], base: Path) -> Marks:  # noqa: ARG002 (reads no file)
        """Count the classes and set a mark for each."""
        places: dict[str, list[FloatArray]] = defaultdict(list)
        for rows in shards:
            classes, place = self._classes(rows), self._places(rows)
            for name in pc.unique(classes).drop_null().to_pylist():
                inside = pc.fill_null(pc.equal(classes, name), fill_value=False)
                places[name].append(place[inside.to_numpy(zero_copy_only=False)])
        joined = {name: np.sort(np.concatenate(each)) for name, each in sorted(places.items())}
        counts = {name: len(each) for name, each in joined.items()}
        quota = self._quotas(counts)
        marks = {name: float(each[quota[name] - 1]) for name, each in joined.items()}
        return Marks(counts=counts, marks=marks)

    def decide(self, rows: pa.Table, fitted: Marks) -> Reasons:
        """Return why each row goes; pure. A class that was not there when fitted stays whole."""
        marks = [
            1.0 if c is None else fitted.marks.get(c, 1.0) for c in self._classes(rows).to_pylist()
        ]
        return because((f"balance_{self.by}", self._places(rows) > np.array(marks, dtype=float)))

    def _quotas(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Return how many rows of each class stay: at least one."""
        weight = {name: self.weights.get(name, 1.0) for name in counts}
        units: dict[str, float] = {}
        for name, count in counts.items():
            units[self._side(name)] = min(units.get(self._side(name), np.inf), count / weight[name])
        return {
            name: min(
                count,
                max(1, round(units[self._side(name)] * weight[name]), round(self.floor * count)),
            )
            for name, count in counts.items()
        }

    def _side(self, name: str) -> str:
        """Return what a class is balanced within."""
        return name.split(" ", 1)[0] if self.by == "last_step" else ""

    def _places(self, rows: pa.Table) -> FloatArray:
        """Return the number that each row's id hashes to, another for each kind of classes."""
        ids = rows["id"].to_pylist()
        return np.array([fraction_of(content_id("ba", self.by, row)) for row in ids], dtype=float)

    def _classes(self, rows: pa.Table) -> pa.Array:
        """Return the class of each row, null where it is in none."""
        if self.by == "source":
            return rows["source"].combine_chunks()
        if self.by == "outcome":
            outcome = rows["outcome"].combine_chunks()
            known = pc.is_in(outcome, pa.array(NAMES["outcome"]))
            return pc.if_else(known, outcome, pa.scalar(None, pa.string()))
        steps = steps_of(rows)
        if self.by == "last_step":
            return _last_steps(rows, steps)
        has_error = steps.first_error < steps.lengths
        if self.by == "errors":
            unknown = ~has_error & any_step(~steps.labelled, steps.offsets)
            return pa.array(np.where(has_error, "some", "none"), pa.string(), mask=unknown)
        part = steps.first_error * self.bins // np.maximum(steps.lengths, 1)
        return pa.array([f"{p + 1}/{self.bins}" for p in part], pa.string(), mask=~has_error)


def _last_steps(rows: pa.Table, steps: Steps) -> pa.Array:
    """Return the class of each row's last step, null where it is neither correct nor incorrect."""
    last = steps.verdicts[np.maximum(steps.offsets[1:] - 1, 0)]
    final = pc.is_valid(rows["answer"]).to_numpy().astype(np.bool_)
    clear = np.isin(last, (CORRECT, INCORRECT)) & (steps.lengths > 0)
    at = final * 2 + (last == INCORRECT)
    return pa.array(np.array(NAMES["last_step"])[at], pa.string(), mask=~clear)
