"""The names of the trainer formats, as recipes and the command line have them."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

FormatName: TypeAlias = Literal[
    "trl",
    "math_shepherd",
    "openrlhf",
    "openrlhf_soft",
    "rlhflow",
    "qwen",
    "pqm",
    "rstar",
    "omegaprm",
    "calibration",
    "dpo",
    "critiques",
    "critique_dpo",
    "pathfinder",
    "orm",
    "orm_pairs",
    "processbench",
    "prmbench",
    "prm800k",
]

FROM_ROLLOUTS: Final[frozenset[FormatName]] = frozenset({"rstar", "omegaprm", "calibration", "dpo"})
"""Formats made from rollouts of one policy, from the prefixes of solutions that are in the data;
`dpo` from comparisons where an annotator keeps some."""
FROM_CRITIQUES: Final[frozenset[FormatName]] = frozenset(
    {"critiques", "critique_dpo", "pathfinder"}
)
"""Formats made from what judges replied."""
