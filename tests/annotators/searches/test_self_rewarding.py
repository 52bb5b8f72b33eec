"""Self-rewarding: the liked candidate goes on, and the solution is the last one's draw."""

from __future__ import annotations

import pytest

from annotators.preferences import ruling
from annotators.searches.self_rewarding import Chain, SelfRewarding
from annotators.searches.tree import text_of
from stepmark.draws import Draw
from stepmark.segment import Segmenter
from tests.fakes.factories import a_draw, run
from tests.fakes.forest import Scenes
from tests.fakes.referees import Taste

LINES = Segmenter(method="newline")


def scene(*texts: str, **changes) -> list[Draw]:
    return [a_draw(index, text, **changes) for index, text in enumerate(texts)]


STORY = {
    "": scene("plain\nend\n", "nice!\nend\n", "finer!!\nend\n"),
    "finer!!\n": scene("and\nend\n", "and!\nend\n", "and\nlast\n"),
    "finer!!\nand!\n": scene("end\n", "end!!\n", "end!\n"),
}


def search(**changes) -> SelfRewarding:
    return SelfRewarding(method="self_rewarding", candidates=3, **changes)


def chosen(story: dict[str, list[Draw]], taste: Taste | None = None, **changes) -> Chain | None:
    return run(search(**changes).search(Scenes(story), taste or Taste(), LINES))


def text_chosen(story: dict[str, list[Draw]], **changes) -> str:
    chain = chosen(story, **changes)
    assert chain is not None
    return text_of(chain.leaf.parts)


def test_the_winner_of_every_position_goes_on_until_it_ends_the_solution():
    assert text_chosen(STORY) == "finer!!\nand!\nend!!\n"


def test_another_taste_writes_another_solution():
    story = {"": STORY[""], "plain\n": scene("end\n", "end\n", "end\n")}
    chain = chosen(story, Taste("p"))
    assert chain is not None
    assert text_of(chain.leaf.parts) == "plain\nend\n"


def test_only_the_first_step_of_a_draw_is_compared():
    taste = Taste()
    chosen(STORY, taste)
    assert {before for before, _, _ in taste.asked} == {(), ("finer!!\n",), ("finer!!\n", "and!\n")}
    assert {a for before, a, _ in taste.asked if not before} == {"plain\n", "nice!\n", "finer!!\n"}


def test_every_two_candidates_are_compared_in_both_orders_and_equals_are_one():
    taste = Taste()
    chain = chosen(STORY, taste)
    assert chain is not None
    assert [one.position for one in chain.comparisons] == [0] * 6 + [1] * 2 + [2] * 6
    assert [(a, b) for _, a, b in taste.asked[6:8]] == [("and\n", "and!\n"), ("and!\n", "and\n")]


def test_the_best_of_each_position_is_the_solutions_own_step():
    chain = chosen(STORY)
    assert chain is not None
    for position, step in enumerate(chain.leaf.parts.steps):
        assert ruling(c for c in chain.comparisons if c.position == position).best == step


def test_the_solution_is_the_draw_of_its_last_step():
    chain = chosen(STORY)
    assert chain is not None
    assert (chain.leaf.draw.draw, chain.leaf.draw.text) == (1, "end!!\n")
    assert not chain.leaf.searched
    assert chain.leaf.first_error is None


def test_steps_that_differ_in_white_space_alone_are_one():
    chain = chosen({"": scene("same\n", "same\nagain!\n", "same \n")})
    assert chain is not None
    assert (text_of(chain.leaf.parts), chain.comparisons) == ("same\n", ())


def test_a_step_that_was_cut_is_no_candidate():
    cut = a_draw(1, "bet!!!", outcome="unknown")
    assert text_chosen({"": [a_draw(0, "whole\n"), cut]}) == "whole\n"


def test_a_whole_step_of_a_draw_that_was_cut_later_is_one():
    story = {"": [a_draw(0, "plain\n"), a_draw(1, "good!\ncut", outcome="unknown")]}
    assert text_chosen(story | {"good!\n": scene("end\n")}) == "good!\nend\n"


def test_a_single_candidate_goes_on_uncompared():
    chain = chosen({"": scene("one\ntwo\n", "one\nthree\n"), "one\n": scene("end\n")})
    assert chain is not None
    assert text_of(chain.leaf.parts) == "one\nend\n"
    assert chain.comparisons == ()


def test_after_the_last_chosen_step_its_own_draw_ends_the_solution():
    assert text_chosen(STORY, max_steps=2) == "finer!!\nand!\nend\n"


def test_where_nothing_more_is_offered_the_chosen_draw_ends_the_solution():
    gone = scene("", "", "", outcome="unknown", finish_reason="failed")
    assert text_chosen(STORY | {"finer!!\n": gone}) == "finer!!\nend\n"


def test_without_a_first_step_there_is_no_solution():
    assert chosen({"": scene("", "", outcome="unknown", finish_reason="failed")}) is None


@pytest.mark.parametrize("changes", [{"candidates": 1}, {"max_steps": 0}])
def test_numbers_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match="must be at least"):
        SelfRewarding(method="self_rewarding", **changes)
