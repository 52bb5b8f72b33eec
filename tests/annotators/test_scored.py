"""Annotation by published scores: a threshold makes verdicts, and the score stays the value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotators.score_file import ScoreFile, score_file
from annotators.scored import Scored
from stepmark.records import Annotation, Solution, StepScore
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_solution

SOLUTION = a_solution(["One.\n", "Two.\n", "Three."])


def a_file(folder: Path, scores: list[float | None]) -> ScoreFile:
    path = folder / "scores.jsonl"
    row = {"steps": [step.strip() for step in SOLUTION.steps], "qwen": scores}
    path.write_text(json.dumps(row), encoding="utf-8")
    return score_file(path, "qwen")


def annotate(file: ScoreFile, solution: Solution = SOLUTION, **settings: Any) -> Annotation:
    """Label as a build does, through columns and back."""
    scored = Scored(method="step_scores", column="qwen", **settings)
    evidence = table_from(StepScore, scored.gather(solution, file))
    written = table_from(Solution, [solution])
    labels = scored.annotate(written, evidence)
    return records_from(Annotation, annotation_table("qwen", written, labels))[0]


def test_a_step_below_the_threshold_is_incorrect_and_keeps_its_score(tmp_path):
    annotation = annotate(a_file(tmp_path, [0.9, 0.5, 0.49]))
    assert annotation.verdicts == ("correct", "correct", "incorrect")
    assert [label.value for label in annotation.labels] == [0.9, 0.5, 0.49]
    assert (annotation.first_error, annotation.semantics) == (2, "correctness")
    assert (annotation.rollouts, annotation.requests, annotation.reason) == (0, 0, None)


def test_another_threshold_reads_the_same_scores_otherwise(tmp_path):
    file = a_file(tmp_path, [0.9, 0.5, 0.49])
    assert annotate(file, threshold=0.6).first_error == 1
    assert annotate(file, threshold=0.4).first_error is None


def test_what_the_scores_claim_is_said_by_the_recipe(tmp_path):
    assert annotate(a_file(tmp_path, [0.9, 0.5, 0.4]), semantics="potential").semantics == (
        "potential"
    )


@pytest.mark.parametrize(
    ("steps", "reason"),
    [(["One.", "Two.Three."], "other_steps"), (["Else.", "Two.", "Three."], "no_scores")],
)
def test_a_solution_without_scores_of_its_own_is_unlabelled(tmp_path, steps, reason):
    annotation = annotate(a_file(tmp_path, [0.9, 0.5, 0.4]), a_solution(steps))
    assert set(annotation.verdicts) == {"unlabelled"}
    assert {label.reason for label in annotation.labels} == {reason}
    assert {label.value for label in annotation.labels} == {None}


def test_a_step_without_its_score_is_unlabelled_and_no_error(tmp_path):
    annotation = annotate(a_file(tmp_path, [0.9, None, 0.1]))
    assert annotation.verdicts == ("correct", "unlabelled", "incorrect")
    assert annotation.labels[1].reason == "no_scores"


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5])
def test_a_threshold_is_a_score(threshold):
    with pytest.raises(ValueError, match="threshold must be above 0"):
        Scored(method="step_scores", column="qwen", threshold=threshold)
