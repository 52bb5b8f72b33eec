"""Layouts of benchmarks: ProcessBench's first error, PRMBench's error steps, PRM800K's ratings.

ProcessBench (arXiv 2412.06559): `label` is the index from 0 of the earliest wrong step, −1 without
one. PRMBench (arXiv 2501.03124): `error_steps` are numbers from 1 in `modified_process`, beside a
sound `original_process`. PRM800K (arXiv 2305.20050): a rating of 1, 0 or −1 a step, null where
nobody rated it; `finish_reason` says whether the solution was judged to its end.
Deviations: PRMBench changes sound solutions on purpose, while errors here are the policy's own. The
original process is another text for the problem that is right throughout, its answer too, empty
without one; nothing says which steps were changed, so `modified_steps` are the error steps;
`classification` is `natural`. PRM800K's fields about labellers are those of no person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stepmark.records import Verdict
from storage.export.marks import texts
from storage.export.written import Written, together
from storage.rows import LabelledSolution

RATINGS: Final[dict[Verdict, int]] = {"correct": 1, "neutral": 0, "incorrect": -1}
NO_ERROR: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessBenchRow:
    """A solution and its first error."""

    id: str
    """Id of the solution."""
    generator: str
    """Who wrote it."""
    problem: str
    """The statement."""
    steps: tuple[str, ...]
    """All steps, without the white space around them."""
    final_answer_correct: bool
    """Whether the final answer is right."""
    label: int
    """Index from 0 of the first wrong step; −1 without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrmBenchRow:
    """A solution and its wrong steps, numbered from 1."""

    original_question: str
    """The statement."""
    modified_question: str
    """The same statement."""
    original_process: tuple[str, ...]
    """Steps of another solution that is right throughout, its answer too; none without one."""
    modified_process: tuple[str, ...]
    """Steps of the solution."""
    modified_steps: tuple[int, ...]
    """The same as `error_steps`."""
    error_steps: tuple[int, ...]
    """Numbers from 1 of the wrong steps."""
    reason: str
    """Empty: counts of rollouts give no reason in words."""
    idx: str
    """Id of the solution."""
    question: str
    """The statement."""
    classification: str
    """`natural`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A step with its rating."""

    text: str
    """The step, without the white space around it."""
    rating: int | None
    """1 `correct`, 0 `neutral`, −1 `incorrect`, null `unlabelled`."""
    flagged: bool
    """False."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedStep:
    """The candidates for a step, here one."""

    completions: tuple[Rated, ...]
    """The step as it was written."""
    human_completion: None
    """Null."""
    chosen_completion: int
    """0: the next step follows the only candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The problem."""

    problem: str
    """The statement."""
    ground_truth_answer: str | None
    """The reference answer."""
    ground_truth_solution: None
    """Null."""
    pre_generated_steps: tuple[str, ...]
    """All steps."""
    pre_generated_answer: str | None
    """The final answer of the solution."""
    pre_generated_verifier_score: None
    """Null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """All ratings of a solution."""

    steps: tuple[RatedStep, ...]
    """One a step."""
    total_time: int
    """0."""
    finish_reason: str
    """`solution` where every step is rated and none is wrong, `found_error` where every step up to
    the first wrong one is rated; `give_up`, not judged to the end, elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prm800kRow:
    """A solution as PRM800K publishes it."""

    labeler: str
    """Name of the annotator or consensus in the recipe."""
    timestamp: None
    """Null: labels depend on no time."""
    generation: None
    """Null."""
    is_quality_control_question: bool
    """False."""
    is_initial_screening_question: bool
    """False."""
    question: Question
    """The problem."""
    label: Ratings
    """The ratings."""


def processbench(solution: LabelledSolution) -> Written:
    """Return the `ProcessBenchRow` of a solution whose first error, or none, is known."""
    end = len(solution.steps) if solution.first_error is None else solution.first_error
    before = solution.verdicts[:end]
    if "unlabelled" in before:
        return Written((), Counter({"solutions whose first error is not known": 1}))
    if solution.outcome == "unknown":
        return Written((), Counter({"solutions with an unknown outcome": 1}))
    row = ProcessBenchRow(
        id=solution.id,
        generator=solution.policy,
        problem=solution.problem,
        steps=texts(solution),
        final_answer_correct=solution.outcome == "correct",
        label=NO_ERROR if solution.first_error is None else end,
    )
    after = solution.verdicts[end + 1 :]
    unsaid = Counter("neutral steps" for verdict in before if verdict == "neutral")
    return Written(
        (row,), unsaid + Counter("steps after the first error" for v in after if v != "unlabelled")
    )


def prmbench(solutions: Sequence[LabelledSolution]) -> Written:
    """Return the `PrmBenchRow` of each solution whose steps are all right or wrong."""
    sound: dict[str, list[LabelledSolution]] = {}
    for solution in solutions:
        if set(solution.verdicts) == {"correct"} and solution.outcome == "correct":
            sound.setdefault(solution.problem_id, []).append(solution)
    return together(_prmbench(each, sound.get(each.problem_id, ())) for each in solutions)


def prm800k(solution: LabelledSolution) -> Written:
    """Return the `Prm800kRow` of a solution."""
    steps = texts(solution)
    rated = tuple(
        RatedStep(
            completions=(Rated(text=step, rating=RATINGS.get(verdict), flagged=False),),
            human_completion=None,
            chosen_completion=0,
        )
        for step, verdict in zip(steps, solution.verdicts, strict=True)
    )
    row = Prm800kRow(
        labeler=solution.annotator,
        timestamp=None,
        generation=None,
        is_quality_control_question=False,
        is_initial_screening_question=False,
        question=Question(
            problem=solution.problem,
            ground_truth_answer=solution.reference,
            ground_truth_solution=None,
            pre_generated_steps=steps,
            pre_generated_answer=solution.answer,
            pre_generated_verifier_score=None,
        ),
        label=Ratings(
            steps=rated,
            total_time=0,
            finish_reason=_finish(solution),
        ),
    )
    return Written(
        (row,), Counter("soft values" for v in solution.values if v is not None and 0 < v < 1)
    )


def _finish(solution: LabelledSolution) -> str:
    """Return how judging ended: a step that nobody rated is not said to be right."""
    if "unlabelled" in solution.verdicts[: solution.first_error]:
        return "give_up"
    return "solution" if solution.first_error is None else "found_error"


def _prmbench(solution: LabelledSolution, sound: Sequence[LabelledSolution]) -> Written:
    if not set(solution.verdicts) <= {"correct", "incorrect"}:
        return Written((), Counter({"solutions with a step that is neither right nor wrong": 1}))
    errors = tuple(
        number
        for number, verdict in enumerate(solution.verdicts, start=1)
        if verdict == "incorrect"
    )
    text = "".join(solution.steps)
    others = (other for other in sound if "".join(other.steps) != text)
    original = next(map(texts, others), ())
    row = PrmBenchRow(
        original_question=solution.problem,
        modified_question=solution.problem,
        original_process=original,
        modified_process=texts(solution),
        modified_steps=errors,
        error_steps=errors,
        reason="",
        idx=solution.id,
        question=solution.problem,
        classification="natural",
    )
    soft = (v for v in solution.values if v is not None and 0 < v < 1)
    return Written((row,), Counter("soft values" for _ in soft))
