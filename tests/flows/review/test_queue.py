"""The queue: doubt by votes, rollouts and disagreement; sure ones now and then; labels unsaid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from flows.cli import app
from flows.recipe_file import load_recipe
from flows.review.doubt import Doubted
from flows.review.queue import EVERY, in_turn, queue
from flows.review.voices import fitted_hypers, own_hypers
from stepmark.counts import Tally
from stepmark.errors import StorageError
from stepmark.ids import content_id
from stepmark.posterior import Hyper
from stepmark.records import Annotation, Problem, Solution
from storage.shards import write_shard
from tests.fakes.factories import a_problem
from tests.flows.review.arrange import (
    JUDGE,
    MC,
    PEOPLE,
    SUMS,
    an_annotation,
    draw,
    say,
    solutions,
    vote,
    write_build,
)


def test_doubt_of_one_judge_is_opvs_inconsistency(tmp_path):
    (solution,) = solutions(1)
    root = write_build(tmp_path / "b", [solution], {"judge": JUDGE})
    vote(root, "judge", {solution.id: ["CCI", "CCI", "CCI", "CCC"]})
    say(root, "judge", {solution.id: "CCI"})
    (item,) = queue(root)
    assert item.doubted.doubt == pytest.approx(1 - 0.75)
    assert item.doubted.why == "judge is unsure"
    assert item.doubted.said == "judge: step 2 0.75"


def test_a_reply_that_cannot_be_read_is_no_vote_and_a_tie_no_label(tmp_path):
    (solution,) = solutions(1)
    root = write_build(tmp_path / "b", [solution], {"judge": JUDGE})
    vote(root, "judge", {solution.id: ["CCI", "", "CCC", ""]})
    say(root, "judge", {solution.id: "???"})
    assert queue(root)[0].doubted.doubt == pytest.approx(0.5)


def test_rollouts_that_decide_leave_less_doubt_than_few(tmp_path):
    sure, unsure = solutions(2)
    root = write_build(tmp_path / "b", [sure, unsure], {"mc": MC})
    decided = {1: Tally(correct=8), 2: Tally(incorrect=8, own=8)}
    draw(root, "mc", {sure: decided, unsure: {1: Tally(correct=1, incorrect=1)}})
    say(root, "mc", {sure.id: "CI?", unsure.id: "CI?"})
    first, second = queue(root)
    assert [first.solution, second.solution] == [unsure, sure]
    assert first.doubted.doubt > 0.3 > second.doubted.doubt
    assert int(second.doubted.voices["mc"].argmax()) == 1


def test_a_label_that_is_not_what_its_rollouts_say_comes_first(tmp_path):
    fits, belied = solutions(2)
    root = write_build(tmp_path / "b", [fits, belied], {"mc": MC})
    decided = {1: Tally(correct=8), 2: Tally(incorrect=8, own=8)}
    draw(root, "mc", {fits: decided, belied: decided})
    say(root, "mc", {fits.id: "CI?", belied.id: "CCI"})
    first, second = queue(root)
    assert [first.solution, second.solution] == [belied, fits]
    assert first.doubted.doubt > 0.8
    assert "mc's label is not what its evidence says" in first.doubted.why
    assert "step" not in first.doubted.why
    assert first.doubted.said.endswith("labelled step 2")
    assert "labelled" not in second.doubted.said


def test_right_answers_that_nobody_drew_for_come_after_wrong_ones(tmp_path):
    wrong, right = solutions(1)[0], replace(solutions(2)[1], outcome="correct")
    root = write_build(tmp_path / "b", [wrong, right], {"mc": MC})
    draw(root, "mc", {})
    say(root, "mc", {wrong.id: "???", right.id: "CCC"})
    assert [item.solution for item in queue(root)] == [wrong, right]


def test_the_posterior_is_fitted_to_wrong_answers_of_the_build(tmp_path):
    wrong = solutions(40)
    right = [replace(each, outcome="correct") for each in solutions(45)[40:]]
    root = write_build(tmp_path / "b", [*wrong, *right], {"mc": MC})
    never = {1: Tally(incorrect=8, own=8), 2: Tally(incorrect=8, own=8)}
    draw(root, "mc", dict.fromkeys([*wrong, *right], never))
    hyper = fitted_hypers(root, load_recipe(str(root / "recipe.yaml"))[0], ["00000"])["mc"]
    assert hyper.own_broken[-1] / sum(hyper.own_broken) > 0.5
    assert hyper.error_if_right == pytest.approx(Hyper().error_if_right)


def test_without_a_wrong_answer_the_posterior_stays_as_the_recipe_has_it(tmp_path):
    right = replace(solutions(1)[0], outcome="correct")
    root = write_build(tmp_path / "b", [right], {"mc": MC})
    draw(root, "mc", {right: {1: Tally(correct=8)}})
    recipe, _ = load_recipe(str(root / "recipe.yaml"))
    assert fitted_hypers(root, recipe, ["00000"]) == {"mc": Hyper()} == own_hypers(recipe)


def test_annotators_that_differ_put_a_solution_first(tmp_path):
    agreed, differed = solutions(2)
    root = write_build(tmp_path / "b", [agreed, differed], {"judge": JUDGE, "sums": SUMS})
    vote(root, "judge", {agreed.id: ["CIC"] * 4, differed.id: ["CIC"] * 4})
    say(root, "judge", {agreed.id: "CI?", differed.id: "CI?"})
    say(root, "sums", {agreed.id: "?I?", differed.id: "CCI"})
    first, second = queue(root)
    assert (first.solution, first.doubted.doubt) == (differed, 0.5)
    assert first.doubted.why == "judge, sums differ"
    assert (second.doubted.doubt, second.doubted.why) == (0, "all are sure")


def test_who_leaves_steps_open_and_names_no_error_has_no_voice(tmp_path):
    (solution,) = solutions(1)
    root = write_build(tmp_path / "b", [solution], {"sums": SUMS})
    say(root, "sums", {solution.id: "C?C"})
    (item,) = queue(root)
    assert item.doubted.voices == {}
    assert item.doubted.doubt == pytest.approx(0.75)  # four places are as likely
    assert item.doubted.why == "no annotator tells"


def test_people_have_no_voice_so_that_the_queue_stands_still(tmp_path):
    (solution,) = solutions(1)
    root = write_build(tmp_path / "b", [solution], {"sums": SUMS, "people": PEOPLE})
    say(root, "sums", {solution.id: "CCC"})
    assert list(queue(root)[0].doubted.voices) == ["sums"]


def test_a_solution_of_any_shard_comes_with_its_own_problem(tmp_path):
    other = replace(a_problem(), id=content_id("pb", "other"), statement="Another one?")
    here, there = solutions(1)[0], solutions(1, problem=other)[0]
    root = write_build(tmp_path / "b", [here], {"sums": SUMS})
    say(root, "sums", {here.id: "CCC"})
    write_shard(root, "problems/00001.parquet", Problem, [other])
    write_shard(root, "solutions/00001.parquet", Solution, [there])
    write_shard(root, "labels/00001.parquet", Annotation, [])
    unsure = [an_annotation(there.id, "sums", "C?C")]
    write_shard(root, "annotations/sums/00001.parquet", Annotation, unsure)
    first, second = queue(root)
    assert (first.solution, first.problem) == (there, other)
    assert (second.solution, second.problem) == (here, a_problem())
    assert queue(root, limit=1) == (first,)


def doubted(*doubts: float) -> list[Doubted]:
    return [Doubted(content_id("so", at), doubt, {}, {}) for at, doubt in enumerate(doubts)]


@given(st.lists(st.floats(0, 0.99), max_size=45), st.randoms())
def test_everything_comes_once_whatever_order_it_is_found_in(doubts, random):
    found = doubted(*doubts)
    order = list(in_turn(found))
    assert sorted(order, key=lambda each: each.solution_id) == sorted(
        found, key=lambda each: each.solution_id
    )
    shuffled = list(found)
    random.shuffle(shuffled)
    assert list(in_turn(shuffled)) == order


def test_every_tenth_place_is_for_one_of_the_surer_half():
    order = [each.doubt for each in in_turn(doubted(*np.linspace(0, 0.9, 40)))]
    assert order[: EVERY - 1] == sorted(order[: EVERY - 1], reverse=True)
    assert all(order[place] < 0.45 for place in (9, 19))
    assert order[EVERY] == sorted(order, reverse=True)[EVERY - 1]


def test_a_build_without_labels_has_no_queue(tmp_path):
    with pytest.raises(StorageError, match="holds no build"):
        queue(tmp_path)
    root = write_build(tmp_path / "b", solutions(1), {"sums": SUMS})
    (root / "labels/00000.parquet").unlink()
    with pytest.raises(StorageError, match="no labelled shard yet"):
        queue(root)


def test_the_list_says_which_step_is_suspected_only_when_asked(tmp_path):
    (solution,) = solutions(1)
    root = write_build(tmp_path / "b", [solution], {"judge": JUDGE})
    vote(root, "judge", {solution.id: ["CCI", "CCI", "CCI", "CCC"]})
    say(root, "judge", {solution.id: "CCI"})
    plain = CliRunner().invoke(app, ["review", "queue", str(root)], env={"COLUMNS": "200"}).output
    revealed = CliRunner().invoke(app, ["review", "queue", str(root), "--reveal"]).output
    assert solution.id in plain
    assert "step 2" not in plain
    assert "step 2" in revealed
