"""PathFinder's judge: three binaries a step, and the typing of a label that is trusted already.

Paper: PathFinder-PRM (arXiv 2505.19706): math, consistency and optimality; a step is correct iff
all three hold. Human labels become types: + is (1, 1, 1) and 0 is (1, 1, 0) without asking; for −
the judge says which kind, and (1, 1, 1) is refused (asked again up to twice, then dropped).
Semantics: correctness.
Cost: n requests a solution of n steps and vote.
Deviations: the prompt is our own; (1, 1, 0) is `neutral` here, as PRM800K's 0 from which the paper
takes it, where the paper's own O is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from annotators.judges.question import Question, about_each_step
from annotators.judges.reply import Reading, fail, final_block, reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.records import Problem, Semantics, Solution, Verdict

DIMENSIONS: Final = ("math", "consistency", "optimality")
SOUND: Final = (1.0, 1.0, 1.0)
USELESS: Final = (1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFinder:
    """Math, consistency and optimality, each 0 or 1."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS
    semantics: ClassVar[Semantics] = "correctness"
    asks_each_step: ClassVar[bool] = True
    prompt: ClassVar[str] = "pathfinder"
    needs_reference: ClassVar[bool] = False
    dimensions: ClassVar[tuple[str, ...]] = DIMENSIONS

    method: Literal["pathfinder"]

    def questions(self, problem: Problem, solution: Solution) -> tuple[Question, ...]:
        """Return one question a step."""
        return about_each_step(self.prompt, problem, solution)

    def parse(self, text: str, steps: int = 1) -> Reading:
        """Read a reply about one step; the scores are its three binaries."""
        assert steps == 1
        return reading(text, _read)


def typed(trusted: Verdict, judged: Reading) -> tuple[float, ...] | None:
    """Return the types of a step whose verdict is trusted; None where the judge does not fit it.

    Args:
        trusted: the verdict that stays whatever the judge says.
        judged: the judge's reading of the step; looked at only for an `incorrect` one.
    """
    if trusted == "correct":
        return SOUND
    if trusted == "neutral":
        return USELESS
    if trusted == "unlabelled" or judged.reason is not None or judged.scores == SOUND:
        return None
    math, consistency, _ = judged.scores
    return (math, consistency, 0.0)


def _read(answer: str) -> Reading:
    block = final_block(answer, "Scores")
    if not set(block.values()) <= {"0", "1"} or not set(block) <= set(DIMENSIONS):
        fail("unclear_verdict")
    if len(block) < len(DIMENSIONS):
        fail("no_verdict" if not block else "unclear_verdict")
    scores = tuple(float(block[name]) for name in DIMENSIONS)
    return Reading(verdicts=(_verdict(scores),), scores=scores)


def _verdict(scores: tuple[float, ...]) -> Verdict:
    if scores == SOUND:
        return "correct"
    return "neutral" if scores == USELESS else "incorrect"
