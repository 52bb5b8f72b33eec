"""Numbers written as words: noticed, never read. A number that cannot be read is unknown."""

from __future__ import annotations

import re
from typing import Final

_WORDS = (
    "zero|none|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    "|hundred|thousand|million|billion|dozen|half|third|quarter|twice|thrice"
)
NUMBER_WORD: Final = re.compile(rf"\b(?:{_WORDS})\b", re.IGNORECASE)
"""A number in a sentence; `one` is left out, which is mostly a pronoun there."""
ALONE: Final = re.compile(rf"\b(?:one|{_WORDS})\b", re.IGNORECASE)
"""A number in a stated answer."""
