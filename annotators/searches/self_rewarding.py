"""Self-rewarding: a solution chosen step by step among candidates that the policy compares itself.

Paper: Process-based Self-Rewarding (arXiv 2503.03746): the policy writes several candidates for
the next step, compares them two by two as a judge, with its reasons, and goes on from the one that
wins most; the best and the worst of each position are a preference pair for step-wise DPO, and the
tuned policy begins again. One build is one such round.
Defaults: 4 candidates, 20 steps, greedy comparisons are our own: the paper's numbers were not to be
had.
Cost: at every step K draws of the prefix, written to their end, of which the first step is used,
and K·(K − 1) comparisons of K different candidates. The draws are the prefix's first ones, shared
with whoever else asks for them; those of the bare problem are the samples of `solve`. The manifest
counts the comparisons' tokens and those of the last step's draw; `runs.jsonl` counts all.
Deviations: the prompt is our own, and two orders are asked of every pair (judges/pairwise.py); wins
less losses decide instead of wins, which is the same where every comparison is won by somebody; the
model need not have been trained to judge beforehand. What comes before the first step (a `<think>`
part) is not compared, and is in no pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Final, Literal, NamedTuple

from annotators.comparing import Referee
from annotators.preferences import ruling
from annotators.searches.source import DrawSource
from annotators.searches.split import Split, by_steps
from annotators.searches.tree import ROOT, Leaf, prefix_of, text_of
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.draws import Draw
from stepmark.engines.protocol import Sampling
from stepmark.gather import gather_all
from stepmark.records import Comparison
from stepmark.segment import Segmented, Segmenter

GREEDY: Final = Sampling(temperature=0.0, max_tokens=1024)
"""How comparisons are drawn unless the recipe says otherwise."""


class Chain(NamedTuple):
    """What was chosen, and what it was chosen by."""

    leaf: Leaf
    """The solution: the last chosen step's draw after the steps chosen before it."""
    comparisons: tuple[Comparison, ...]
    """By position, then by the order of the candidates; of no solution yet."""


class _Candidate(NamedTuple):
    """A next step."""

    step: str
    draw: Draw
    """What it is the beginning of."""
    parts: Segmented
    """The prefix and that draw, cut into steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfRewarding:
    """Go on from the candidate that the policy likes best, until a chosen one ends the solution."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["self_rewarding"]
    candidates: int = 4
    """Draws of each prefix whose first steps are compared; equal steps are one candidate."""
    max_steps: int = 20
    """Most steps that are chosen; then the solution ends as the last one's draw does."""
    sampling: Sampling = field(default=GREEDY)
    """How comparisons are drawn."""

    def __post_init__(self) -> None:
        if self.candidates < 2:  # noqa: PLR2004 (a pair)
            raise ValueError(f"candidates must be at least 2, not {self.candidates}")
        if self.max_steps < 1:
            raise ValueError(f"max_steps must be at least 1, not {self.max_steps}")

    async def search(
        self, source: DrawSource, referee: Referee, segmenter: Segmenter
    ) -> Chain | None:
        """Choose the steps of one solution; None if nothing offers a first step.

        Args:
            source: gives draws of prefixes.
            referee: compares candidates.
            segmenter: cuts draws into steps.
        """
        split, prefix = by_steps(segmenter), ROOT
        chosen: _Candidate | None = None
        comparisons: list[Comparison] = []
        for position in range(self.max_steps):
            draws = await source.draws(text_of(prefix), self.candidates)
            candidates = _candidates(split, prefix, draws)
            if not candidates:
                break
            replies = await _compared(referee, prefix, list(candidates))
            comparisons += replies
            best = ruling(replies).best if replies else next(iter(candidates))
            chosen = candidates[best]
            if len(chosen.parts.steps) == position + 1:
                break
            prefix = prefix_of(chosen.parts, position + 1)
        if chosen is None:
            return None
        leaf = Leaf(draw=chosen.draw, parts=chosen.parts, searched=False, first_error=None)
        return Chain(leaf, tuple(comparisons))


def _candidates(split: Split, prefix: Segmented, draws: Sequence[Draw]) -> dict[str, _Candidate]:
    """Return the different steps that draws begin with, in their order.

    Steps that differ in the white space around them alone are one; the first draw stands for them.
    A step that a draw was cut in is none.
    """
    found: dict[str, _Candidate] = {}
    position = len(prefix.steps)
    for draw in draws:
        parts = split(prefix, draw)
        whole = draw.finish_reason == "stop" or len(parts.steps) > position + 1
        if len(parts.steps) > position and whole:
            step = parts.steps[position]
            found.setdefault(step.strip(), _Candidate(step, draw, parts))
    return {candidate.step: candidate for candidate in found.values()}


async def _compared(
    referee: Referee, prefix: Segmented, candidates: Sequence[str]
) -> list[Comparison]:
    """Compare every two candidates in both orders."""

    async def one(pair: tuple[str, str]) -> Comparison:
        return await referee.compare(prefix.steps, *pair)

    return await gather_all(one, permutations(candidates, 2))
