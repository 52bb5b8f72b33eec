"""The tree that a search makes of one problem: prefixes with their draws, and solutions as leaves.

A node is a prefix, the same text the same node, so its draws are bought once whoever comes by.
"""

from __future__ import annotations

from dataclasses import dataclass

from stepmark.draws import Draw
from stepmark.segment import Segmented

ROOT = Segmented("", (), "")
"""The bare problem."""


def text_of(parts: Segmented) -> str:
    """Return the text that was cut into these parts."""
    return parts.lead + "".join(parts.steps) + parts.tail


def prefix_of(parts: Segmented, position: int) -> Segmented:
    """Return the first `position` steps; 0 is the bare problem, without a lead."""
    return Segmented(parts.lead, parts.steps[:position], "") if position else ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A prefix and its rollouts."""

    parts: Segmented
    """The prefix, cut into steps."""
    draws: tuple[Draw, ...]
    """Its rollouts."""

    @property
    def text(self) -> str:
        """The prefix: what tells nodes apart."""
        return text_of(self.parts)

    @property
    def correct(self) -> int:
        """Rollouts that reach the reference answer."""
        return sum(draw.outcome == "correct" for draw in self.draws)

    @property
    def incorrect(self) -> int:
        """Rollouts that reach another answer."""
        return sum(draw.outcome == "incorrect" for draw in self.draws)

    @property
    def value(self) -> float:
        """MC(s) in [0, 1]: the share of graded rollouts that succeed; 0 where none is graded."""
        return self.correct / max(self.correct + self.incorrect, 1)

    def fails(self, max_unknown: float) -> bool:
        """Tell whether no rollout succeeds and few enough are unknown for that to be believed."""
        unknown = len(self.draws) - self.incorrect
        return (
            not self.correct and bool(self.incorrect) and unknown <= max_unknown * len(self.draws)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A whole solution: a node's prefix and one of its rollouts."""

    draw: Draw
    """The rollout, drawn from a node."""
    parts: Segmented
    """Prefix and rollout together, cut into steps; the node ends one of them."""
    searched: bool
    """Whether its first error was searched for."""
    first_error: int | None
    """Index from 0 of the step where the search ended; null if it did not, or there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What a search found and what it took."""

    nodes: dict[str, Node]
    """By their text, in the order in which they were asked; the first is the bare problem."""
    leaves: tuple[Leaf, ...]
    """The draws from the bare problem by index, then the others that were searched, in order."""

    @property
    def rollouts(self) -> int:
        """Draws asked for; each counts once, however many solutions share it."""
        return sum(len(node.draws) for node in self.nodes.values())

    @property
    def completion_tokens(self) -> int:
        """Tokens of those draws."""
        return sum(d.completion_tokens for node in self.nodes.values() for d in node.draws)

    def along(self, leaf: Leaf) -> dict[int, Node]:
        """Return the nodes that a leaf passes through, by how many of its steps they hold."""
        texts = (text_of(prefix_of(leaf.parts, at)) for at in range(len(leaf.parts.steps)))
        return {at: self.nodes[text] for at, text in enumerate(texts) if text in self.nodes}
