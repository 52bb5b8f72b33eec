"""Searched probe: buys nothing, because the search that drew the solutions has bought it all.

Paper: OmegaPRM (arXiv 2406.06592v2) §3.3–3.4: labels are the values of the tree's nodes. `solve`
grows the tree (annotators/searches); this reads, for each solution in it, the rollouts of every
node on its path. Use the soft rule for the paper's best labels, the hard one for its others.
Cost: nothing beside the search. The draw that wrote a solution is not among its evidence.
Deviations: the paper labels edges of one step only; here a step's label is the value of the prefix
that it ends, measured where that prefix is a node, interpolated and flagged, or withheld.
A wrong solution whose first error was not found is not labelled: nothing but its answer is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from annotators.probes.source import TallySource
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """Read what the search of `solve` drew."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    asks_root: ClassVar[bool] = True  # the tree grows from draws of the bare problem
    draws: ClassVar[int] = 0
    """Rollouts a request."""

    method: Literal["searched"]

    async def probe(self, solution: Solution, source: TallySource) -> None:
        """Ask for nothing: the source knows the search's rollouts already."""
