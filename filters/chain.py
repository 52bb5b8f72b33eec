"""What a recipe may name under `filters:`: one literal union, told apart by `method`."""

from __future__ import annotations

from filters.balance import Balance
from filters.consistency import Consistency
from filters.cut import Cut
from filters.decontaminate import Decontaminate
from filters.enough_draws import EnoughDraws
from filters.hardness import Hardness
from filters.isotonic import Isotonic
from filters.monotone import Monotone
from filters.near_duplicate_problems import NearDuplicateProblems
from filters.near_duplicates import NearDuplicates
from filters.node_merge import NodeMerge
from filters.random_merge import RandomMerge
from filters.self_denoising import SelfDenoising
from filters.structure import Structure

Drops = (
    Structure
    | Decontaminate
    | NearDuplicateProblems
    | NearDuplicates
    | Hardness
    | SelfDenoising
    | EnoughDraws
    | Monotone
    | Consistency
    | Balance
)
"""Those that drop rows."""
Changes = Isotonic | RandomMerge | NodeMerge | Cut
"""Those that alter rows or add some."""
AnyFilter = Drops | Changes
