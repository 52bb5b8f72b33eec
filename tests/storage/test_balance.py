"""The balance of data rows, counted over shards."""

from __future__ import annotations

from stepmark.records import Outcome, Verdict
from storage.balance import balance
from storage.rows import LabelledSolution
from storage.shards import write_shard
from tests.fakes.factories import a_label, a_problem, a_solution, an_annotation
from tests.fakes.plain_labels import labelled


def row(outcome: Outcome, *verdicts: Verdict) -> LabelledSolution:
    wrong = [index for index, verdict in enumerate(verdicts) if verdict == "incorrect"]
    labels = [a_label(verdict=verdict) for verdict in verdicts]
    solution = a_solution(len(labels), outcome=outcome)
    return labelled(
        a_problem("a"), solution, an_annotation(labels, first_error=wrong[0] if wrong else None)
    )


def test_rows_are_counted_by_outcome_first_error_and_source(tmp_path):
    late: tuple[Verdict, ...] = ("correct",) * 12 + ("incorrect",)
    rows = [row("correct", "correct"), row("incorrect", "correct", "incorrect")]
    shards = [
        write_shard(tmp_path, "data/train-0000-00000.parquet", LabelledSolution, rows),
        write_shard(
            tmp_path, "data/test-0000-00000.parquet", LabelledSolution, [row("incorrect", *late)]
        ),
    ]
    assert balance(tmp_path, shards) == {
        "outcomes": {"correct": 1, "incorrect": 2},
        "first_errors": {"none": 1, "1": 1, "10 or later": 1},
        "sources": {a_problem("a").source: 3},
    }


def test_nothing_has_no_balance(tmp_path):
    assert balance(tmp_path, []) == {"outcomes": {}, "first_errors": {}, "sources": {}}
