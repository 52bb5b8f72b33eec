"""Tables made from arrays are the records' tables: same columns, same rows, same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from stepmark.counts import Tally
from stepmark.evidence import evidence_of
from stepmark.records import Annotation, Outcome, Problem, Rollout, Solution
from storage.labels import annotation_table, dropped_table, labelled_table, why_unusable
from storage.rows import Dropped, LabelledSolution
from storage.shards import write_shard, write_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import (
    a_label,
    a_monte_carlo,
    a_problem,
    a_solution,
    an_annotation,
    rollouts_of,
)
from tests.fakes.plain_labels import annotate_plainly, labelled

PROBLEMS = [a_problem(text, source_id=given) for text, given in (("a", None), ("b", "17"))]
SHAPES: list[tuple[int, Outcome]] = [
    (3, "incorrect"),
    (2, "correct"),
    (0, "incorrect"),
    (4, "unknown"),
    (1, "incorrect"),
]
SOLUTIONS = [
    a_solution(steps, outcome=outcome, problem=PROBLEMS[number % 2], id=f"so_{number}")
    for number, (steps, outcome) in enumerate(SHAPES)
]
ROLLOUTS = [
    *rollouts_of(SOLUTIONS[0], {0: Tally(2, 6), 1: Tally(5, 3), 2: Tally(0, 8)}),
    *rollouts_of(SOLUTIONS[3], {1: Tally(0, 1, 7), 3: Tally(3, 5)}),
]


def annotated() -> tuple[pa.Table, tuple[Annotation, ...]]:
    """Return the same annotations made on columns and as defined."""
    annotator, solutions = a_monte_carlo(), table_from(Solution, SOLUTIONS)
    labels = annotator.annotate(evidence_of(solutions, table_from(Rollout, ROLLOUTS)))
    table = annotation_table("mc", solutions, labels)
    return table, annotate_plainly(annotator, "mc", SOLUTIONS, ROLLOUTS)


def same_bytes(folder: Path, table: pa.Table, record: type, rows: list[object]) -> bool:
    write_table(folder, "columns.parquet", table)
    write_shard(folder, "records.parquet", record, rows)
    one, two = (folder / f"{name}.parquet" for name in ("columns", "records"))
    return one.read_bytes() == two.read_bytes()


def test_annotations_are_written_to_the_bytes_that_records_give(tmp_path):
    table, plain = annotated()
    assert same_bytes(tmp_path, table, Annotation, list(plain))


def test_data_rows_are_written_to_the_bytes_that_records_give(tmp_path):
    table, plain = annotated()
    by_id = {problem.id: problem for problem in PROBLEMS}
    rows = [labelled(by_id[s.problem_id], s, a) for s, a in zip(SOLUTIONS, plain, strict=True)]
    joined = labelled_table(table_from(Problem, PROBLEMS), table_from(Solution, SOLUTIONS), table)
    assert same_bytes(tmp_path, joined, LabelledSolution, list(rows))


def test_no_rows_still_have_their_columns(tmp_path):
    nothing = labelled_table(
        table_from(Problem, []), table_from(Solution, []), table_from(Annotation, [])
    )
    assert same_bytes(tmp_path, nothing, LabelledSolution, [])


def test_a_data_row_joins_problem_solution_and_labels():
    labels = [a_label(value=0.375), a_label(verdict="incorrect", value=None, interpolated=True)]
    problem, solution = PROBLEMS[1], a_solution(2, problem=PROBLEMS[1])
    annotation = an_annotation(labels, first_error=1, bracketed=True)
    (row,) = records_from(
        LabelledSolution,
        labelled_table(
            table_from(Problem, PROBLEMS),
            table_from(Solution, [solution]),
            table_from(Annotation, [annotation]),
        ),
    )
    assert (row.id, row.problem_id, row.problem) == (solution.id, problem.id, problem.statement)
    assert (row.steps, row.verdicts) == (solution.steps, ("correct", "incorrect"))
    assert (row.values, row.interpolated) == ((0.375, None), (False, True))
    assert (row.first_error, row.bracketed, row.source_id) == (1, True, "17")


def test_an_annotation_is_unusable_for_its_reason_or_for_want_of_any_label():
    silent = a_label(verdict="unlabelled", value=None, reason="not_probed")
    reasons = why_unusable(
        table_from(
            Annotation,
            [
                an_annotation([silent, a_label()]),
                an_annotation([silent, silent]),
                an_annotation([a_label()], reason="right_answer"),
                an_annotation([], reason="no_steps"),
            ],
        )
    )
    assert reasons.to_pylist() == [None, "all_unlabelled", "right_answer", "no_steps"]


def test_a_dropped_row_names_problem_solution_stage_and_reason():
    solution = table_from(Solution, SOLUTIONS[:1])
    dropped = dropped_table(solution, "label", pa.chunked_array([["all_unlabelled"]]))
    assert records_from(Dropped, dropped) == (
        Dropped(
            problem_id=SOLUTIONS[0].problem_id,
            solution_id=SOLUTIONS[0].id,
            stage="label",
            reason="all_unlabelled",
            solve_rate=0.5,
        ),
    )


def test_a_value_that_was_not_measured_is_null_and_never_nan():
    table, _ = annotated()
    values = table["labels"].combine_chunks().values.field("value")
    assert not np.isnan(values.drop_null().to_numpy()).any()
    assert values.null_count > 0
