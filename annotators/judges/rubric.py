"""Rubric judge: named dimensions with weights, scored 1 to 5, as data of the recipe.

Papers: PPR (arXiv 2509.25598) scores each step against principles; DG-PRM (arXiv 2507.17849) along
a tree of criteria; DRM (arXiv 2510.11457) weighs three dimensions. This is what they share: a
weighted mean of scores, and a verdict from it. Semantics: correctness.
Defaults: none for the dimensions; a step is correct from a mean of 0.75 on and incorrect below
0.5, both ours.
Cost: n requests a solution of n steps and vote.
Deviations: principles are given, not written or mined by a model; no Pareto front.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final, Literal

from annotators.judges.question import Question, about_each_step
from annotators.judges.reply import Reading, fail, final_block, reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

BEST: Final = 5
"""Scores are whole numbers from 1 to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One thing that a step is scored on."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    name: str
    """A word or two, without a colon."""
    asks: str
    """What the judge is told to look at."""
    weight: float = 1.0
    """Its share of the mean, more than 0."""

    def __post_init__(self) -> None:
        if not self.name.strip() or ":" in self.name or self.weight <= 0:
            raise ValueError(
                f"a dimension has a name without a colon and a weight above 0, not "
                f"{self.name!r} and {self.weight}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A weighted mean of scores along stated dimensions."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = True
    prompt: ClassVar[str] = "rubric"
    needs_reference: ClassVar[bool] = False

    method: Literal["rubric"]
    rubric: tuple[Dimension, ...]
    """What steps are scored on."""
    correct_from: float = 0.75
    """Mean from which a step is correct, in [0, 1]."""
    incorrect_below: float = 0.5
    """Mean below which it is incorrect; in between it is neutral."""

    def __post_init__(self) -> None:
        names = [dimension.name.lower() for dimension in self.rubric]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"a rubric has one dimension or more, each name once, not {names}")
        if not 0 <= self.incorrect_below <= self.correct_from <= 1:
            raise ValueError(
                "incorrect_below and correct_from must rise within [0, 1], not "
                f"{self.incorrect_below} and {self.correct_from}"
            )

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions, in order."""
        return tuple(dimension.name for dimension in self.rubric)

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question a step."""
        return about_each_step(
            self.prompt,
            problem,
            solution,
            dimensions="\n".join(f"- {each.name}: {each.asks}" for each in self.rubric),
            example="\n".join(f"{name}: N" for name in self.dimensions),
        )

    def parse(self, text: str, steps: int = 1) -> Reading:
        """Read a reply about one step; the scores are scaled to [0, 1]."""
        assert steps == 1
        return reading(text, self._read)

    def mean(self, scores: tuple[float, ...]) -> float:
        """Return the weighted mean of scores in [0, 1], rounded once: a threshold met is met."""
        weights = [Fraction(str(dimension.weight)) for dimension in self.rubric]
        weighed = (w * Fraction(s) for w, s in zip(weights, scores, strict=True))
        return float(sum(weighed) / sum(weights))

    def _read(self, answer: str) -> Reading:
        block = final_block(answer, "Scores")
        names = [name.lower() for name in self.dimensions]
        if set(block) != set(names):
            fail("unclear_verdict" if block else "no_verdict")
        scores = tuple(_scaled(block[name]) for name in names)
        return Reading(verdicts=(self._verdict(self.mean(scores)),), scores=scores)

    def _verdict(self, mean: float) -> Verdict:
        if mean >= self.correct_from:
            return "correct"
        return "incorrect" if mean < self.incorrect_below else "neutral"


def _scaled(word: str) -> float:
    number = word.removesuffix(f"/{BEST}").strip()
    if number not in {str(score) for score in range(1, BEST + 1)}:
        fail("unclear_verdict")
    return (int(number) - 1) / (BEST - 1)
