"""Monte Carlo annotation: a probe spends rollouts on a solution, a rule reads the counts.

Papers: Math-Shepherd (arXiv 2312.08935) is `exhaustive` with `hard` or `soft`; OmegaPRM's search
(arXiv 2406.06592) is `binary` with either. Spending and reading are two functions here: `gather`
awaits draws for one solution, `annotate` is pure and reads the stored rollouts of many, so a
changed rule never calls a model.
Semantics: potential of the prefix.
Traps handled (methods.md §3.1–3.2): the last step is judged by its own answer; steps that were
not probed are flagged as interpolated; a right answer proves right steps only where the recipe
assumes it; unknown draws count neither as failures nor as nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from annotators.probes import Binary, Probe
from annotators.rules import Rule
from annotators.rules.reading import VERDICTS, Reading
from stepmark.blocks import REFUSE_UNKNOWN_KEYS
from stepmark.counts import Counts, Tally, counts_of
from stepmark.engines.protocol import Sampling
from stepmark.records import Annotation, Rollout, Solution, StepLabel, Verdict, first_error
from stepmark.sampler import Sampler, count, own_outcome

Evidence = Mapping[int, Tally]
"""Tallies by position, for the positions that have any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonteCarlo:
    """An annotator made of a probe and a rule."""

    __pydantic_config__ = REFUSE_UNKNOWN_KEYS

    method: Literal["monte_carlo"]
    policy: str
    """Policy that continues the prefixes."""
    probe: Probe
    """Where rollouts are spent."""
    rule: Rule
    """What their counts mean."""
    right_answers: Literal["probe", "assume_correct", "drop"] = "probe"
    """What is done with solutions whose final answer is right."""
    after_first_error: Literal["keep", "drop"] = "keep"
    """Whether steps after the first error keep their labels."""
    sampling: Sampling | None = None
    """How rollouts are drawn; null for as the solutions were."""

    def __post_init__(self) -> None:
        if isinstance(self.probe, Binary) and self.right_answers == "probe":
            raise ValueError(
                "the binary probe searches wrong solutions only: set right_answers to "
                "assume_correct or drop"
            )

    def skips(self, solution: Solution) -> str | None:
        """Return why no rollouts are spent on a solution, or None if some are."""
        if not solution.steps:
            return "no_steps"
        if solution.outcome == "correct" and self.right_answers != "probe":
            return "right_answer"
        if solution.outcome == "unknown" and isinstance(self.probe, Binary):
            return "unknown_outcome"
        return None

    async def gather(self, solution: Solution, sampler: Sampler) -> tuple[Rollout, ...]:
        """Spend rollouts on one solution and return them, by position and draw."""
        if self.skips(solution):
            return ()
        await self.probe.probe(solution, sampler)
        return sampler.rollouts

    def annotate(
        self, name: str, solutions: Sequence[Solution], rollouts: Sequence[Rollout]
    ) -> tuple[Annotation, ...]:
        """Label many solutions from their stored rollouts; pure, one annotation a solution."""
        drawn: dict[str, list[Rollout]] = {solution.id: [] for solution in solutions}
        for rollout in rollouts:
            drawn[rollout.solution_id].append(rollout)
        evidence = [_evidence(s, drawn[s.id], skipped=self.skips(s)) for s in solutions]
        reading = self.rule.read(_counts(solutions, evidence))
        labels = _labels(solutions, evidence, reading)
        return tuple(
            self._annotation(name, solution, tallies, steps, drawn[solution.id])
            for solution, tallies, steps in zip(solutions, evidence, labels, strict=True)
        )

    def _annotation(
        self,
        name: str,
        solution: Solution,
        evidence: Evidence,
        labels: list[StepLabel],
        drawn: Sequence[Rollout],
    ) -> Annotation:
        skipped = self.skips(solution)
        if skipped == "right_answer" and self.right_answers == "assume_correct":
            labels, skipped = [_assumed("correct", label) for label in labels], None
        elif not skipped:
            labels = self._after_first_error(_interpolated(labels))
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

    def _after_first_error(self, labels: list[StepLabel]) -> list[StepLabel]:
        """Withdraw the labels of steps after the first error, if the recipe says so."""
        error = first_error(tuple(label.verdict for label in labels))
        if error is None or self.after_first_error == "keep":
            return labels
        return labels[: error + 1] + [
            _withheld("after_first_error", x) for x in labels[error + 1 :]
        ]


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
    labels, start = [], 0
    for solution, tallies in zip(solutions, evidence, strict=True):
        labels.append(
            [
                _label(
                    tallies.get(i + 1, Tally()), values[start + i], VERDICTS[verdicts[start + i]]
                )
                for i in range(len(solution.steps))
            ]
        )
        start += len(solution.steps)
    return labels


def _label(tally: Tally, value: float, verdict: Verdict) -> StepLabel:
    reason = None
    if verdict == "unlabelled":
        reason = "too_many_unknown" if tally.total else "not_probed"
        if not np.isnan(value):
            reason = "undecided"
    return StepLabel(
        verdict=verdict,
        value=None if np.isnan(value) else value,
        correct=tally.correct,
        incorrect=tally.incorrect,
        unknown=tally.unknown,
        interpolated=verdict != "unlabelled" and not tally.total,
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
