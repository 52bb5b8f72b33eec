"""Stored evidence of many solutions as arrays: no Python object a solution, step or rollout.

Labels are arithmetic on this. It is read from the columns that solutions and rollouts have in
their shards, in any order of the rollouts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray, Counts, FloatArray, IntArray, Passages, Tallies
from stepmark.errors import StorageError
from stepmark.records import Outcome

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""Outcomes by code."""
CORRECT, INCORRECT, UNKNOWN = range(3)
SOLUTION_COLUMNS: Final = ("id", "steps", "outcome")
ROLLOUT_COLUMNS: Final = (
    "solution_id",
    "position",
    "reach",
    "request",
    "outcome",
    "own",
    "prompt_tokens",
    "completion_tokens",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the rollouts of each solution cost: int64[solutions] each."""

    rollouts: IntArray
    """Rollouts used."""
    requests: IntArray
    """Prompts used."""
    prompt_tokens: IntArray
    """Tokens of those prompts."""
    completion_tokens: IntArray
    """Tokens of those rollouts."""

    def plus(self, other: Spent) -> Spent:
        """Return what both cost together, for the same solutions."""
        return Spent(
            rollouts=self.rollouts + other.rollouts,
            requests=self.requests + other.requests,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of many solutions: their own outcomes and the rollouts from their prefixes."""

    outcomes: IntArray
    """int64[solutions], codes of `OUTCOMES`."""
    drawn: Counts
    """How the rollouts ended, and where each solution's steps start."""
    spent: Spent
    """What they cost."""

    def judged(self, solutions: BoolArray) -> Counts:
        """Return the counts with the last step of some solutions judged by their own answer.

        The prefix that is complete needs no rollout; one that was drawn all the same is not read.

        Args:
            solutions: bool[solutions], which ones.
        """
        return self._judged(self.drawn, solutions)

    def beside(self, prover: Evidence) -> Evidence:
        """Return the evidence with a prover's draws from the same prefixes, and the cost of both.

        Args:
            prover: of the same solutions, in the same order.
        """
        drawn = replace(self.drawn, prover=prover.drawn)
        return replace(self, drawn=drawn, spent=self.spent.plus(prover.spent))

    def heard(self, testimony: FloatArray, spent: Sequence[Spent]) -> Evidence:
        """Return the evidence with what witnesses say, and the cost of all.

        Args:
            testimony: as in `Counts`.
            spent: by each witness, for the same solutions.
        """
        drawn = replace(self.drawn, testimony=testimony)
        return replace(self, drawn=drawn, spent=reduce(Spent.plus, spent, self.spent))

    def _judged(self, counts: Counts, solutions: BoolArray) -> Counts:
        chosen = solutions & (ragged.lengths(counts.offsets) > 0)
        last, outcomes = counts.offsets[1:][chosen] - 1, self.outcomes[chosen]
        return replace(
            counts,
            correct=_with(counts.correct, last, outcomes == CORRECT),
            incorrect=_with(counts.incorrect, last, outcomes == INCORRECT),
            unknown=_with(counts.unknown, last, outcomes == UNKNOWN),
            own=_with(counts.own, last, outcomes == INCORRECT),
            prover=None if counts.prover is None else self._judged(counts.prover, solutions),
        )


def evidence_of(solutions: pa.Table, rollouts: pa.Table) -> Evidence:
    """Lay stored columns out as arrays.

    Args:
        solutions: with the columns `SOLUTION_COLUMNS`.
        rollouts: with the columns `ROLLOUT_COLUMNS`.

    Raises:
        StorageError: a rollout is of no such solution, or of a prefix that it does not have.
    """
    steps = pc.list_value_length(solutions["steps"]).to_numpy().astype(np.int64)
    offsets = np.concatenate(([0], np.cumsum(steps)))
    rows = _rows(rollouts["solution_id"], solutions["id"])
    positions = rollouts["position"].to_numpy()
    reach = rollouts["reach"].to_numpy()
    _check_places(rollouts, rows, positions, reach, steps)
    ends = _codes(rollouts["outcome"])
    own = rollouts["own"].to_numpy()
    at_root = positions == 0
    after = ~at_root
    steps_drawn = _tallies(offsets[rows] + positions - 1, ends, own, after, offsets[-1])
    return Evidence(
        outcomes=_codes(solutions["outcome"]),
        drawn=Counts(
            correct=steps_drawn.correct,
            incorrect=steps_drawn.incorrect,
            unknown=steps_drawn.unknown,
            own=steps_drawn.own,
            offsets=offsets,
            root=_tallies(rows, ends, own, at_root, len(steps)),
            passages=_passages(offsets, rows, positions, reach, ends, own),
        ),
        spent=_spent(rollouts, rows, len(steps)),
    )


def _with(counts: IntArray, at: IntArray, values: BoolArray) -> IntArray:
    changed = counts.copy()
    changed[at] = values
    return changed


def _rows(ids: pa.ChunkedArray, among: pa.ChunkedArray) -> IntArray:
    """Return which row of `among` each id is, −1 where it is none of them."""
    coded = _coded(ids)
    found = pc.fill_null(pc.index_in(coded.dictionary, value_set=among), -1)
    rows: IntArray = found.to_numpy().astype(np.int64)[coded.indices.to_numpy()]
    return rows


def _coded(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return texts as codes into a dictionary, so that each is hashed once."""
    whole = texts.combine_chunks()
    return whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()


def _codes(outcomes: pa.ChunkedArray) -> IntArray:
    codes: IntArray = pc.index_in(outcomes, pa.array(OUTCOMES)).to_numpy().astype(np.int64)
    return codes


def _check_places(
    rollouts: pa.Table, rows: IntArray, positions: IntArray, reach: IntArray, steps: IntArray
) -> None:
    """Raise if a rollout belongs to no prefix of the solutions beside it."""
    astray = rows < 0
    beyond = (positions > reach) | (reach > np.append(steps, 0)[rows])
    astray |= ~astray & ((positions < 0) | beyond)
    if astray.any():
        at = int(np.flatnonzero(astray)[0])
        raise StorageError(
            f"{int(astray.sum())} rollouts belong to no prefix of the solutions stored beside "
            f"them, the first to {rollouts['solution_id'][at]} at position {positions[at]}. "
            "Shards of two builds were mixed: start clean with --replace; the ledger is kept."
        )


def _tallies(
    places: IntArray, ends: IntArray, own: BoolArray, chosen: BoolArray, size: int
) -> Tallies:
    """Count how the chosen rollouts ended at each of `size` places."""
    at, ended = places[chosen], ends[chosen]
    counted = np.bincount(at * len(OUTCOMES) + ended, minlength=size * len(OUTCOMES))
    correct, incorrect, unknown = counted.reshape(size, len(OUTCOMES)).T.astype(np.int64)
    mistaken = np.bincount(at[own[chosen]], minlength=size).astype(np.int64)
    return Tallies(correct=correct, incorrect=incorrect, unknown=unknown, own=mistaken)


def _passages(
    offsets: IntArray,
    rows: IntArray,
    positions: IntArray,
    reach: IntArray,
    ends: IntArray,
    own: BoolArray,
) -> Passages:
    """Count what the draws wrote where the solution has each step."""
    steps = int(offsets[-1])
    begun = np.bincount(offsets[rows] + positions, minlength=steps + 1)
    came = np.bincount(offsets[rows] + reach, minlength=steps + 1)
    again = np.cumsum(begun - came)[:steps].astype(np.int64)
    left = reach < ragged.lengths(offsets)[rows]
    return Passages(again=again, left=_tallies(offsets[rows] + reach, ends, own, left, steps))


def _spent(rollouts: pa.Table, rows: IntArray, solutions: int) -> Spent:
    requests = _coded(rollouts["request"])
    prompts = max(len(requests.dictionary), 1)
    distinct = np.unique(rows * prompts + requests.indices.to_numpy())
    return Spent(
        rollouts=np.bincount(rows, minlength=solutions),
        requests=np.bincount(distinct // prompts, minlength=solutions),
        prompt_tokens=_sums(rollouts["prompt_tokens"], rows, solutions),
        completion_tokens=_sums(rollouts["completion_tokens"], rows, solutions),
    )


def _sums(tokens: pa.ChunkedArray, rows: IntArray, solutions: int) -> IntArray:
    # Weights are added as float64, exact up to 2**53 tokens a solution.
    summed = np.bincount(rows, weights=tokens.to_numpy(), minlength=solutions)
    return summed.astype(np.int64)
