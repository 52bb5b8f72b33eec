"""English words: one form for all numbers of a word, and the words that are only grammar.

Whether two spellings are one word is told by their endings and by the plurals that change a vowel:
"wolf" and "wolves", "house" and "houses", "man" and "men" have one lemma each. A spelling of which
the ending does not tell whether it is a plural is for the reader to refuse ("-ous" is taken for an
adjective's).
"""

from __future__ import annotations

import re
from typing import Final

_VOWELS: Final = (
    (r"men$", "man"), (r"feet$", "foot"), (r"teeth$", "tooth"), (r"geese$", "goose"),
    (r"([lm])ice$", r"\1ouse"), (r"children$", "child"), (r"oxen$", "ox"), (r"people$", "person"),
)  # fmt: skip
_ENDINGS: Final = (
    (r"ie$", "y"),  # butterflies, zombies
    (r"[fv]e$", "f"),  # wolves, knives
    (r"([osxz]|[cs]h)e$", r"\1"),  # heroes, houses, foxes, mazes, churches
    (r"([sx])is$", r"\1"),  # crisis and crises
    (r"[ei]x$", "ice"),  # vertex and vertices
    (r"([fsz])\1$", r"\1"),  # quiz and quizzes
)
_INFLECTED: Final = re.compile(r".{2,}[^ius]s|.*(?:" + "|".join(v for v, _ in _VOWELS) + ")")
_TELLS_NOT: Final = re.compile(r".*(?:[^o]us|is|a|ae|i)|.{1,2}s")

GRAMMAR: Final = frozenset(
    re.findall(
        r"[a-z]+",
        "a an the this that these those and or but nor not no i you we he she it they me him "
        "her us them my your his its our their himself herself itself themselves here there "
        "what who whom whose which all every each any some none neither either both most many "
        "much more less few fewer several various other others another such same enough only "
        "just even also always never often usually sometimes rarely mostly generally almost "
        "nearly very quite rather too so one two three four five six seven eight nine ten "
        "half everyone everything everybody someone something somebody anyone anything "
        "anybody nobody nothing of in on at to from by for with without as than except unless "
        "if then because since therefore thus hence while when is are was were be been do "
        "does did have has had answer question statement",
    )
)
"""Words that name no thing, kind or quality, among them all that say how many."""


def lemma(word: str) -> str:
    """Return the form that a word's numbers have in common; it need be no word ("hous")."""
    found = word.removesuffix("s") if is_inflected(word) else word
    for ending, plain in (*_VOWELS, *_ENDINGS):
        found = re.sub(ending, plain, found)
    return found


def is_inflected(word: str) -> bool:
    """Whether a noun is a plural by its form, or a verb the third person."""
    return _INFLECTED.fullmatch(word) is not None


def is_ambiguous(word: str) -> bool:
    """Whether a word may be a plural though `is_inflected` does not say so: "emus", "cacti"."""
    return not is_inflected(word) and _TELLS_NOT.fullmatch(word) is not None
