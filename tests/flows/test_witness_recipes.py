"""Recipes in which a judge is heard before rollouts are drawn: what it saves, what it costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from flows.recipe_file import find_recipe
from flows.show import solutions
from stepmark.errors import RecipeError, StorageError
from stepmark.records import Critique, Rollout, Solution
from storage.shards import read_shard
from tests.flows.arrange import build, files_of
from tests.flows.judged_builds import WRONG, arrange, letters_of

pytestmark = pytest.mark.usefixtures("prefect_server")


def fused(folder: Path, **rates: float) -> Path:
    """The fusion recipe, whose judge has these rates."""
    plain = yaml.safe_load(find_recipe("fusion").read_text(encoding="utf-8"))
    plain["annotators"]["mc"]["witnesses"]["critic"] |= rates
    return arrange(folder, "fusion", annotators=plain["annotators"])


def rollouts_past_the_problem(root: Path) -> int:
    drawn = read_shard(root / "rollouts/mc/00000.parquet", Rollout)
    return sum(rollout.position > 0 for rollout in drawn)


def test_a_trusted_judge_saves_rollouts_and_its_cost_is_on_the_row(tmp_path):
    spent = []
    for name, rates in (("doubted", (0.4, 0.5, 0.4)), ("trusted", (0.01, 0.98, 0.02))):
        folder = tmp_path / name
        folder.mkdir()
        before, at, after = rates
        build(fused(folder, before=before, at=at, after=after), folder / "out")
        root = folder / "out" / "fusion"
        spent.append(rollouts_past_the_problem(root))
        rows = {row.steps: row for row in solutions(root)}
        assert letters_of(rows[WRONG]) == "CII"
        critiques = read_shard(root / "critiques/critic/00000.parquet", Critique)
        drawn = read_shard(root / "rollouts/mc/00000.parquet", Rollout)
        row = rows[WRONG]
        of_row = [each.solution_id for each in critiques] + [each.solution_id for each in drawn]
        assert row.rollouts == of_row.count(row.id)
    doubted, trusted = spent
    assert trusted < doubted


def test_fusion_buys_the_judges_replies_once_and_is_replayed_without_servers(tmp_path):
    path = fused(tmp_path)
    build(path, tmp_path / "out")
    before = files_of(tmp_path / "out" / "fusion")
    runs = (tmp_path / "out/fusion/runs.jsonl").read_text().splitlines()
    drawn = read_shard(tmp_path / "out/fusion/rollouts/mc/00000.parquet", Rollout)
    distinct = {(rollout.request, rollout.draw) for rollout in drawn}
    attempts = {(s.request, s.draw) for s in solutions_of(tmp_path / "out/fusion")}
    assert json.loads(runs[-1])["bought"] == len(distinct | attempts) + 3
    build(path, tmp_path / "out", replace=True, offline=True)
    assert files_of(tmp_path / "out" / "fusion") == before


def test_votes_of_a_witness_steer_what_is_bought_and_are_no_change_of_labels_alone(tmp_path):
    path = fused(tmp_path)
    build(path, tmp_path / "out")
    plain = json.loads(path.read_text())
    plain["annotators"]["critic"]["votes"] = {"n": 1, "rule": "majority"}
    path.write_text(json.dumps(plain))
    with pytest.raises(StorageError, match=r"critic\.votes\.rule"):
        build(path, tmp_path / "out")


def solutions_of(root: Path) -> tuple[Solution, ...]:
    return read_shard(root / "solutions/00000.parquet", Solution)


@pytest.mark.parametrize(
    ("witnesses", "rule", "message"),
    [
        ({"nobody": {"before": 0.1, "at": 0.5, "after": 0.1}}, "posterior", "names 'nobody'"),
        ({"mc": {"before": 0.1, "at": 0.5, "after": 0.1}}, "posterior", "names 'mc'"),
        ({"critic": {"before": 0.1, "at": 1.0, "after": 0.1}}, "posterior", "at must be between"),
        ({"critic": {"before": 0.1, "at": 0.5, "after": 0.1}}, "hard", "no use for witnesses"),
    ],
)
def test_witnesses_that_cannot_be_are_refused_when_the_recipe_is_read(
    tmp_path, witnesses, rule, message
):
    plain = yaml.safe_load(find_recipe("fusion").read_text(encoding="utf-8"))
    plain["annotators"]["mc"] |= {"witnesses": witnesses, "rule": {"method": rule}}
    with pytest.raises(RecipeError, match=message):
        arrange(tmp_path, "fusion", annotators=plain["annotators"])
