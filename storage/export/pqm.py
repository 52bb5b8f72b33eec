"""Rows for PQM's trainer: every step of a solution has a label, 1 … 1 0 … 0.

Paper: PQM (arXiv 2410.11287), and its trainer's own rows: `{query, answer, labels}`, a `[PRM]`
token after every step. Its loss ranks sound steps in order and above broken ones, so it needs the
steps after the first error as much as those before: they are 0 whatever was measured there.
Left out: solutions with a step before the first error that is unlabelled or neutral (the trainer
pads with −100 and has no mark for unknown), and those whose text holds the token itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stepmark import ragged
from stepmark.counts import BoolArray, IntArray
from storage.shards import table_of

TOKEN: Final = "[PRM]"  # noqa: S105 (a token of the trainer's vocabulary, no password)
BEFORE: Final = (
    "Below is an instruction that describes a task.\nWrite a response that appropriately completes "
    "the request.\n\n### Instruction:\n"
)
AFTER: Final = "\n\n### Response: Let's think step by step"
"""What the trainer puts before and after a problem."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PqmRow:
    """A solution as the trainer's collator takes it: the text is query, line break, answer."""

    query: str
    """The problem in the trainer's instruction."""
    answer: str
    """The steps without the white space around them, each followed by ` [PRM]`."""
    labels: tuple[int, ...]
    """One a step: 1 before the first error, 0 from it on."""


def pqm_rows(rows: pa.Table) -> pa.Table:
    """Return the `PqmRow` rows of those `LabelledSolution` rows that are labelled in full."""
    rows = rows.filter(pa.array(_in_full(rows)))
    offsets = _offsets(rows)
    steps = pc.utf8_trim_whitespace(_flat(rows, "steps"))
    joined = pc.binary_join(_lists(offsets, steps), f" {TOKEN}\n")
    return table_of(
        PqmRow,
        {
            "query": pc.binary_join_element_wise(BEFORE, rows["problem"], AFTER, ""),
            "answer": pc.binary_join_element_wise(joined, f" {TOKEN}", ""),
            "labels": _lists(offsets, pa.array(_before_error(rows).astype(np.int64))),
        },
    )


def _in_full(rows: pa.Table) -> BoolArray:
    """Tell which rows have every step before the first error labelled `correct`."""
    offsets = _offsets(rows)
    correct = pc.equal(_flat(rows, "verdicts"), "correct").to_numpy(zero_copy_only=False)
    in_the_way = (_before_error(rows) & ~correct) | _holds_token(_flat(rows, "steps"))
    full: BoolArray = ragged.first(in_the_way, offsets) == ragged.lengths(offsets)
    return full & ~_holds_token(rows["problem"].combine_chunks())


def _holds_token(texts: pa.Array) -> BoolArray:
    found: BoolArray = pc.match_substring(texts, TOKEN).to_numpy(zero_copy_only=False)
    return found


def _before_error(rows: pa.Table) -> BoolArray:
    """Tell which steps come before their solution's first error, bool[steps]."""
    offsets = _offsets(rows)
    errors = pc.coalesce(rows["first_error"], pa.array(ragged.lengths(offsets))).to_numpy()
    before: BoolArray = ragged.indices(offsets) < errors[ragged.owners(offsets)]
    return before


def _offsets(rows: pa.Table) -> IntArray:
    lengths = pc.list_value_length(rows["steps"]).to_numpy()
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _flat(rows: pa.Table, column: str) -> pa.Array:
    return pc.list_flatten(rows[column]).combine_chunks()


def _lists(offsets: IntArray, flat: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)
