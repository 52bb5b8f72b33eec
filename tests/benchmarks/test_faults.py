"""The benchmark of faults, small: what it promises holds, and it would notice if it did not."""

from dataclasses import replace

import pytest

from benchmarks import faults
from flows.recipe_file import load_recipe
from stepmark.records import Rollout
from storage.shards import read_shard, write_shard


# The fake server is torn away in the middle: its sockets are left to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("prefect_server")
def test_faults_that_pass_change_nothing_and_those_that_stay_do_not_spread(tmp_path):
    figures = faults.measure(tmp_path, problems=5, share=0.3)
    assert figures["labels_identical"]
    assert figures["wrong_labels"] == 0
    assert figures["affected_draws"]
    assert figures["fault_share"] == pytest.approx(0.3, abs=0.1)

    calm, lasting = (tmp_path / name / "faults" for name in ("calm", "lasting"))
    annotator = load_recipe(str(tmp_path / "recipe.yaml"))[0].monte_carlo["mc"]
    path = "rollouts/mc/00000.parquet"
    first, *others = read_shard(lasting / path, Rollout)
    (lasting / path).unlink()
    write_shard(lasting, path, Rollout, [replace(first, outcome="unknown"), *others])
    assert faults.compare(calm, lasting, annotator)[1] == 1
