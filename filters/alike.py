"""Near-duplicates: which texts repeat most of an earlier one that stays.

Paper: "Deduplicating Training Data Makes Language Models Better" (arXiv 2107.06499), NearDup:
MinHash over runs of 5 words (the `rensa` library), locality-sensitive hashing for candidates, and
an exact check of these; 0.8 is similar.
Defaults: 32 bands of 4 of 128 hashes: of two texts with a Jaccard index of 0.8 all but 1 in 10**7
become candidates, of two with 0.5 seven in eight.
Deviations: the check is the Jaccard index of the runs, the paper's an edit distance; the paper
joins duplicates of duplicates, here a text goes only if one that stays is like it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np

from filters.shingles import HashArray, mixed, runs, word_hashes
from stepmark.counts import IntArray

PERMUTATIONS: Final = 128
BAND: Final = 4
"""Hashes that must be equal together for two texts to be compared."""
SEED: Final = 1


def repeats(texts: Sequence[str], groups: IntArray, *, similarity: float, run: int) -> IntArray:
    """Return for each text the index of an earlier one that it is like and that stays, or −1.

    Args:
        texts: in the order in which they are preferred.
        groups: int64[texts]; only texts of the same group are compared.
        similarity: least Jaccard index, in (0, 1], of the runs of two texts that are alike.
        run: words in a run.
    """
    shingles = [np.unique(runs(word_hashes(text), run)) for text in texts]
    like = np.full(len(texts), -1, dtype=np.int64)
    kept: dict[int, list[int]] = defaultdict(list)
    sets = [frozenset(each.tolist()) for each in shingles]
    for at, keys in enumerate(_keys(shingles, groups)):
        candidates = sorted({other for key in keys for other in kept.get(key, ())})
        like[at] = next((c for c in candidates if jaccard(sets[at], sets[c]) >= similarity), -1)
        if like[at] < 0:
            for key in keys:
                kept[key].append(at)
    return like


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """Return the share of the runs of either text that both have."""
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _keys(shingles: Sequence[HashArray], groups: IntArray) -> list[list[int]]:
    """Return for each text the buckets that it falls into, a number each."""
    if not shingles:
        return []
    from rensa import RMinHash

    ends = np.cumsum([0, *map(len, shingles)]).astype(np.uint64)
    signatures = RMinHash.digest_matrix_from_flat_token_hashes(
        np.concatenate(shingles), ends, PERMUTATIONS, SEED
    )
    hashes = np.array(signatures.to_rows(), dtype=np.uint64)
    bands = PERMUTATIONS // BAND
    keys: HashArray = (groups[:, None] * bands + np.arange(bands)).astype(np.uint64)
    for place in range(BAND):
        keys = mixed(keys, hashes[:, place::BAND])
    buckets: list[list[int]] = keys.tolist()
    return buckets
