"""Chains of equal sides that a step asserts: `the cost is 3 * 4 + 2 = 12 + 2 = 14 dollars`.

A side is read whole or not at all. What it cannot be cut off from (an operator with a word behind
it, a label as in `Day 2 = 20`, a function's argument) makes it opaque: a side without a tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from stepmark.equations.grammar import FUNCTIONS, Parsed, parse
from stepmark.equations.tokens import Token, tokens, write_out
from stepmark.equations.trees import Tree, Variable, is_bare

_LABELS: Final = re.compile(
    r"step|day|week|month|year|case|part|option|question|problem|equation|round|game"
    r"|number|figure|grade|level|chapter|page|line|stage|phase|room|team|group|player"
    r"|type|class|method",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"the|a|so|therefore|thus|then|hence|now|this|that|means|is|gives|simplifies|to|we"
    r"|get|have|and|which|or|in|step|first|second|finally",
    re.IGNORECASE,
)
_JOINING: Final = re.compile(
    r"and|or|so|then|where|while|with|since|because|giving",
    re.IGNORECASE,
)
"""Words that end an equation and lead on to the next."""
_SUPPOSES: Final = re.compile(
    r"\b(?:if|whether|unless|suppos\w+|assum\w+|imagine|let)(?: that)?[ :($]*\Z", re.IGNORECASE
)
"""Words right before a chain that make it a condition."""
_SENTENCES: Final = re.compile(r"\n|(?<=[.;:?!])\s")
_RELATION: Final = re.compile(r"[=≈]|\bequal")
_MAX_SIDE: Final = 80
"""Tokens of a side that are looked at."""


class Side(NamedTuple):
    """One side of a chain."""

    tree: Tree | None
    """What it says; None if it cannot be read for sure."""
    relation: str
    """How it follows from the side before it: `=`, `~`, or empty for the first."""
    start: int
    """Where it begins in the written-out text."""
    end: int
    """Where it ends there."""


class Chain(NamedTuple):
    """Two sides or more."""

    sides: tuple[Side, ...]
    text: str
    """The written-out text that `start` and `end` count in."""
    label: tuple[str, ...] = ()
    """The words that the first side is, if it is words alone: `total cost`."""

    def between(self, first: int, last: int) -> str:
        """Return the text from one side to another, in one line."""
        return " ".join(self.text[self.sides[first].start : self.sides[last].end].split())

    @property
    def is_supposed(self) -> bool:
        """Whether it is a condition and asserts nothing: `Suppose that 2 + 2 = 5`."""
        return _SUPPOSES.search(self.text[: self.sides[0].start]) is not None

    def unit_after(self, side: int) -> str:
        """Return the word after a side, where its unit stands."""
        return " ".join(
            self.text[self.sides[side].end : self.sides[side].end + 24].split()[:1]
        ).rstrip(".,;:")


def chains(text: str) -> tuple[Chain, ...]:
    """Return the chains of a step, in order."""
    if "=" not in text and "equal" not in text:
        return ()
    return tuple(
        Chain(_sides(clause), sentence, _label(clause))
        for sentence in _SENTENCES.split(write_out(text))
        if _RELATION.search(sentence)
        for clause in _clauses(_without_comments(tokens(sentence)))
        if any(token.kind == "relation" for token in clause)
    )


def _clauses(found: Sequence[Token]) -> Iterator[list[Token]]:
    clause: list[Token] = []
    related = False
    for token in found:
        if token.kind == "break" or (related and _JOINING.fullmatch(token.text)):
            if clause:
                yield clause
            clause, related = [], False
        else:
            clause.append(token)
            related = related or token.kind == "relation"
    if clause:
        yield clause


def _without_comments(found: Sequence[Token]) -> list[Token]:
    """Leave out brackets that begin with a word: `100 (invited first) + 200`."""
    kept: list[Token] = []
    depth = 0
    for place, token in enumerate(found):
        if depth == 0 and _opens_comment(found, place, kept):
            depth = 1
        elif depth:
            depth += (token.text == "(") - (token.text == ")")
        else:
            kept.append(token)
    return kept


def _opens_comment(found: Sequence[Token], place: int, kept: Sequence[Token]) -> bool:
    if found[place].text != "(" or place + 1 >= len(found):
        return False
    after = found[place + 1]
    behind = bool(kept) and (kept[-1].kind in {"number", "word"} or kept[-1].text in {")", "%"})
    return behind and after.kind == "word" and after.text != "sqrt" and _is_prose(found, place)


def _is_prose(found: Sequence[Token], place: int) -> bool:
    """Tell whether a bracket is closed again before anything is calculated in it."""
    for token in found[place + 1 : place + _MAX_SIDE]:
        if token.text == ")":
            return True
        if token.kind in {"sign", "relation"}:
            return False
    return False


def _label(clause: Sequence[Token]) -> tuple[str, ...]:
    """Return the words before the first sign, without those that only lead on to them."""
    words: list[str] = []
    for token in clause:
        if token.kind == "relation":
            break
        if token.kind not in {"word", "variable"}:
            return ()
        words.append(token.text.lower())
    while words and _LEADING.fullmatch(words[0]):
        del words[0]
    return tuple(words)


def _sides(clause: Sequence[Token]) -> tuple[Side, ...]:
    marks = [place for place, token in enumerate(clause) if token.kind == "relation"]
    edges = [-1, *marks, len(clause)]
    sides = []
    for number in range(len(edges) - 1):
        start, stop = edges[number] + 1, edges[number + 1]
        if number == 0:
            read = _last(clause, max(start, stop - _MAX_SIDE), stop)
        elif stop == len(clause):
            read = _first(clause, start, min(stop, start + _MAX_SIDE))
        else:
            read = _whole(clause, start, stop)
        first, end, tree = read
        relation = clause[edges[number]].text if number else ""
        begin = clause[first].start if first < len(clause) else clause[-1].end
        ends = clause[end - 1].end if end > first else begin
        sides.append(Side(tree, relation, begin, ends))
    return tuple(sides)


Read = tuple[int, int, Tree | None]
"""Indices of the first token and of the one after the last, and what they say."""


def _whole(clause: Sequence[Token], start: int, stop: int) -> Read:
    """Read a middle side, all of it."""
    parsed = parse(clause, start, min(stop, start + _MAX_SIDE))
    return start, stop, parsed.tree if parsed and parsed.end == stop else None


def _first(clause: Sequence[Token], start: int, stop: int) -> Read:
    """Read the last side: an expression, and then words."""
    parsed = parse(clause, start, stop)
    if parsed is None:
        return start, stop, None
    following = clause[parsed.end] if parsed.end < len(clause) else None
    prose = following is not None and following.kind == "word"
    if following is not None and FUNCTIONS.fullmatch(following.text):
        prose = False
    closed = following is None or prose or following.text == ")"
    spaced = following is not None and following.start > clause[parsed.end - 1].end
    apart = following is not None and spaced and following.text in {"a", "A", "I"}
    comment = following is not None and spaced and following.text == "("
    return start, parsed.end, parsed.tree if closed or apart or comment else None


def _last(clause: Sequence[Token], start: int, stop: int) -> Read:
    """Read the first side: words, and then an expression up to the sign."""
    for place in range(start, stop):
        parsed = parse(clause, place, stop)
        if parsed is not None and parsed.end == stop:
            stands = _stands_alone(clause, place, parsed)
            return place, stop, parsed.tree if stands else None
    return max(start, stop - 1), stop, None


def _stands_alone(clause: Sequence[Token], place: int, parsed: Parsed) -> bool:
    """Tell whether the words before the first side leave it whole."""
    if place == 0:
        return True
    before = clause[place - 1]
    if before.text == "(":
        return place == 1 or clause[place - 2].kind != "word"
    if before.kind != "word":
        return False
    if isinstance(parsed.tree, Variable):
        return True
    dash = clause[place].text == "-" and clause[place].end < clause[place + 1].start
    return not is_bare(parsed.tree) and not dash and not _LABELS.fullmatch(before.text)
