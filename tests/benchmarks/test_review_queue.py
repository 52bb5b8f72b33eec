"""What the queue's benchmark calls a mistake, and what it says that an order is worth."""

from __future__ import annotations

import pytest

from benchmarks.practice.world import generate
from benchmarks.queue_builds import changes
from benchmarks.review_queue import Case, cases, kind_of, measured, met
from flows.recipe_file import load_recipe
from stepmark.records import Annotation, Solution
from storage.shards import write_shard
from tests.fakes.factories import a_problem, a_solution
from tests.flows.review.arrange import SUMS, an_annotation, say, write_build

PROBLEM = a_problem(generate(20_000).statement, reference="7")
RIGHT = ("Step 1: Gus has 15 + 13 = 28 cups.\n", "Step 2: Cal has 28 / 2 = 14 cups.\n")
SLIP = ("Step 1: Gus has 15 + 13 = 28 cups.\n", "Step 2: Cal has 28 / 2 = 15 cups.\n")
ODD = ("Let us see.\n", "Step 2: Cal has 28 / 2 = 15 cups.\n")


def solution(steps: tuple[str, ...], answer: str) -> Solution:
    return a_solution(list(steps), problem=PROBLEM, answer=answer)


@pytest.mark.parametrize(
    ("verdicts", "kind"),
    [
        (("correct", "incorrect", "unlabelled"), "right"),
        (("incorrect", "unlabelled", "unlabelled"), "wrong"),
        (("correct", "correct", "correct"), "wrong"),
        (("correct", "correct", "unlabelled"), "undecided"),
    ],
)
def test_labels_are_right_where_they_name_the_first_wrong_step(verdicts, kind):
    assert kind_of(verdicts, 1) == kind


def test_a_build_is_judged_by_the_truth_of_its_steps(tmp_path):
    right, slip, odd = solution(RIGHT, "7"), solution(SLIP, "8"), solution(ODD, "9")
    root = write_build(tmp_path / "b", [right, slip, odd], {"sums": SUMS}, problem=PROBLEM)
    said = {right.id: "CC", slip.id: "I?", odd.id: "CI"}
    say(root, "sums", said)
    labels = [an_annotation(each, "sums", letters) for each, letters in said.items()]
    write_shard(root, "labels/00000.parquet", Annotation, labels)
    assert {case.solution_id: case.kind for case in cases(root)} == {
        right.id: "right",
        slip.id: "wrong",
    }
    figures = measured(root)
    assert (figures["solutions"], figures["wrong"], figures["undecided"]) == (2, 1, 0)
    assert figures["best"]["wrong"]["50%"]["share"][0] == 1
    assert figures["wrong_answers"]["wrong"]["50%"]["ratio"][0] == 2


def order(kinds: str) -> list[Case]:
    names = {"r": "right", "w": "wrong", "u": "undecided"}
    return [Case(f"so_{at}", f"pb_{at}", "incorrect", names[k]) for at, k in enumerate(kinds)]


def test_an_order_is_worth_the_share_of_mistakes_that_come_early():
    figures = met(order("wrrrw" + "r" * 13 + "ww"))
    assert figures["wrong"]["10%"]["share"][0] == 0.25
    assert figures["wrong"]["10%"]["a_review"] == 0.5
    assert figures["wrong"]["25%"]["share"][0] == 0.5
    assert figures["wrong"]["25%"]["ratio"][0] == 2
    assert figures["wrong"]["50%"]["ratio"][0] == 1
    assert "undecided" not in figures


def test_solutions_of_one_problem_widen_the_interval():
    apart = order("wwwwrrrrrr" + "wwwwrrrrrr")
    together = [case._replace(problem_id=f"pb_{at // 10}") for at, case in enumerate(apart)]
    (_, low, high), (_, wide_low, wide_high) = (
        met(each)["wrong"]["50%"]["share"] for each in (apart, together)
    )
    assert wide_low < low < high < wide_high


def test_every_build_that_is_made_is_a_recipe(tmp_path):
    path = tmp_path / "problems.jsonl"
    by_name = changes(path)
    assert {"exhaustive", "binary", "adaptive", "with_equations"} <= by_name.keys()
    for name, changed in by_name.items():
        recipe, _ = load_recipe("quickstart", {"name": name, **changed})
        assert set(recipe.annotators) - {"mc"} == ({"equations"} & {name.removeprefix("with_")})
