"""Two people: how far they agree beyond chance, and on which solutions they differ."""

from __future__ import annotations

import math

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.review.agreement import differing, pairs
from stepmark.errors import ReviewError
from stepmark.records import Review
from stepmark.reviews import add
from tests.fakes.factories import a_review
from tests.flows.review.arrange import PEOPLE, SUMS, solutions, write_build

FOUR = solutions(4)
BY_ID = {each.id: each for each in FOUR}


def said(who: str, *errors: int | str | None) -> list[Review]:
    return [
        a_review(solution, reason=error, reviewer=who)
        if isinstance(error, str)
        else a_review(solution, error, reviewer=who)
        for solution, error in zip(FOUR, errors, strict=True)
    ]


def test_people_who_agree_have_kappa_one():
    (pair,) = pairs([*said("ann", 0, 1, None, None), *said("bob", 0, 1, None, None)], BY_ID)
    assert (pair.names, pair.both, pair.same) == (("ann", "bob"), 4, 4)
    assert pair.kappa_steps == pair.kappa_solutions == 1


def test_kappa_is_cohens_over_what_both_can_tell():
    reviews = [*said("ann", 0, 1, None, None), *said("bob", 0, None, 2, "hm")]
    (pair,) = pairs(reviews, BY_ID)
    assert (pair.both, pair.same) == (3, 1)
    # Steps: I | C I | C C C against I | C C | C C I: 4 of 6 agree; by chance (2·2 + 4·4) / 36.
    assert pair.kappa_steps == pytest.approx((4 / 6 - 20 / 36) / (1 - 20 / 36))
    # Solutions: wrong, wrong, right against wrong, right, wrong.
    assert pair.kappa_solutions == pytest.approx((1 / 3 - 5 / 9) / (1 - 5 / 9))


def test_without_common_solutions_kappa_is_undefined():
    (pair,) = pairs([*said("ann", 0, 1, None, 1)[:1], *said("bob", 0, 1, None, 1)[1:]], BY_ID)
    assert pair.both == 0
    assert math.isnan(pair.kappa_steps)


def test_only_who_can_tell_differs():
    reviews = [*said("ann", 0, 1, None, 1), *said("bob", 0, 2, "hm", 1), *said("eve", 0, 1, 0, 1)]
    assert list(differing(reviews)) == sorted([FOUR[1].id, FOUR[2].id])


def test_the_command_tells_who_differs_on_what(tmp_path):
    root = write_build(tmp_path / "out" / "b", FOUR, {"sums": SUMS, "people": PEOPLE})
    add(tmp_path / "out/reviews.jsonl", [*said("ann", 0, 1, None, 1), *said("bob", 0, 2, "hm", 1)])
    add(tmp_path / "out/reviews.jsonl", [a_review(FOUR[0], 1, solution_id="so_elsewhere")])
    output = CliRunner().invoke(app, ["review", "agreement", str(root)]).output
    assert "ann ~ bob" in output
    assert f"{FOUR[1].id}  ann: step 1; bob: step 2" in output
    assert "8 reviews of 4 solutions; on 1 people differ" in output
    assert "elsewhere" not in output


def test_before_anybody_said_anything_that_is_said(tmp_path):
    root = write_build(tmp_path / "b", FOUR, {"sums": SUMS})
    assert "0 reviews" in CliRunner().invoke(app, ["review", "agreement", str(root)]).output


def test_a_file_that_the_recipe_names_must_be_named_again(tmp_path):
    people = PEOPLE | {"reviews": "ours.jsonl"}
    root = write_build(tmp_path / "b", FOUR, {"sums": SUMS, "people": people})
    failed = CliRunner().invoke(app, ["review", "agreement", str(root)])
    assert isinstance(failed.exception, ReviewError)
    assert "reads its reviews from ours.jsonl" in str(failed.exception)
    add(tmp_path / "ours.jsonl", said("ann", 0, 1, None, 1))
    given = ["review", "agreement", str(root), "--reviews", str(tmp_path / "ours.jsonl")]
    assert "4 reviews" in CliRunner().invoke(app, given).output
