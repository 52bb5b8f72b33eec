"""How a rollout is cut into the steps that a search may end a prefix at.

By steps: as the recipe cuts solutions. By spans: as OmegaPRM (arXiv 2406.06592v2 §4.2) cuts them,
in near-equal pieces whatever the text says. Either way the node's own steps stay as they are, so
that every node that a solution comes from ends one of its steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import TypeAlias

from annotators.searches.tree import text_of
from stepmark.draws import Draw
from stepmark.segment import Segmented, Segmenter

Split: TypeAlias = Callable[[Segmented, Draw], Segmented]
"""Cuts prefix and rollout, given the prefix as it was cut before."""


def by_steps(segmenter: Segmenter) -> Split:
    """Return the split that the recipe's segmenter makes of the whole text."""

    def split(prefix: Segmented, draw: Draw) -> Segmented:
        start = text_of(prefix)
        text = start + draw.text
        whole = segmenter.segment(text)
        if not prefix.steps:
            return whole
        ends = accumulate(map(len, whole.steps), initial=len(whole.lead))
        cuts = [end for end in list(ends)[1:] if end > len(start)]
        return _continued(prefix, text, cuts)

    return split


def by_spans(unit: float) -> Split:
    """Return the split into pieces of about `unit` tokens, each ended by white space.

    The number of pieces follows from the draw's own token count; where they end is measured in
    characters, because where a server's tokens begin and end is not kept.
    """

    def split(prefix: Segmented, draw: Draw) -> Segmented:
        start = len(text_of(prefix))
        pieces = max(1, round(draw.completion_tokens / unit))
        cuts = _near_equal(draw.text, pieces)
        return _continued(prefix, text_of(prefix) + draw.text, [start + cut for cut in cuts])

    return split


def _near_equal(text: str, pieces: int) -> list[int]:
    """Return the ends of about so many pieces; each but the last ends after white space."""
    ends = []
    for piece in range(1, pieces):
        at = piece * len(text) // pieces
        while at < len(text) and not (text[at - 1].isspace() and not text[at].isspace()):
            at += 1
        ends.append(at)
    return sorted({*ends, len(text)} - {0})


def _continued(prefix: Segmented, text: str, cuts: Iterable[int]) -> Segmented:
    """Return the prefix with the steps that end at `cuts`; no step is blank."""
    start = len(text_of(prefix))
    steps, begun = [], start
    for end in cuts:
        if text[begun:end].strip():
            steps.append(text[begun:end])
            begun = end
        elif steps:
            steps[-1] += text[begun:end]
            begun = end
    return Segmented(prefix.lead, (*prefix.steps, *steps), text[begun:])
