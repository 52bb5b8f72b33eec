from __future__ import annotations

import pytest

from annotators.judges import PathFinder, Reading
from annotators.judges.pathfinder import typed

JUDGE = PathFinder(method="pathfinder")


def judged(math: int, consistency: int, optimality: int) -> Reading:
    return JUDGE.parse(
        f"Scores:\nMath: {math}\nConsistency: {consistency}\nOptimality: {optimality}"
    )


def test_scores_come_in_the_order_of_the_dimensions():
    assert judged(1, 0, 1).scores == (1.0, 0.0, 1.0)
    assert JUDGE.dimensions == ("math", "consistency", "optimality")


@pytest.mark.parametrize(
    ("trusted", "said", "types"),
    [
        ("correct", (0, 0, 0), (1, 1, 1)),
        ("neutral", (0, 0, 0), (1, 1, 0)),
        ("incorrect", (0, 1, 1), (0, 1, 0)),
        ("incorrect", (1, 0, 0), (1, 0, 0)),
        ("incorrect", (1, 1, 1), None),
        ("unlabelled", (0, 1, 1), None),
    ],
)
def test_a_trusted_label_stays_and_the_judge_only_types_an_error(trusted, said, types):
    assert typed(trusted, judged(*said)) == types


def test_an_unreadable_reply_types_nothing():
    assert typed("incorrect", JUDGE.parse("no")) is None
