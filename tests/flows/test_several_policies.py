"""Several policies in one recipe, behind servers: who writes, who continues, who is the prover."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypeVar

import pytest

from flows.show import solutions
from stepmark.records import Rollout, Solution
from storage.shards import read_shard
from tests.fakes.openai_server import FakeServer
from tests.fakes.tokenizers import Turns
from tests.flows.arrange import SUMS, build, files_of, served_recipe

Record = TypeVar("Record")

pytestmark = pytest.mark.usefixtures("prefect_server")

NAMES = ("one", "two", "third")
POLICIES = {name: {"engine": "vllm", "model": name} for name in NAMES}
MC = {
    "method": "monte_carlo",
    "policy": "third",
    "probe": {"method": "exhaustive", "draws": 3, "root": 3},
    "rule": {"method": "soft"},
}


def adding(prompt: str, _address: str, draw: int) -> str:
    """Two paragraphs; every fifth draw ends wrong."""
    sought = re.search(r"What is (\d+) \+ (\d+)", prompt)
    assert sought
    right = int(sought[1]) + int(sought[2]) + 1
    return f"Think, {draw}.\n\nThe answer is {right + (draw % 5 == 4)}."


def shouting(turns: Turns) -> str:
    """A template that no other policy has."""
    return "".join(f"<<{turn['role'].upper()}>>{turn['content']}<<END>>" for turn in turns)


def recipe_of(folder: Path, **changes: object) -> Path:
    changes = {"annotators": {"mc": MC}} | changes
    path = served_recipe(folder, **changes)
    plain = json.loads(path.read_text())
    plain["policies"] = POLICIES
    path.write_text(json.dumps(plain))
    return path


class Servers:
    """A server for each policy; the third has a template of its own."""

    def __init__(self) -> None:
        self.by_name = {
            "one": FakeServer(model="one", writer=adding),
            "two": FakeServer(model="two", writer=adding),
            "third": FakeServer(model="third", writer=adding, template=shouting),
        }

    def __enter__(self) -> dict[str, tuple[str, ...]]:
        for server in self.by_name.values():
            server.start()
        return {name: (server.url,) for name, server in self.by_name.items()}

    def __exit__(self, *_: object) -> None:
        for server in self.by_name.values():
            server.stop()


def stored(out: Path, stage: str, record: type[Record]) -> list[Record]:
    return [
        row for path in sorted((out / "tiny" / stage).glob("*")) for row in read_shard(path, record)
    ]


QUOTA = {"correct": 2, "incorrect": 2, "max_draws": 20}


@pytest.mark.parametrize("quota", [None, QUOTA], ids=["one round", "a quota"])
def test_resumed_or_replayed_the_mix_gives_the_same_bytes(tmp_path, quota):
    recipe = recipe_of(tmp_path, solve__policy=["one", "two"], solve__quota=quota)
    with Servers() as addresses:
        build(recipe, tmp_path / "out", addresses=addresses, concurrency=1)
        build(recipe, tmp_path / "fresh", addresses=addresses)
    whole = files_of(tmp_path / "out" / "tiny")
    assert files_of(tmp_path / "fresh" / "tiny") == whole
    build(recipe, tmp_path / "again", offline=True, ledger_folder=tmp_path / "out" / "ledger")
    assert files_of(tmp_path / "again" / "tiny") == whole
    (tmp_path / "out" / "tiny" / "manifest.json").unlink()
    for path in ("labels/00001.parquet", "rollouts/mc/00001.parquet", "solutions/00001.parquet"):
        (tmp_path / "out" / "tiny" / path).unlink()
    build(recipe, tmp_path / "out", offline=True)
    assert files_of(tmp_path / "out" / "tiny") == whole


def test_a_quota_buys_whole_rounds_and_no_more(tmp_path):
    """Draw 4 is the first wrong one: rounds 0–1, 2–3 and 4–5 of both policies."""
    recipe = recipe_of(tmp_path, solve__policy=["one", "two"], solve__quota=QUOTA)
    servers = Servers()
    with servers as addresses:
        build(recipe, tmp_path / "out", addresses=addresses)
    for name in ("one", "two"):
        draws = [seen.body["n"] for seen in servers.by_name[name].seen if "n" in seen.body]
        assert draws == [2] * 3 * len(SUMS)
    rows = list(solutions(tmp_path / "out" / "tiny"))
    assert len(rows) == 4 * len(SUMS)
    assert {row.solve_rate for row in rows} == {1.0}


def test_every_step_in_the_data_has_a_policy_of_the_manifest(tmp_path):
    recipe = recipe_of(tmp_path, solve__policy=["one", "two"])
    with Servers() as addresses:
        manifest = build(recipe, tmp_path / "out", addresses=addresses)
    writers = [manifest.policies[name]["id"] for name in ("one", "two")]
    rows = list(solutions(tmp_path / "out" / "tiny"))
    assert {row.step_policies for row in rows} == {(writer, writer) for writer in writers}


def test_another_policy_completes_in_its_own_template_and_skips_no_draw(tmp_path):
    """Draw 0 or 1 of the first policy wrote the solution; the completer's draws are all its own."""
    recipe = recipe_of(tmp_path, solve__policy="one")
    servers = Servers()
    with servers as addresses:
        build(recipe, tmp_path / "out", addresses=addresses)
    prompts = [
        bytes(s.body["prompt"]).decode() for s in servers.by_name["third"].seen if "n" in s.body
    ]
    assert prompts
    assert all(prompt.startswith("<<USER>>What is") for prompt in prompts)
    assert any("Think, 0.\n\n" in prompt for prompt in prompts)
    assert not any("Think" in str(s.body.get("prompt")) for s in servers.by_name["one"].seen)
    asked = {s.request for s in stored(tmp_path / "out", "solutions", Solution)}
    rollouts = stored(tmp_path / "out", "rollouts/mc", Rollout)
    assert not asked & {rollout.request for rollout in rollouts}
    at_root: dict[str, list[int]] = {}
    for rollout in rollouts:
        if rollout.position == 0:
            at_root.setdefault(rollout.solution_id, []).append(rollout.draw)
    assert list(at_root.values()) == [[0, 1, 2]] * 2 * len(SUMS)


def test_the_policy_itself_skips_the_draw_that_wrote_the_solution(tmp_path):
    recipe = recipe_of(tmp_path, solve__policy="one", annotators={"mc": {**MC, "policy": "one"}})
    with Servers() as addresses:
        build(recipe, tmp_path / "out", addresses=addresses)
    written = {s.id: s.draw for s in stored(tmp_path / "out", "solutions", Solution)}
    for rollout in stored(tmp_path / "out", "rollouts/mc", Rollout):
        assert rollout.position or rollout.draw != written[rollout.solution_id]
