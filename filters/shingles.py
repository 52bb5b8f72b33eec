"""Texts as numbers: words, and runs of words, hashed the same way in every process.

A word is a run of letters or digits, or a sign of arithmetic; case, other signs and white space are
left out, so that the same text typeset in another way has the same words.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt

HashArray = npt.NDArray[np.uint64]

_WORD: Final = re.compile(r"[^\W_]+|[-+*/^=<>%]|(?<=\d)!")
_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(29)


def words(text: str) -> list[str]:
    """Return the words of a text, in order."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def word_hashes(text: str) -> list[int]:
    """Return a number below 2**32 for each word of a text; equal words have equal numbers."""
    return [_hash(word) for word in words(text)]


def runs(hashes: list[int], size: int) -> HashArray:
    """Return a number for each run of `size` words, uint64[words − size + 1].

    A shorter text is one run as it stands, and so is one without any word.
    """
    size = min(size, len(hashes))
    codes = np.array(hashes, dtype=np.uint64)
    joined = np.full(max(1, len(hashes) - size + 1), size, dtype=np.uint64)
    for start in range(size):
        joined = mixed(joined, codes[start : start + len(joined)])
    return mixed(joined, np.zeros_like(joined))


def mixed(state: HashArray, codes: HashArray) -> HashArray:
    """Return hashes that hold what `state` held and `codes` too, of the same shape."""
    result: HashArray = (state ^ (state >> _SHIFT)) * _FACTOR + codes
    return result


@functools.lru_cache(maxsize=1 << 18)
def _hash(word: str) -> int:
    digest = hashlib.blake2b(word.encode("utf-8", errors="surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big")
