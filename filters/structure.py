"""Structure: solutions whose form says that something went wrong while they were written.

Papers: "Rethinking Reward Models for Multi-Domain Test-Time Scaling" (arXiv 2510.00492) drops
critiques that are too long, in the wrong script or not parsed; here the same is asked of solutions.
Defaults: at least 2 steps, since BiPRM's code (arXiv 2508.01682) drops rows of one; at most 40, the
number that UnPRM's prompt (arXiv 2508.01773) asks for; the other limits are ours.
Deviations: a step that is repeated stands for a loop; the papers look at whole texts only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.protocol import Limited, Reasons, because
from filters.rows import any_step, steps_of
from stepmark import ragged
from stepmark.counts import BoolArray, IntArray

CJK = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure(Limited):
    """Drop solutions that are too short, too long, blank in places, repetitive or answerless."""

    method: Literal["structure"]
    min_steps: int = 2
    """Fewest steps; 0 or more."""
    max_steps: int = 40
    """Most steps."""
    max_characters: int = 16_000
    """Most characters of all steps together."""
    max_repeats: int = 3
    """How often one step may stand in a solution, white space around it aside."""
    needs_answer: bool = True
    """Whether a solution without a final answer goes."""
    cjk: bool = True
    """Whether Chinese, Japanese and Korean characters may stand in it."""

    def __post_init__(self) -> None:
        """Refuse limits that nothing can meet."""
        Limited.__post_init__(self)
        if not 0 <= self.min_steps <= self.max_steps:
            raise ValueError(
                f"min_steps to max_steps must rise from 0: {self.min_steps} to {self.max_steps}"
            )
        if self.max_repeats < 1 or self.max_characters < 1:
            raise ValueError(
                "max_repeats and max_characters must be 1 or more, not "
                f"{self.max_repeats} and {self.max_characters}"
            )

    def decide(self, rows: pa.Table, fitted: None) -> Reasons:  # noqa: ARG002 (nothing is fitted)
        """Return why each row goes; pure."""
        offsets = steps_of(rows).offsets
        steps, texts = ragged.lengths(offsets), pc.list_flatten(rows["steps"])
        bare = pc.utf8_trim_whitespace(texts)
        characters = np.concatenate(([0], np.cumsum(pc.utf8_length(texts).to_numpy())))
        foreign = pc.match_substring_regex(texts, CJK).to_numpy().astype(np.bool_)
        answer = pc.is_valid(rows["answer"]).to_numpy().astype(np.bool_)
        return because(
            ("too_few_steps", steps < self.min_steps),
            ("too_many_steps", steps > self.max_steps),
            ("too_long", np.diff(characters[offsets]) > self.max_characters),
            ("empty_step", any_step(_is(bare, ""), offsets)),
            ("repeated_step", _most_repeats(bare, offsets) > self.max_repeats),
            ("no_answer", np.full(len(steps), self.needs_answer) & ~answer),
            ("foreign_script", any_step(foreign & (not self.cjk), offsets)),
        )


def _is(texts: pa.ChunkedArray, text: str) -> BoolArray:
    same: BoolArray = pc.equal(texts, text).to_numpy().astype(np.bool_)
    return same


def _most_repeats(texts: pa.ChunkedArray, offsets: IntArray) -> IntArray:
    """Return how often the most frequent step of each row stands in it, int64[rows]."""
    coded = pc.index_in(texts, pc.unique(texts)).to_numpy().astype(np.int64)
    kinds = len(coded) + 1
    pairs, counts = np.unique(ragged.owners(offsets) * kinds + coded, return_counts=True)
    most = np.zeros(len(offsets) - 1, dtype=np.int64)
    np.maximum.at(most, pairs // kinds, counts)
    return most
