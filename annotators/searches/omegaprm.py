"""OmegaPRM: a tree over a problem, grown by searching wrong rollouts for their first error.

Paper: OmegaPRM (arXiv 2406.06592v2). A pool holds (node, rollout) pairs of the nodes (the paper's
states s) with 0 < MC < 1; the pair with the largest Q + U leaves it (§3.3, eq. 2 and 3), and a
binary search finds the first error of its rollout (§3.2): a prefix from which some rollout succeeds
lies before it. Every prefix that is probed is a node with k rollouts of its own, which enter the
pool. It ends when the pool is empty or the number of searches is reached. N(s) grows for the
selected node only.

    Q(s, r) = alpha^(1 − MC(s)) · beta^(len(r) / L)        len and L in tokens
    U(s)    = c_puct · sqrt(Σ N over the nodes in the pool) / (1 + N(s))

Defaults: k = 8, 100 searches, alpha 0.5, beta 0.9, L 500, c_puct 0.125 (§4); 16 pieces (§4.2); 32
draws of the bare problem screen it (App. A): in a recipe these are the samples of `solve`, and
`keep: both_outcomes` drops what is always or never solved.
Cost: k · ⌈log2 n⌉ rollouts a search at most, and fewer where prefixes are shared.
Deviations: only wrong rollouts are pooled (a right one has no first error to find; the paper lets
Q prefer wrong ones); a node's rollouts that say the same text are searched once; the root's
rollouts are all its screening draws, not eight others; three outcomes, and a probe with too many
unknown draws ends its search undecided instead of counting as zero; where Q + U ties, texts decide.
It is deterministic given the draws, and does not depend on their order.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal, NamedTuple

from annotators.searches.source import DrawSource
from annotators.searches.split import Split, by_spans, by_steps
from annotators.searches.tree import ROOT, Leaf, Node, Tree, prefix_of, text_of
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.draws import Draw
from stepmark.segment import Segmented, Segmenter


@dataclass(frozen=True, slots=True, kw_only=True)
class OmegaPrm:
    """Search the most promising wrong rollouts of a problem for their first errors."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["omegaprm"]
    draws: int = 8
    """Rollouts a probed prefix (k)."""
    searches: int = 100
    """Most binary searches a problem."""
    budget: int | None = None
    """Most rollouts a problem, those from the bare problem included; null for no limit."""
    alpha: float = 0.5
    """How little prefixes that mostly fail are liked, in (0, 1]; 1 for no difference."""
    beta: float = 0.9
    """How little long rollouts are liked, in (0, 1]; 1 for no difference."""
    length: int = 500
    """Tokens after which a rollout is liked `beta` times as much (L)."""
    c_puct: float = 0.125
    """Weight of nodes that were seldom selected, 0 or more."""
    split: Literal["step", "span"] = "step"
    """Where prefixes may end: `step`, where the recipe's `segment` says; `span`, as in the paper,
    at white space, in pieces of the mean solution's tokens divided by `pieces`."""
    pieces: int = 16
    """Pieces of a mean solution when split by span."""
    max_unknown: float = 0.25
    """Largest share of unknown draws, in [0, 1), at which "none succeeded" is believed."""

    def __post_init__(self) -> None:
        for name in ("draws", "searches", "length", "pieces"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("alpha", "beta"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in (0, 1], not {getattr(self, name)}")
        if self.budget is not None and self.budget < 0:
            raise ValueError(f"budget must be at least 0, not {self.budget}")
        if not 0 <= self.c_puct < math.inf:
            raise ValueError(f"c_puct must be at least 0, not {self.c_puct}")
        if not 0 <= self.max_unknown < 1:
            raise ValueError(f"max_unknown must be in [0, 1), not {self.max_unknown}")

    async def search(self, source: DrawSource, samples: int, segmenter: Segmenter) -> Tree:
        """Grow the tree of one problem.

        Args:
            source: gives draws of prefixes.
            samples: draws of the bare problem.
            segmenter: cuts solutions, unless they are split by span.
        """
        root = Node(parts=ROOT, draws=tuple(await source.draws("", samples)))
        growth = _Growth(self, source, self._split(root, segmenter))
        growth.enter(root)
        await growth.grow()
        first = [growth.leaf(root, draw) for draw in root.draws]
        return Tree(
            nodes=growth.nodes,
            leaves=(*(leaf for leaf in first if leaf.parts.steps), *growth.deeper()),
        )

    def liking(self, node: Node, draw: Draw) -> float:
        """Return Q(s, r), in (0, 1]."""
        return float(
            self.alpha ** (1 - node.value) * self.beta ** (draw.completion_tokens / self.length)
        )

    def novelty(self, visits: int, all_visits: int) -> float:
        """Return U(s) of a node, given the visits of all nodes in the pool."""
        return self.c_puct * math.sqrt(all_visits) / (1 + visits)

    def _split(self, root: Node, segmenter: Segmenter) -> Split:
        if self.split == "step":
            return by_steps(segmenter)
        tokens = [draw.completion_tokens for draw in root.draws if draw.text]
        return by_spans(max(1.0, sum(tokens) / max(len(tokens), 1) / self.pieces))


class _Candidate(NamedTuple):
    """A pair in the pool."""

    liking: float
    """Q(s, r)."""
    text: str
    """The node's text."""
    node: Node
    draw: Draw


class _Growth:
    """A tree while it grows."""

    def __init__(self, search: OmegaPrm, source: DrawSource, split: Split) -> None:
        self._search = search
        self._source = source
        self._split = split
        self._pool: list[_Candidate] = []
        self._visits: Counter[str] = Counter()
        self._searched: dict[tuple[str, int], Leaf] = {}
        self._rollouts = 0
        self.nodes: dict[str, Node] = {}

    def enter(self, node: Node) -> None:
        """Take a new node in, and its wrong rollouts into the pool if some are right."""
        text = node.text
        self.nodes[text] = node
        self._rollouts += len(node.draws)
        if node.correct:
            wrong = {d.text: d for d in reversed(node.draws) if d.outcome == "incorrect"}
            self._pool += [
                _Candidate(self._search.liking(node, draw), text, node, draw)
                for draw in wrong.values()
            ]

    async def grow(self) -> None:
        """Search one pair after the other until the pool, the searches or the budget end."""
        for _ in range(self._search.searches):
            if not self._pool or not self._affords(1):
                return
            node, draw = self._select()
            leaf = await self._searched_leaf(node, draw)
            self._searched[draw.request, draw.draw] = leaf

    def leaf(self, node: Node, draw: Draw) -> Leaf:
        """Return a node's rollout as a solution, searched or not."""
        parts = self._split(node.parts, draw)
        unsearched = Leaf(draw=draw, parts=parts, searched=False, first_error=None)
        return self._searched.get((draw.request, draw.draw), unsearched)

    def deeper(self) -> list[Leaf]:
        """Return the leaves searched that were not drawn from the bare problem."""
        root = {(draw.request, draw.draw) for draw in self.nodes[""].draws}
        return [leaf for drawn, leaf in self._searched.items() if drawn not in root]

    def _affords(self, probes: int) -> bool:
        after = self._rollouts + probes * self._search.draws
        return self._search.budget is None or after <= self._search.budget

    def _select(self) -> tuple[Node, Draw]:
        """Take the pair with the largest Q + U out of the pool."""
        pooled = {candidate.text for candidate in self._pool}
        visits = sum(self._visits[text] for text in pooled)
        novelty = {text: self._search.novelty(self._visits[text], visits) for text in pooled}

        def rank(at: int) -> tuple[float, str, str]:
            liking, text, _, draw = self._pool[at]
            return -(liking + novelty[text]), text, draw.text

        _, text, node, draw = self._pool.pop(min(range(len(self._pool)), key=rank))
        self._visits[text] += 1
        return node, draw

    async def _searched_leaf(self, node: Node, draw: Draw) -> Leaf:
        """Halve what the rollout adds to its node until one step holds the first error.

        One that ends at once adds no step, and the node's own are sound.
        """
        parts = self._split(node.parts, draw)
        sound, broken = len(node.parts.steps), len(parts.steps)
        if broken == sound:
            return Leaf(draw=draw, parts=parts, searched=True, first_error=None)
        while broken - sound > 1:
            middle = (sound + broken) // 2
            probed = await self._probed(prefix_of(parts, middle))
            if probed is not None and probed.correct:
                sound = middle
            elif probed is not None and probed.fails(self._search.max_unknown):
                broken = middle
            else:
                return Leaf(draw=draw, parts=parts, searched=True, first_error=None)
        return Leaf(draw=draw, parts=parts, searched=True, first_error=broken - 1)

    async def _probed(self, prefix: Segmented) -> Node | None:
        """Return the node of a prefix, drawn from unless it was before; None if not affordable."""
        known = self.nodes.get(text_of(prefix))
        if known is not None or not self._affords(1):
            return known
        draws = await self._source.draws(text_of(prefix), self._search.draws)
        node = Node(parts=prefix, draws=tuple(draws))
        self.enter(node)
        return node
