"""ProntoQA's gold proofs with one step spoilt, and by truth tables whether it still follows.

Reads and decides on its own, with nothing of what is measured: one regular expression for the few
forms of these sentences, and all truth values of the predicates.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

NAMES: Final = ("Alex", "Fae", "Max", "Polly", "Rex", "Sally", "Sam", "Stella", "Wren")
Kind = Literal["drop_premise", "flip_predicate", "swap_entity"]

_FORM: Final = re.compile(
    r"(?P<rule>Each |Every |Everything |)(?P<who>[A-Za-z]+) (?P<verb>is|are) (?P<no>not )?(?:an? )?"
    r"(?P<what>[a-z]+)\."
)


class Said(NamedTuple):
    """A sentence: of a name, or as a rule of a kind, that it is or is not something."""

    about: str
    rule: bool
    positive: bool
    what: str


class Spoilt(NamedTuple):
    """A proof with one step spoilt."""

    kind: Kind
    steps: tuple[str, ...]
    at: int
    """Index of the step that should be found wrong."""


def said(sentence: str) -> Said:
    """Read a sentence of ProntoQA."""
    form = _FORM.fullmatch(sentence)
    assert form, sentence
    rule = bool(form["rule"]) or form["verb"] == "are"
    return Said(_singular(form["who"].lower()), rule, not form["no"], _singular(form["what"]))


def supported(claim: str, stated: Sequence[str], earlier: Sequence[str]) -> bool:
    """Whether a sentence is stated by the problem, or follows from the steps before it."""
    meant = said(claim)
    if meant in {said(sentence) for sentence in (*stated, *earlier)}:
        return True
    return _follows(meant, [said(sentence) for sentence in earlier])


def spoilt(steps: Sequence[str], kinds: Sequence[str], chance: random.Random) -> Iterator[Spoilt]:
    """Yield every proof that comes of one corruption of one step.

    Args:
        steps: gold proof: a fact, and then by turns a rule and what follows from it.
        kinds: kinds and qualities that the problem speaks of.
        chance: picks what an entity is swapped for.
    """
    for at in range(2, len(steps), 2):
        for dropped in (at - 2, at - 1):
            rest = (*steps[:dropped], *steps[dropped + 1 :])
            yield Spoilt("drop_premise", rest, at - 1)
    for at, step in enumerate(steps):
        flipped = re.sub(r"\b(is|are) not ", r"\1 ", step)
        if flipped == step:
            flipped = re.sub(r"\b(is|are) ", r"\1 not ", step, count=1)
        yield Spoilt("flip_predicate", _with(steps, at, flipped), at)
        yield Spoilt("swap_entity", _with(steps, at, _swapped(step, kinds, chance)), at)


def _swapped(step: str, kinds: Sequence[str], chance: random.Random) -> str:
    meant = said(step)
    name = next(word for word in step.split() if _singular(word.lower()) == meant.about)
    others = (
        [k for k in kinds if k != meant.about] if meant.rule else [n for n in NAMES if n != name]
    )
    other = chance.choice(others)
    plural = meant.rule and name.lower() != meant.about
    other = other + "es" if plural else other
    return step.replace(name, other.capitalize() if name[0].isupper() else other, 1)


def _with(steps: Sequence[str], at: int, step: str) -> tuple[str, ...]:
    return (*steps[:at], step, *steps[at + 1 :])


def _singular(word: str) -> str:
    return word.removesuffix("es") if word.endswith("uses") else word


def _follows(claim: Said, given: Sequence[Said]) -> bool:
    """Decide by all truth values of the predicates of one individual.

    A rule claims it of any individual of its kind; of others than the one named, nothing is given
    but rules, and rules bind no two individuals together.
    """
    rules = [g for g in given if g.rule]
    facts = [g for g in given if not g.rule and not claim.rule and g.about == claim.about]
    words = sorted(
        {w for g in (*rules, claim) for w in (g.about, g.what)} | {f.what for f in facts}
    )
    worlds = (np.arange(1 << len(words))[:, None] >> np.arange(len(words))) & 1 == 1
    value = {word: worlds[:, i] for i, word in enumerate(words)}
    possible = np.ones(len(worlds), dtype=np.bool_)
    for rule in rules:
        possible &= ~value[rule.about] | (value[rule.what] == rule.positive)
    for fact in facts:
        possible &= value[fact.what] == fact.positive
    if claim.rule:
        possible &= value[claim.about]
    return bool((value[claim.what][possible] == claim.positive).all())
