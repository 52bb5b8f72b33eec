"""Shipped recipes with judges, built through the real flow: what each of them labels."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from flows.disagreements import disagreements
from flows.recipe_file import load_recipe
from flows.show import solutions
from flows.trace import trace
from stepmark.errors import EngineError, RecipeError, StorageError
from stepmark.records import Annotation, Critique, Solution
from storage.rows import Dropped, Rationale
from storage.shards import read_shard
from tests.flows.arrange import build, files_of, write_jsonl
from tests.flows.judged_builds import DRAWS, OTHER, RIGHT, WRONG, arrange, built, letters_of

pytestmark = pytest.mark.usefixtures("prefect_server")


JUDGED: dict[str, tuple[str, list[float | None]]] = {
    "qwen-consensus": ("CI?", [1, 0, None]),
    "capo": ("CIC", [0.75, 0, 0.5]),
    "spark": ("CI?", [0.75, 0, None]),
    "fusion": ("CII", [0.9819, 0.0737, 0.0]),
    "spark-meta": ("CIC", [1, 0, 1]),
    "versaprm": ("CII", [1, 0, 0]),
    "multi-rm": ("CII", [1, 0, 0]),
    "r-prm": ("CI?", [1, 0, None]),  # its first question is that of every attempt
    "pathfinder": ("CI?", [1, 0, None]),
    "rubric": ("CIC", [1, 0, 1]),
}
"""What is said of WRONG; of OTHER the consensus recipes say something else than the judge."""
OTHERS = {"qwen-consensus": None, "multi-rm": None, "pathfinder": "C?I", "fusion": "CII"}


def test_critiques_are_sorted_into_those_that_may_train_and_those_that_may_not(tmp_path):
    """The consensus has no labels for OTHER, whose critique is confirmed by nothing."""
    manifest = build(arrange(tmp_path, "qwen-consensus"), tmp_path / "out")
    assert manifest.counts["rationales"] == {"critic": {"accepted": 2, "unconfirmed": 1}}
    root = tmp_path / "out" / "qwen-consensus"
    rationales = read_shard(root / "rationales/critic/00000.parquet", Rationale)
    critiques = read_shard(root / "critiques/critic/00000.parquet", Critique)
    assert [r.solution_id for r in rationales] == [c.solution_id for c in critiques]


@pytest.mark.parametrize("name", JUDGED)
def test_a_shipped_recipe_labels_as_its_paper_does(tmp_path, name):
    rows = built(tmp_path, name)
    values = [None if value is None else round(value, 4) for value in rows[WRONG].values]
    assert (letters_of(rows[WRONG]), values) == JUDGED[name]
    assert letters_of(rows[RIGHT]) == "CCC"
    other = rows.get(OTHER)
    assert (letters_of(other) if other else None) == OTHERS.get(name, "CCI")


def test_no_two_recipes_say_the_same():
    said = {str((*JUDGED[name], OTHERS.get(name, "CCI"), votes(name))) for name in JUDGED}
    assert len(said) == len(JUDGED)


def votes(name: str) -> list[tuple[str, int]]:
    """What is asked how often, where the labels alone do not tell recipes apart."""
    recipe, _ = load_recipe(name)
    return [(judged.judge.method, judged.votes.n) for judged in recipe.judges.values()]


def test_a_solution_without_consensus_is_dropped_with_its_reason(tmp_path):
    built(tmp_path, "qwen-consensus")
    root = tmp_path / "out" / "qwen-consensus"
    (dropped,) = read_shard(root / "dropped/label-00000.parquet", Dropped)
    other = next(
        s for s in read_shard(root / "solutions/00000.parquet", Solution) if s.steps == OTHER
    )
    assert (dropped.solution_id, dropped.reason) == (other.id, "no_consensus")


def test_labels_of_a_consensus_say_so_and_add_their_costs_up(tmp_path):
    row = built(tmp_path, "qwen-consensus")[WRONG]
    root = tmp_path / "out" / "qwen-consensus"
    assert (row.annotator, row.semantics) == ("consensus", "correctness")
    mine = [
        next(a for a in read_shard(root / path, Annotation) if a.solution_id == row.id)
        for path in ("annotations/mc/00000.parquet", "annotations/critic/00000.parquet")
    ]
    assert row.rollouts == sum(annotation.rollouts for annotation in mine) == 16 + 1


def test_the_manifest_says_how_far_annotators_agree_and_what_could_be_read(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["critiques"] == {"critic": {"read": 3}}
    said = manifest.agreement
    assert said is not None
    # They differ on one of the seven steps that both label; mc withholds what follows its errors.
    pair = "mc ~ critic"
    assert said["first_error"][pair] == {
        "same": 2,
        "mc earlier": 1,
        "critic earlier": 0,
        "unknown": 0,
    }
    assert said["kappa"][pair] == pytest.approx((6 / 7 - 32 / 49) / (1 - 32 / 49), abs=1e-4)
    assert 0 < said["alpha"] < 1


def test_the_solutions_that_annotators_disagree_on_are_listed(tmp_path):
    build(arrange(tmp_path, "qwen-consensus"), tmp_path / "out")
    root = tmp_path / "out" / "qwen-consensus"
    other = next(
        s for s in read_shard(root / "solutions/00000.parquet", Solution) if s.steps == OTHER
    )
    screen = io.StringIO()
    Console(width=120, file=screen).print(disagreements(root))
    head, row, told = screen.getvalue().splitlines()
    assert head.split() == ["solution", "mc", "critic"]
    assert row.split()[0] == other.id
    assert told.startswith("1 of 3 solutions")


def test_one_annotator_has_nobody_to_agree_with(tmp_path):
    assert build(arrange(tmp_path, "capo"), tmp_path / "out").agreement is None


def test_a_reply_that_cannot_be_read_is_counted_by_its_reason(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    rows = [json.loads(line) for line in (tmp_path / "judge.jsonl").read_text().splitlines()]
    for row in rows:
        row["completions"] = ["I would rather not say."] * DRAWS
    write_jsonl(tmp_path / "judge.jsonl", rows)
    manifest = build(path, tmp_path / "out")
    assert manifest.counts["critiques"] == {"critic": {"no_verdict": 3}}
    assert manifest.counts["dropped"] == {"first_error_unknown": 3}
    assert manifest.costs["critic"]["completion_tokens"] > 0


@pytest.mark.parametrize(("bound", "stops"), [(0.2, True), (1.0, False)])
def test_a_judge_whose_replies_are_never_readable_stops_the_build(tmp_path, bound, stops):
    path = arrange(tmp_path, "spark", max_failed_share=bound)
    rows = [json.loads(line) for line in (tmp_path / "judge.jsonl").read_text().splitlines()]
    for row in rows:
        row["completions"] = ["7"] * DRAWS
    write_jsonl(tmp_path / "judge.jsonl", rows)
    if stops:
        with pytest.raises(EngineError, match=r"None of 48 replies of the judge 'verifier'"):
            build(path, tmp_path / "out")
    else:
        build(path, tmp_path / "out")


def test_why_says_where_the_evidence_of_a_judge_is(tmp_path):
    row = built(tmp_path, "capo")[WRONG]
    with pytest.raises(StorageError, match="are from critic, which drew no rollouts"):
        trace(tmp_path / "out" / "capo", row, tmp_path / "out" / "ledger")


def test_another_consensus_asks_nobody(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    build(path, tmp_path / "out")
    for script in ("solver.jsonl", "judge.jsonl"):
        (tmp_path / script).write_text("")
    plain = json.loads(path.read_text())
    plain["labels"]["from"] = {
        "method": "same_steps",
        "of": ["critic", "mc"],
        "semantics": "potential",
    }
    path.write_text(json.dumps(plain))
    build(path, tmp_path / "out")
    rows = {row.steps: row for row in solutions(tmp_path / "out" / "qwen-consensus")}
    assert letters_of(rows[OTHER]) == "C??"
    assert rows[OTHER].semantics == "potential"


def test_another_vote_asks_nobody(tmp_path):
    path = arrange(tmp_path, "capo")
    build(path, tmp_path / "out")
    (tmp_path / "judge.jsonl").write_text("")
    plain = json.loads(path.read_text())
    plain["annotators"]["critic"]["votes"]["rule"] = "union"
    path.write_text(json.dumps(plain))
    build(path, tmp_path / "out")
    rows = {row.steps: row for row in solutions(tmp_path / "out" / "capo")}
    assert letters_of(rows[WRONG]) == "III"


def test_a_build_with_a_judge_is_replayed_without_servers(tmp_path):
    path = arrange(tmp_path, "qwen-consensus")
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "qwen-consensus")
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "qwen-consensus") == before


def test_critiques_are_kept_with_their_text_and_their_cost(tmp_path):
    built(tmp_path, "capo")
    critiques = read_shard(tmp_path / "out/capo/critiques/critic/00000.parquet", Critique)
    assert [critique.draw for critique in critiques] == [0, 1, 2, 3] * 3
    assert all(critique.text.startswith("I looked.") for critique in critiques)
    assert all(critique.completion_tokens > 0 for critique in critiques)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": {"from": {"method": "same_labels", "of": ["mc", "nobody"]}}}, "names 'nobody'"),
        ({"labels": {"from": {"method": "same_labels", "of": ["mc"]}}}, "two annotators or more"),
        (
            {"labels": {"from": {"method": "same_labels", "of": ["mc", "critic"]}}},
            "claim different",
        ),
    ],
)
def test_a_consensus_that_cannot_be_is_refused_when_the_recipe_is_read(tmp_path, changes, message):
    with pytest.raises(RecipeError, match=message):
        arrange(tmp_path, "qwen-consensus", **changes)
