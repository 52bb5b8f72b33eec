"""Labelling a shard: every solution is in one data split or dropped with a reason."""

from __future__ import annotations

import json
from typing import Any

from flows.labelling import Labelled, label
from flows.recipe_file import parse_recipe
from stepmark.counts import Tally
from stepmark.problems import split_of
from stepmark.records import Annotation, Outcome, Problem, Rollout, Solution
from storage.rows import Dropped, LabelledSolution
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import a_problem, a_solution, rollouts_of
from tests.fakes.plain_labels import annotate_plainly, labelled
from tests.flows.arrange import recipe_text

OUTCOMES: tuple[Outcome, ...] = ("correct", "incorrect", "unknown")
PROBLEMS = [a_problem(str(number)) for number in range(20)]
SOLUTIONS = [
    a_solution(3, problem=problem, id=f"so_{number:02d}", outcome=OUTCOMES[number % 3])
    for number, problem in enumerate(PROBLEMS)
]
ROLLOUTS = [
    rollout
    for number, solution in enumerate(SOLUTIONS)
    for rollout in rollouts_of(solution, {1: Tally(number % 2, 7, 5), 2: Tally(0, 2, number % 7)})
]


def labelled_shard(**changes: Any) -> tuple[Labelled, Any]:
    recipe = parse_recipe(json.loads(recipe_text(**changes)), "a test")
    shard = label(
        table_from(Problem, PROBLEMS),
        table_from(Solution, SOLUTIONS),
        {"mc": table_from(Rollout, ROLLOUTS)},
        recipe,
    )
    return shard, recipe


def test_rows_are_those_defined_solution_by_solution():
    shard, recipe = labelled_shard(annotators__mc__right_answers="drop")
    annotations = annotate_plainly(recipe.annotators["mc"], "mc", SOLUTIONS, ROLLOUTS)
    assert records_from(Annotation, shard.annotations["mc"]) == annotations
    by_id = {problem.id: problem for problem in PROBLEMS}
    usable = [
        labelled(by_id[solution.problem_id], solution, annotation)
        for solution, annotation in zip(SOLUTIONS, annotations, strict=True)
        if annotation.reason is None and set(annotation.verdicts) != {"unlabelled"}
    ]
    for split, table in shard.rows.items():
        expected = [r for r in usable if split_of(r.problem_id, recipe.splits) == split]
        assert list(records_from(LabelledSolution, table)) == expected
        assert expected


def test_every_solution_is_kept_or_dropped_with_a_reason():
    shard, _ = labelled_shard(annotators__mc__right_answers="drop")
    ids = [x for table in shard.rows.values() for x in table["id"].to_pylist()]
    dropped = records_from(Dropped, shard.dropped)
    ids += [row.solution_id for row in dropped]
    assert sorted(ids) == [solution.id for solution in SOLUTIONS]
    assert {row.reason for row in dropped} == {"right_answer", "all_unlabelled"}
