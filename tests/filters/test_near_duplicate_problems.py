"""Near-duplicates of problems: found across shards, frozen as ids."""

from __future__ import annotations

from filters.near_duplicate_problems import NearDuplicateProblems, Repeated
from tests.fakes.filterable import NOWHERE, fit_and_decide, table, why
from tests.fakes.labelled import a_row

FILTER = NearDuplicateProblems(method="near_duplicate_problems")
APPLES = "Ann has 3 red apples and buys 4 more at the market. How many apples has she got now?"
TRAIN = "A train leaves at noon and travels 60 miles an hour. How far has it come at three?"


def rows(**statements: str):
    return table(
        *(
            a_row("C", id=f"so_{problem}_{draw}", problem_id=problem, problem=text)
            for problem, text in statements.items()
            for draw in range(2)
        )
    )


def test_all_solutions_of_a_repeated_problem_go_whatever_shard_it_is_in():
    shards = rows(pb_1=APPLES, pb_2=TRAIN), rows(pb_3=APPLES.upper() + " Think.")
    assert fit_and_decide(FILTER, *shards) == [[None] * 4, ["near_duplicate_problem"] * 2]


def test_what_is_frozen_names_the_original():
    assert FILTER.fit([rows(pb_1=APPLES, pb_2=APPLES + "!")], NOWHERE).like == {"pb_2": "pb_1"}


def test_a_problem_that_was_not_there_when_fitted_stays():
    assert why(FILTER, rows(pb_9=APPLES), Repeated(like={"pb_2": "pb_1"})) == [None, None]
