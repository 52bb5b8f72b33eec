"""Labelling as it is defined: one solution at a time, on records.

The product computes the same on columns; properties hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from annotators.monte_carlo import MonteCarlo
from annotators.rules.reading import Reading
from stepmark.counts import Counts, Tally, counts_of
from stepmark.labels import REASONS, VERDICTS
from stepmark.records import (
    Annotation,
    Problem,
    Rollout,
    Solution,
    StepLabel,
    Verdict,
    first_error,
)
from stepmark.sampler import count, own_outcome
from storage.rows import LabelledSolution

Evidence = Mapping[int, Tally]
"""Tallies by position, for the positions that have any."""


def annotate_plainly(
    annotator: MonteCarlo, name: str, solutions: Sequence[Solution], rollouts: Sequence[Rollout]
) -> tuple[Annotation, ...]:
    """Label solutions from their rollouts, in any order."""
    drawn: dict[str, list[Rollout]] = {solution.id: [] for solution in solutions}
    for rollout in rollouts:
        drawn[rollout.solution_id].append(rollout)
    evidence = [_evidence(s, drawn[s.id], skipped=annotator.skips(s)) for s in solutions]
    reading = annotator.rule.read(_counts(solutions, evidence))
    labels = _labels(solutions, evidence, reading)
    return tuple(
        _annotation(annotator, name, solution, tallies, steps, drawn[solution.id])
        for solution, tallies, steps in zip(solutions, evidence, labels, strict=True)
    )


def labelled(problem: Problem, solution: Solution, annotation: Annotation) -> LabelledSolution:
    """Join a problem, its solution and the labels on it into a data row."""
    return LabelledSolution(
        id=solution.id,
        problem_id=problem.id,
        problem=problem.statement,
        reference=problem.reference,
        steps=solution.steps,
        verdicts=annotation.verdicts,
        values=tuple(label.value for label in annotation.labels),
        interpolated=tuple(label.interpolated for label in annotation.labels),
        first_error=annotation.first_error,
        bracketed=annotation.bracketed,
        semantics=annotation.semantics,
        annotator=annotation.annotator,
        answer=solution.answer,
        outcome=solution.outcome,
        policy=solution.policy,
        step_policies=solution.step_policies,
        solve_rate=solution.solve_rate,
        difficulty=solution.difficulty,
        source=problem.source,
        source_id=problem.source_id,
        rollouts=annotation.rollouts,
        completion_tokens=annotation.completion_tokens,
    )


def _annotation(
    annotator: MonteCarlo,
    name: str,
    solution: Solution,
    evidence: Evidence,
    labels: list[StepLabel],
    drawn: Sequence[Rollout],
) -> Annotation:
    skipped = annotator.skips(solution)
    if skipped == "right_answer" and annotator.right_answers == "assume_correct":
        labels, skipped = [_assumed("correct", label) for label in labels], None
    elif not skipped:
        labels = _after_first_error(annotator, _interpolated(labels))
    error = first_error(tuple(label.verdict for label in labels))
    return Annotation(
        solution_id=solution.id,
        problem_id=solution.problem_id,
        annotator=name,
        semantics="potential",
        labels=tuple(labels),
        first_error=error,
        bracketed=None if error is None else _bracketed(evidence, error),
        reason=skipped,
        rollouts=len(drawn),
        requests=len({rollout.request for rollout in drawn}),
        prompt_tokens=sum(rollout.prompt_tokens for rollout in drawn),
        completion_tokens=sum(rollout.completion_tokens for rollout in drawn),
    )


def _after_first_error(annotator: MonteCarlo, labels: list[StepLabel]) -> list[StepLabel]:
    """Withdraw the labels of steps after the first error, if the recipe says so."""
    error = first_error(tuple(label.verdict for label in labels))
    if error is None or annotator.after_first_error == "keep":
        return labels
    return labels[: error + 1] + [_withheld("after_first_error", x) for x in labels[error + 1 :]]


def _evidence(
    solution: Solution, drawn: Sequence[Rollout], *, skipped: str | None
) -> dict[int, Tally]:
    """Return the tallies of a solution's prefixes; the whole one is its own answer."""
    by_position: dict[int, list[Rollout]] = {}
    for rollout in drawn:
        by_position.setdefault(rollout.position, []).append(rollout)
    tallies = {position: count(ended) for position, ended in by_position.items()}
    if solution.steps and not skipped:
        tallies[len(solution.steps)] = own_outcome(solution)
    return tallies


def _counts(solutions: Sequence[Solution], evidence: Sequence[Evidence]) -> Counts:
    """Lay the tallies out as flat arrays, zeros where nothing was drawn."""
    nothing = Tally()
    steps = [
        [tallies.get(position, nothing) for position in range(1, len(solution.steps) + 1)]
        for solution, tallies in zip(solutions, evidence, strict=True)
    ]
    return counts_of([tallies.get(0, nothing) for tallies in evidence], steps)


def _labels(
    solutions: Sequence[Solution], evidence: Sequence[Evidence], reading: Reading
) -> list[list[StepLabel]]:
    """Cut a rule's flat reading back into step labels, solution by solution."""
    values, verdicts = reading.values.tolist(), reading.verdicts.tolist()
    reasons = [0] * len(values) if reading.reasons is None else reading.reasons.tolist()
    labels, start = [], 0
    for solution, tallies in zip(solutions, evidence, strict=True):
        labels.append(
            [
                _label(
                    tallies.get(i + 1, Tally()),
                    values[start + i],
                    VERDICTS[verdicts[start + i]],
                    REASONS[reasons[start + i]],
                )
                for i in range(len(solution.steps))
            ]
        )
        start += len(solution.steps)
    return labels


def _label(tally: Tally, value: float, verdict: Verdict, reason: str | None) -> StepLabel:
    if verdict == "unlabelled" and reason is None:
        reason = "too_many_unknown" if tally.total else "not_probed"
    return StepLabel(
        verdict=verdict,
        value=None if np.isnan(value) else value,
        correct=tally.correct,
        incorrect=tally.incorrect,
        unknown=tally.unknown,
        interpolated=False,
        reason=reason,
    )


def _interpolated(labels: list[StepLabel]) -> list[StepLabel]:
    """Fill unprobed steps in: sound before a later success, broken after the first error.

    Rests on the search's assumption that values fall to zero once and stay there.
    """
    verdicts = [label.verdict for label in labels]
    last_sound = max((i for i, v in enumerate(verdicts) if v == "correct"), default=-1)
    broken = first_error(tuple(verdicts))
    filled = []
    for i, label in enumerate(labels):
        if label.reason != "not_probed":
            filled.append(label)
        elif i < last_sound:
            filled.append(_assumed("correct", label))
        elif broken is not None and i > broken:
            filled.append(_assumed("incorrect", label))
        else:
            filled.append(label)
    return filled


def _assumed(verdict: Literal["correct", "incorrect"], label: StepLabel) -> StepLabel:
    return StepLabel(
        verdict=verdict,
        value=None,  # nothing was measured here
        correct=label.correct,
        incorrect=label.incorrect,
        unknown=label.unknown,
        interpolated=True,
        reason=None,
    )


def _withheld(reason: str, label: StepLabel) -> StepLabel:
    return StepLabel(
        verdict="unlabelled",
        value=None,
        correct=label.correct,
        incorrect=label.incorrect,
        unknown=label.unknown,
        interpolated=False,
        reason=reason,
    )


def _bracketed(evidence: Evidence, error: int) -> bool:
    """Tell whether the prefix before the first error was seen to succeed and the one with it not.

    `error` is a step index, so the prefix before it has `error` steps.
    """
    before, with_it = evidence.get(error, Tally()), evidence.get(error + 1, Tally())
    return before.correct > 0 and with_it.correct == 0 and with_it.incorrect > 0
