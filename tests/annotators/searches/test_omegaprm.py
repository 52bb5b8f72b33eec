from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.searches import OmegaPrm
from annotators.searches.tree import ROOT, Node, Tree, text_of
from stepmark.segment import Segmenter
from tests.fakes.factories import a_draw, run
from tests.fakes.forest import Forest, Scenes, slip_of

LINES = Segmenter(method="newline")


def omegaprm(**changes) -> OmegaPrm:
    return OmegaPrm(method="omegaprm", **changes)


def grown(source, samples: int = 8, **changes) -> Tree:
    return run(omegaprm(**changes).search(source, samples, LINES))


def a_node(correct: int, incorrect: int) -> Node:
    ends = ["correct"] * correct + ["incorrect"] * incorrect
    return Node(parts=ROOT, draws=tuple(a_draw(i, outcome=end) for i, end in enumerate(ends)))


def searched(tree: Tree) -> list[tuple[str, int | None]]:
    return [(text_of(leaf.parts), leaf.first_error) for leaf in tree.leaves if leaf.searched]


@pytest.mark.parametrize(
    ("correct", "incorrect", "tokens", "q"),
    [(6, 2, 500, 0.7568), (4, 4, 250, 0.6708)],
)
def test_q_is_the_papers(correct, incorrect, tokens, q):
    draw = a_draw(completion_tokens=tokens, outcome="incorrect")
    assert omegaprm().liking(a_node(correct, incorrect), draw) == pytest.approx(q, abs=5e-5)


def test_u_is_the_papers():
    assert omegaprm().novelty(0, 16) == pytest.approx(0.5)
    assert omegaprm().novelty(1, 16) == pytest.approx(0.25)


def test_defaults_are_the_papers():
    search = omegaprm()
    assert (search.draws, search.searches, search.pieces) == (8, 100, 16)
    assert (search.alpha, search.beta, search.length, search.c_puct) == (0.5, 0.9, 500, 0.125)


@given(steps=st.integers(1, 20), samples=st.integers(1, 12), searches=st.integers(1, 30))
def test_every_search_finds_the_first_error_where_values_fall_once(steps, samples, searches):
    tree = grown(Forest(steps), samples, searches=searches)
    for text, error in searched(tree):
        assert error == slip_of(text)


@pytest.mark.parametrize("steps", [1, 2, 4, 8, 16, 32])
def test_a_search_takes_as_many_probes_as_halving_does(steps):
    source = Forest(steps)
    grown(source, 2, searches=1)
    assert len(source.asked) - 1 == math.log2(steps)


@given(st.integers(0, 400), st.integers(2, 20))
def test_the_budget_is_exact(budget, steps):
    source = Forest(steps)
    tree = grown(source, 8, budget=budget)
    assert tree.rollouts == sum(draws for _, draws in source.asked)
    assert tree.rollouts <= max(budget, 8)


def test_tokens_count_every_draw_once():
    tree = grown(Forest(8), 8)
    each = [draw for node in tree.nodes.values() for draw in node.draws]
    assert tree.completion_tokens == sum(draw.completion_tokens for draw in each)
    assert len({(draw.request, draw.draw) for draw in each}) == len(each) == tree.rollouts


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_draws_does_not_matter(rng: random.Random):
    order = list(range(8))
    rng.shuffle(order)
    plain, shuffled = (grown(Forest(9, order=o), 8, searches=12) for o in (None, order))
    assert list(shuffled.nodes) == list(plain.nodes)
    assert sorted(searched(shuffled)) == sorted(searched(plain))


def test_no_prefix_is_drawn_from_twice():
    source = Forest(8)
    grown(source, 32)
    prefixes = [prefix for prefix, _ in source.asked]
    assert len(set(prefixes)) == len(prefixes)


def test_prefixes_that_rollouts_share_are_one_state():
    common = "one\ntwo\nthree\n"
    root = [
        a_draw(0, common + "right\n"),
        a_draw(1, common + "wrong\n", outcome="incorrect"),
        a_draw(2, common + "astray\n", outcome="incorrect"),
    ]
    right = [a_draw(i) for i in range(8)]
    source = Scenes({"": root, "one\ntwo\n": right, common: right})
    tree = grown(source, 3)
    assert [prefix for prefix, _ in source.asked] == ["", "one\ntwo\n", common]
    assert sorted(searched(tree)) == [(common + "astray\n", 3), (common + "wrong\n", 3)]


def test_no_pair_is_searched_twice():
    tree = grown(Forest(8), 32)
    pairs = [(leaf.draw.request, leaf.draw.text) for leaf in tree.leaves if leaf.searched]
    assert len(pairs) == len(set(pairs)) == 100


def test_draws_that_say_the_same_are_searched_once():
    wrong = [a_draw(i, "a\nb\n", outcome="incorrect") for i in range(1, 8)]
    tree = grown(Scenes({"": [a_draw(0), *wrong]}))
    assert searched(tree) == [("a\nb\n", 0)]


@pytest.mark.parametrize("outcome", ["correct", "incorrect", "unknown"])
def test_a_problem_that_is_always_or_never_solved_is_not_searched(outcome):
    source = Scenes({"": [a_draw(i, f"a\nb {i}\n", outcome=outcome) for i in range(8)]})
    tree = grown(source)
    assert source.asked == [("", 8)]
    assert len(tree.leaves) == 8
    assert not searched(tree)


def test_a_prefix_that_always_succeeds_does_not_end_the_search():
    wrong = a_draw(1, "a\nb\nc\nd\n", outcome="incorrect")
    always = [a_draw(i) for i in range(8)]
    tree = grown(Scenes({"": [a_draw(0), wrong], "a\nb\n": always, "a\nb\nc\n": always}), 2)
    assert searched(tree) == [("a\nb\nc\nd\n", 3)]


def test_the_papers_example_makes_nodes_of_four_six_and_seven_steps():
    """§3.3: an error in the eighth step, probes at 4, 6 and 7, all of them nodes."""
    lines = [f"x{i}\n" for i in range(1, 9)]
    right = {"".join(lines[:n]): [a_draw(i) for i in range(8)] for n in range(1, 8)}
    wrong = a_draw(1, "".join(lines), outcome="incorrect")
    tree = grown(Scenes({"": [a_draw(0), wrong], **right}), 2)
    assert [len(node.parts.steps) for node in tree.nodes.values()] == [0, 4, 6, 7]
    assert searched(tree) == [("".join(lines), 7)]


@pytest.mark.parametrize(("unknown", "error"), [(8, None), (3, None), (2, 0)])
def test_a_probe_with_many_unknown_draws_leaves_its_search_undecided(unknown, error):
    wrong = a_draw(1, "a\nb\n", outcome="incorrect")
    ends = ["unknown"] * unknown + ["incorrect"] * (8 - unknown)
    probed = [a_draw(i, outcome=end) for i, end in enumerate(ends)]
    tree = grown(Scenes({"": [a_draw(0), wrong], "a\n": probed}), 2)
    assert searched(tree) == [("a\nb\n", error)]


def test_a_rollout_that_adds_nothing_puts_no_error_into_the_steps_before_it():
    root = [a_draw(0), a_draw(1, "a\nb\nc\n", outcome="incorrect", request="root")]
    inner = [a_draw(0), a_draw(1, "", outcome="incorrect", request="inner")]
    tree = grown(Scenes({"": root, "a\n": inner}), 2)
    assert searched(tree) == [("a\nb\nc\n", 1), ("a\n", None)]


def test_rollouts_of_a_probed_prefix_are_searched_from_there():
    root = [a_draw(0), a_draw(1, "a\nb\nc\n", outcome="incorrect", request="root")]
    inner = [a_draw(0), a_draw(1, "x\ny\nz\n", outcome="incorrect", request="inner")]
    source = Scenes({"": root, "a\n": inner})
    tree = grown(source, 2)
    assert [prefix for prefix, _ in source.asked] == ["", "a\n", "a\nb\n", "a\nx\n"]
    assert searched(tree) == [("a\nb\nc\n", 1), ("a\nx\ny\nz\n", 1)]


def test_a_node_that_was_selected_gives_way_to_another_where_novelty_weighs():
    root = [a_draw(0), *(a_draw(i, f"{i}\nb\n", outcome="incorrect") for i in (1, 2, 3))]
    long = "x\n" + "long " * 900
    inner = [a_draw(0), a_draw(1, long, outcome="incorrect", request="inner")]
    stated = {"": root, "1\n": inner}
    greedy = searched(grown(Scenes(stated), 4, c_puct=0.0))
    novel = searched(grown(Scenes(stated), 4, c_puct=5.0, searches=2))
    assert [text[:2] for text, _ in greedy] == ["1\n", "2\n", "3\n", "1\n"]
    assert any("long" in text for text, _ in novel)


def test_a_mostly_right_state_and_a_short_rollout_come_first():
    wrong = [a_draw(i, f"{i}\n" * 3 * i, outcome="incorrect") for i in (2, 1, 3)]
    tree = grown(Scenes({"": [a_draw(0), *wrong]}), 4, searches=1)
    assert [text[:1] for text, _ in searched(tree)] == ["1"]
    inner = [*(a_draw(i) for i in range(7)), a_draw(7, "x\ny\n", outcome="incorrect", request="i")]
    tree = grown(Scenes({"": [a_draw(0), *wrong], "1\n": inner}), 4, searches=2)
    assert [text for text, _ in searched(tree)] == ["1\n" * 3, "1\nx\ny\n"]


def test_every_leaf_is_a_solution_with_the_states_it_passes_at_its_steps():
    tree = grown(Forest(8), 8, searches=20)
    for leaf in tree.leaves:
        along = tree.along(leaf)
        assert along[0].text == ""
        assert all(text_of(leaf.parts).startswith(node.text) for node in along.values())
        assert any(leaf.draw in node.draws for node in along.values())


def test_by_span_the_error_is_found_within_one_piece_of_the_mean_solution():
    words = [f"w{i}" for i in range(64)]
    text, wrong = " ".join(words), " ".join([*words[:40], "slip", *words[41:]])
    root = [a_draw(0, text), a_draw(1, wrong, outcome="incorrect")]

    class Spans(Scenes):
        async def draws(self, prefix, count):
            if not prefix or "slip" in prefix:
                return await super().draws(prefix, count)
            self.asked.append((prefix, count))
            return [a_draw(i) for i in range(count)]

    source = Spans({"": root})
    tree = run(omegaprm(split="span").search(source, 2, LINES))
    leaf = next(leaf for leaf in tree.leaves if leaf.searched)
    assert len(leaf.parts.steps) == 16
    assert text_of(leaf.parts) == wrong
    assert leaf.first_error is not None
    assert "slip" in leaf.parts.steps[leaf.first_error]
    assert len(source.asked) - 1 == 4


@pytest.mark.parametrize(
    "bad",
    [
        {"draws": 0},
        {"searches": 0},
        {"alpha": 0.0},
        {"beta": 1.1},
        {"c_puct": -1.0},
        {"budget": -1},
    ],
)
def test_a_value_outside_its_range_is_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        omegaprm(**bad)
