"""People in a recipe: their reviews are an annotator like any other, and outlive the build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.check import check
from flows.disagreements import disagreements
from flows.recipe_file import load_recipe
from flows.runtime import Runtime
from flows.show import find_solution, solutions
from flows.trace import trace
from flows.why import why
from stepmark.errors import ReviewError
from stepmark.records import Reject, Solution
from stepmark.reviews import add, withdraw
from storage.manifest import Manifest
from storage.shards import read_shard
from tests.fakes.factories import a_review, a_solution
from tests.flows.arrange import build, files_of, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

ROWS = [
    {"question": "Apples?", "steps": ["3 + 4 = 7.", "7 * 2 = 15.", "So 15."]},
    {"question": "Pears?", "steps": ["1 + 1 = 2.", "2 + 2 = 4."]},
]
SUMS = {"method": "verifier", "verifier": {"method": "equations"}}
RECIPE = {
    "name": "seen",
    "solutions": {"path": "given.jsonl", "statement": "question", "steps": "steps"},
    "segment": {"method": "step_markers"},
    "annotators": {"sums": SUMS, "people": {"method": "people"}},
    "labels": {"from": "people"},
}
BOTH = {"method": "same_first_error", "of": ["people", "sums"], "semantics": "correctness"}


def arrange(folder: Path, **changes: Any) -> Path:
    write_jsonl(folder / "given.jsonl", ROWS)
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(RECIPE | changes), encoding="utf-8")
    return path


def built(folder: Path, **changes: Any) -> Manifest:
    return build(arrange(folder, **changes), folder / "out")


def given(folder: Path) -> tuple[Solution, ...]:
    return read_shard(folder / "out/seen/solutions/00000.parquet", Solution)


def test_before_anybody_has_reviewed_nothing_is_labelled_by_people(tmp_path):
    manifest = built(tmp_path)
    assert manifest.counts["dropped"] == {"not_reviewed": 2}
    assert manifest.counts["reviews"] == {"people": {"used": 0}}


def test_what_people_said_meanwhile_labels_the_next_build(tmp_path):
    built(tmp_path)
    first, second = given(tmp_path)
    add(tmp_path / "out/reviews.jsonl", [a_review(first, 1), a_review(second)])
    manifest = built(tmp_path)
    assert manifest.counts["reviews"] == {"people": {"used": 2}}
    rows = {row.id: row for row in solutions(tmp_path / "out/seen")}
    assert rows[first.id].verdicts == ("correct", "incorrect", "unlabelled")
    assert rows[second.id].first_error is None
    assert manifest.agreement is not None
    assert manifest.agreement["first_error"]["sums ~ people"]["same"] == 2
    card = (tmp_path / "out/seen/README.md").read_text()
    assert "People wrote 2 reviews; there are 2 solutions." in card


def test_reviews_outlive_a_clean_start_and_give_the_same_bytes(tmp_path):
    built(tmp_path)
    add(tmp_path / "out/reviews.jsonl", [a_review(given(tmp_path)[0], 1)])
    built(tmp_path)
    before = files_of(tmp_path / "out/seen")
    build(tmp_path / "recipe.yaml", tmp_path / "out", replace=True)
    assert files_of(tmp_path / "out/seen") == before
    assert "data/train-0000-00000.parquet" in before


def test_what_is_withdrawn_is_a_label_no_more(tmp_path):
    built(tmp_path)
    review = a_review(given(tmp_path)[0], 1)
    add(tmp_path / "out/reviews.jsonl", [review])
    built(tmp_path)
    withdraw(tmp_path / "out/reviews.jsonl", review)
    assert built(tmp_path).counts["dropped"] == {"not_reviewed": 2}


def test_unchanged_reviews_leave_a_finished_build_alone(tmp_path):
    built(tmp_path)
    written = (tmp_path / "out/seen/labels/00000.parquet").stat().st_mtime_ns
    built(tmp_path)
    assert (tmp_path / "out/seen/labels/00000.parquet").stat().st_mtime_ns == written


def test_people_change_what_a_consensus_keeps(tmp_path):
    built(tmp_path, labels={"from": BOTH})
    first, second = given(tmp_path)
    add(tmp_path / "out/reviews.jsonl", [a_review(first, 1), a_review(second, 0)])
    manifest = built(tmp_path, labels={"from": BOTH})
    assert [row.id for row in solutions(tmp_path / "out/seen")] == [first.id]
    assert manifest.counts["dropped"] == {"no_consensus": 1}


def test_people_correct_what_another_annotator_says_and_leave_it_the_rest(tmp_path):
    order = {"method": "first_to_tell", "of": ["people", "sums"], "semantics": "correctness"}
    built(tmp_path, labels={"from": order})
    first, second = given(tmp_path)
    add(tmp_path / "out/reviews.jsonl", [a_review(second, 0)])
    built(tmp_path, labels={"from": order})
    rows = {row.id: row for row in solutions(tmp_path / "out/seen")}
    assert rows[second.id].verdicts == ("incorrect", "unlabelled")
    assert rows[first.id].first_error == 1
    assert rows[first.id].verdicts[2] == "unlabelled"


def test_reviews_that_fit_nothing_are_counted_with_their_reasons(tmp_path):
    built(tmp_path)
    first, second = given(tmp_path)
    lines = [
        a_review(first, 7, steps=None),
        a_review(second, 1, steps="st_0"),
        a_review(second, 1, reviewer="bob", solution_id="so_elsewhere"),
    ]
    add(tmp_path / "out/reviews.jsonl", lines)
    manifest = built(tmp_path)
    assert manifest.counts["reviews"]["people"] == {
        "used": 0,
        "beyond_steps": 1,
        "not_in_build": 1,
        "other_steps": 1,
    }
    refused = read_shard(tmp_path / "out/seen/refused/people/00000.parquet", Reject)
    assert [(each.line, each.reason) for each in refused] == [
        (1, "beyond_steps"),
        (2, "other_steps"),
        (3, "not_in_build"),
    ]
    assert refused[2].detail == "bob of so_elsewhere: incorrect, step 1"


def test_a_line_that_is_no_review_stops_the_build_before_it_begins(tmp_path):
    built(tmp_path)
    before = files_of(tmp_path / "out/seen")
    (tmp_path / "out/reviews.jsonl").write_text('{"solution_id": 3}\n')
    with pytest.raises(ReviewError, match="line 1: solution_id is 3"):
        built(tmp_path)
    assert files_of(tmp_path / "out/seen") == before


def test_a_file_that_the_recipe_names_must_be_there(tmp_path):
    people = {"method": "people", "reviews": "ours.jsonl"}
    recipe = arrange(tmp_path, annotators={"people": people})
    with pytest.raises(ReviewError, match="there is no such file"):
        build(recipe, tmp_path / "out")
    (tmp_path / "ours.jsonl").touch()
    assert build(recipe, tmp_path / "out").counts["reviews"] == {"people": {"used": 0}}


def test_a_check_says_what_people_have_said(tmp_path):
    reviews = [a_review(a_solution(2), 1, reviewer=name) for name in ("ann", "bob")]
    add(tmp_path / "out/reviews.jsonl", reviews)
    recipe, base = load_recipe(str(arrange(tmp_path)))
    said = check(recipe, Runtime(out=tmp_path / "out", base=base))
    assert f"reviews: 2 by 2 people in {tmp_path / 'out/reviews.jsonl'}" in said


def test_why_and_disagreements_tell_of_people(tmp_path):
    built(tmp_path)
    first, second = given(tmp_path)
    hostile = a_review(first, 1, note="\x1b[31m7 · 2 is 14")
    add(tmp_path / "out/reviews.jsonl", [hostile, a_review(first, 1, reviewer="bob")])
    add(tmp_path / "out/reviews.jsonl", [a_review(second, 0)])
    built(tmp_path)
    root = tmp_path / "out/seen"
    traced = trace(root, find_solution(root, first.id), root.parent / "ledger")
    shown = [str(getattr(p, "renderable", p)) for p in why(traced, None, full=False).renderables]
    assert "ann: step 1 is the first wrong one (\\x1b[31m7 · 2 is 14)" in shown
    assert "bob: step 1 is the first wrong one" in shown
    assert "✗ 1  incorrect" in shown
    (_, told) = disagreements(root).renderables
    assert str(told).startswith("1 of 2 solutions")
