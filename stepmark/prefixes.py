"""The measured prefixes of many solutions as the nodes of trees, one tree a problem: arrays.

Solutions that share a prefix share its draws, so rollouts stored by solution are here counted once
by prefix, among them the draws that became solutions themselves: as many as were drawn in a row,
since those kept from further on were chosen by how they ended. A prefix's parent is the longest
measured prefix of it. Any probe's rollouts make such trees; a search's make bushy ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from stepmark.counts import BoolArray, FloatArray, IntArray
from stepmark.evidence import OUTCOMES
from stepmark.records import Outcome

Row: TypeAlias = Mapping[str, Any]
Place: TypeAlias = tuple[str, str]
"""Problem and address of a prefix: two problems may have the same statement, and then the draws of
one are not graded as the other's are."""

SOLUTION_COLUMNS: Final = ("id", "problem_id", "request", "draw", "lead", "steps", "outcome")
ROLLOUT_COLUMNS: Final = ("solution_id", "position", "request", "draw", "outcome")


class _Ended(NamedTuple):
    """A draw and how it ended."""

    place: Place
    draw: int
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """One entry a measured prefix; a parent stands before its children."""

    problems: tuple[str, ...]
    """Problem ids."""
    texts: tuple[str, ...]
    """The prefixes; empty for a bare problem."""
    parents: IntArray
    """int64[N]: entry of the longest measured prefix of this one, −1 without one."""
    correct: IntArray
    """int64[N]: draws that reach the reference answer."""
    incorrect: IntArray
    """int64[N]: draws that reach another answer."""
    unknown: IntArray
    """int64[N]: draws that cannot be counted."""
    kept: BoolArray
    """bool[N]: whether a solution that is kept was measured there. Counts are of all draws: those
    of the kept alone would be chosen by how they ended."""

    def families(self) -> dict[tuple[str, int], list[int]]:
        """Return the entries that continue the same prefix, by problem and parent.

        With parent −1 they continue the bare problem, of which there are no draws.
        """
        families: dict[tuple[str, int], list[int]] = {}
        for entry, (problem, text) in enumerate(zip(self.problems, self.texts, strict=True)):
            if text:
                families.setdefault((problem, int(self.parents[entry])), []).append(entry)
        return families

    def text(self, parent: int) -> str:
        """Return the text of a parent; empty for −1."""
        return self.texts[parent] if parent >= 0 else ""

    def step(self, entry: int) -> str:
        """Return what an entry adds to its parent: one step, or several that were not parted."""
        return self.texts[entry][len(self.text(int(self.parents[entry]))) :]


def prefixes_of(
    solutions: pa.Table, rollouts: pa.Table, kept: Collection[str] | None = None
) -> Prefixes:
    """Return the measured prefixes of solutions.

    Args:
        solutions: with the columns `SOLUTION_COLUMNS`.
        rollouts: of one policy, drawn in one way, with the columns `ROLLOUT_COLUMNS`; a draw that
            several annotators have counts once.
        kept: ids of the solutions that are kept; null for all.
    """
    by_id = {row["id"]: row for row in solutions.select(SOLUTION_COLUMNS).to_pylist()}
    rows = rollouts.select(ROLLOUT_COLUMNS).to_pylist()
    drawn = [_ended(row, by_id[row["solution_id"]]["problem_id"]) for row in rows]
    paths = _paths(rows, drawn)
    found = {
        place: _prefix(by_id[solution], position)
        for solution, path in paths.items()
        for position, place in path
    }
    found = dict(sorted(found.items(), key=_by_length))
    entries = {place: entry for entry, place in enumerate(found)}
    parents = np.full(len(entries), -1, dtype=np.int64)
    for path in paths.values():
        for (_, before), (_, place) in pairwise(path):
            at = entries[place]
            parents[at] = max(parents[at], entries[before])  # later entries are longer
    places = {
        place
        for solution, path in paths.items()
        if kept is None or solution in kept
        for _, place in path
    }
    own = [_ended(row, row["problem_id"]) for row in by_id.values()]
    correct, incorrect, unknown = _counted(entries, [*drawn, *_in_a_row(own, drawn)])
    return Prefixes(
        problems=tuple(problem for problem, _ in found),
        texts=tuple(found.values()),
        parents=parents,
        correct=correct,
        incorrect=incorrect,
        unknown=unknown,
        kept=np.array([place in places for place in found], dtype=np.bool_),
    )


def _by_length(found: tuple[Place, str]) -> tuple[int, str, str, str]:
    (problem, request), text = found
    return len(text), problem, text, request


def _ended(row: Row, problem: str) -> _Ended:
    return _Ended((problem, row["request"]), row["draw"], row["outcome"])


def _paths(rows: Sequence[Row], drawn: Sequence[_Ended]) -> dict[str, list[tuple[int, Place]]]:
    """Return each solution's measured prefixes, (position, place) by position."""
    paths: dict[str, set[tuple[int, Place]]] = {}
    for row, draw in zip(rows, drawn, strict=True):
        paths.setdefault(row["solution_id"], set()).add((row["position"], draw.place))
    return {solution: sorted(path) for solution, path in paths.items()}


def _prefix(solution: Row, position: int) -> str:
    return solution["lead"] + "".join(solution["steps"][:position]) if position else ""


def through(prefixes: Prefixes, own: IntArray) -> IntArray:
    """Return for each entry the sum of `own` over it and all that continue it, int64[N]."""
    total, parents = own.tolist(), prefixes.parents.tolist()
    for entry in reversed(range(len(total))):  # children first
        if parents[entry] >= 0:
            total[parents[entry]] += total[entry]
    return np.array(total, dtype=np.int64)


def terminal_q(prefixes: Prefixes) -> FloatArray:
    """Return rStar-Math's terminal-guided Q of each entry, float64[N] in [−1, 1].

    Paper: rStar-Math (arXiv 2501.04519) §3.2: the mean of the rewards, +1 right and −1 wrong, of
    all rollouts through a node, its descendants' too. Unknown ones are no evidence: left out, not
    counted as wrong. NaN where nothing is graded.
    """
    correct = through(prefixes, prefixes.correct)
    graded = correct + through(prefixes, prefixes.incorrect)
    q = (2.0 * correct - graded) / np.maximum(graded, 1)
    return np.where(graded > 0, q, np.nan)


def _in_a_row(own: Sequence[_Ended], drawn: Sequence[_Ended]) -> list[_Ended]:
    """Return the solutions' own draws that stand among those drawn at their place, or next.

    A quota or a filter keeps solutions from later draws for their outcome, which would bias a rate.
    """
    last: dict[Place, int] = {}
    for each in drawn:
        last[each.place] = max(last.get(each.place, 0), each.draw)
    return [each for each in own if each.draw <= last.get(each.place, -2) + 1]


def _counted(entries: dict[Place, int], drawn: Sequence[_Ended]) -> list[IntArray]:
    """Count each draw once by entry and outcome, whoever's evidence it is."""
    outcomes = {(each.place, each.draw): each.outcome for each in drawn}
    at = np.array([entries[place] for place, _ in outcomes], dtype=np.int64)
    ends = np.array([OUTCOMES.index(end) for end in outcomes.values()], dtype=np.int64)
    return [np.bincount(at[ends == end], minlength=len(entries)) for end in range(len(OUTCOMES))]
