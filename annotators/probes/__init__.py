"""Probes: where rollouts are spent. What the counts mean is the rules' business.

A probe asks the sampler for tallies and returns nothing: the evidence is what was drawn. Positions
count steps: position t is the prefix of the first t steps, so the step at index t − 1 ends it.
`asks_root` says whether every solution gets draws from its bare problem, which some rules need.
"""

from __future__ import annotations

from annotators.probes.adaptive import Adaptive
from annotators.probes.binary import Binary
from annotators.probes.exhaustive import Exhaustive
from annotators.probes.searched import Searched
from annotators.probes.uncertainty import Uncertainty

Probe = Exhaustive | Binary | Uncertainty | Adaptive | Searched

__all__ = ["Adaptive", "Binary", "Exhaustive", "Probe", "Searched", "Uncertainty"]
