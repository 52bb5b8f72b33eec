"""Noise figures, counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stepmark.records import Annotation, Outcome, Solution, StepLabel, Verdict
from storage.noise import noise
from storage.shards import write_shard
from tests.fakes.factories import a_label, a_solution, an_annotation


def counts(correct: int, incorrect: int, verdict: Verdict | None = None) -> StepLabel:
    return a_label(
        verdict=verdict or ("correct" if correct else "incorrect"),
        correct=correct,
        incorrect=incorrect,
        unknown=0,
    )


def figures(root: Path, *labelled: tuple[Outcome, list[StepLabel]]) -> dict[str, Any]:
    """Noise of solutions, each an outcome and the counts of its steps."""
    solutions, annotations = [], []
    for number, (outcome, labels) in enumerate(labelled):
        solution = a_solution(len(labels), id=f"so_{number}", outcome=outcome)
        solutions.append(solution)
        annotations.append(an_annotation(labels, solution_id=solution.id))
    return noise(
        root,
        [write_shard(root, "labels.parquet", Annotation, annotations)],
        [write_shard(root, "solutions.parquet", Solution, solutions[::-1])],
    )


def test_a_step_without_success_is_refuted_by_a_later_success(tmp_path):
    steps = [counts(0, 8), counts(2, 6), counts(0, 8), counts(0, 1)]
    found = figures(tmp_path, ("incorrect", steps))
    assert (found["measured"], found["without_success"], found["refuted"]) == (3, 2, 1)
    assert found["graded_rollouts"] == 24


def test_a_right_answer_refutes_what_comes_before(tmp_path):
    found = figures(tmp_path, ("correct", [counts(0, 8), counts(1, 0)]))
    assert (found["measured"], found["refuted"]) == (1, 1)


def test_success_in_one_solution_says_nothing_of_another(tmp_path):
    hopeless, fine = [counts(0, 8), counts(0, 1)], [counts(8, 0), counts(1, 0)]
    assert figures(tmp_path, ("incorrect", hopeless), ("correct", fine))["refuted"] == 0


def test_the_standard_error_is_that_of_jeffreys_mean(tmp_path):
    found = figures(tmp_path, ("incorrect", [counts(4, 4), counts(0, 1)]))
    assert found["value_se"] == 0.167  # (0.5 · 0.5 / 9) ** 0.5


def test_right_answers_with_a_wrong_step_are_counted(tmp_path):
    silent = [counts(0, 0, verdict="unlabelled")]
    found = figures(
        tmp_path,
        ("correct", [counts(0, 8), counts(1, 0)]),
        ("correct", [counts(8, 0), counts(1, 0)]),
        ("incorrect", [counts(0, 8), counts(0, 1)]),
        ("correct", silent),
    )
    assert (found["right"], found["right_accused"]) == (2, 1)


def test_labels_without_rollouts_have_no_standard_error(tmp_path):
    found = figures(tmp_path, ("correct", [counts(0, 0, verdict="correct")]))
    assert (found["measured"], found["value_se"]) == (0, None)


def test_empty_shards_have_no_noise(tmp_path):
    assert figures(tmp_path)["right"] == 0
