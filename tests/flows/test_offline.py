"""Replays: a build is a function of its recipe and the ledger, and no server is asked."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from flows.blocks import PolicyBlock
from flows.offline import remembered
from stepmark.errors import StorageError
from stepmark.policy import PolicyIdentity
from tests.fakes.factories import an_identity
from tests.fakes.openai_server import FakeServer
from tests.fakes.server_faults import Fault
from tests.fakes.tokenizers import Template, plain, trimming
from tests.flows.arrange import arrange, build, files_of, served_recipe

pytestmark = pytest.mark.usefixtures("prefect_server")


def buy(recipe: Path, out: Path, *, ledger: Path | None = None, template: Template = plain) -> None:
    with FakeServer(template=template) as running:
        build(recipe, out, addresses={"solver": (running.url,)}, ledger_folder=ledger)


def replay(recipe: Path, out: Path, ledger: Path | None = None) -> None:
    build(recipe, out, offline=True, ledger_folder=ledger)


def test_a_replay_elsewhere_gives_the_same_bytes_policies_included(tmp_path):
    recipe = served_recipe(tmp_path)
    buy(recipe, tmp_path / "out")
    replay(recipe, tmp_path / "again", tmp_path / "out" / "ledger")
    files = files_of(tmp_path / "again" / "tiny")
    assert files == files_of(tmp_path / "out" / "tiny")
    assert "te_" in json.loads(files["policies.json"])["solver"]["template"]
    *_, last = (tmp_path / "again" / "tiny" / "runs.jsonl").read_text().splitlines()
    assert (json.loads(last)["requests"], json.loads(last)["bought"]) == (0, 0)


def test_a_replay_needs_no_script(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    (tmp_path / "script.jsonl").unlink()
    replay(recipe, tmp_path / "again", tmp_path / "out" / "ledger")
    assert files_of(tmp_path / "again" / "tiny") == files_of(tmp_path / "out" / "tiny")


def test_a_missing_draw_is_named_and_a_build_with_a_server_buys_just_that_one(tmp_path):
    recipe = arrange(tmp_path)
    build(recipe, tmp_path / "out")
    problem, address, draw = lose_a_draw(tmp_path / "out" / "ledger")
    (tmp_path / "out" / "tiny" / "manifest.json").unlink()
    with pytest.raises(StorageError, match=f"Draw {draw} at {address} for the problem {problem}"):
        replay(recipe, tmp_path / "again", tmp_path / "out" / "ledger")
    build(recipe, tmp_path / "again", ledger_folder=tmp_path / "out" / "ledger")
    *_, last = (tmp_path / "again" / "tiny" / "runs.jsonl").read_text().splitlines()
    assert json.loads(last)["bought"] == 1


def lose_a_draw(ledger: Path) -> tuple[str, str, int]:
    path = next(ledger.glob("*.sqlite"))
    with closing(sqlite3.connect(path)) as connection, connection:
        problem, address, draw = connection.execute(
            "SELECT problem, address, draw FROM draws JOIN prompts USING (address) "
            'WHERE asked NOT LIKE \'%"prefix":""%\' ORDER BY draw DESC'
        ).fetchone()
        connection.execute("DELETE FROM draws WHERE address = ? AND draw = ?", (address, draw))
    return problem, f"rq_{address.hex()}", draw


def test_what_the_server_refused_is_refused_again_in_a_replay(tmp_path):
    recipe = served_recipe(tmp_path, max_failed_share=1.0)
    with FakeServer(
        faults=lambda number: Fault(status=400) if number % 3 == 1 else None
    ) as running:
        build(recipe, tmp_path / "out", addresses={"solver": (running.url,)})
    replay(recipe, tmp_path / "again", tmp_path / "out" / "ledger")
    files = files_of(tmp_path / "again" / "tiny")
    assert files == files_of(tmp_path / "out" / "tiny")
    assert b"http_400" in files["manifest.json"]


def test_an_unfinished_build_is_finished_in_its_place(tmp_path):
    recipe = served_recipe(tmp_path)
    buy(recipe, tmp_path / "out")
    root = tmp_path / "out" / "tiny"
    whole = files_of(root)
    for path in ("manifest.json", "labels/00001.parquet", "rollouts/mc/00001.parquet"):
        (root / path).unlink()
    replay(recipe, tmp_path / "out")
    assert files_of(root) == whole


def test_without_a_ledger_there_is_nothing_to_replay(tmp_path):
    with pytest.raises(StorageError, match="There is no ledger in"):
        replay(arrange(tmp_path), tmp_path / "out")
    assert not (tmp_path / "out" / "ledger").exists()


def test_two_templates_in_one_ledger_are_told_apart_by_the_builds_own_folder(tmp_path):
    recipe, ledger = served_recipe(tmp_path), tmp_path / "ledger"
    buy(recipe, tmp_path / "one", ledger=ledger)
    buy(recipe, tmp_path / "two", ledger=ledger, template=trimming)
    whole = files_of(tmp_path / "two" / "tiny")
    (tmp_path / "two" / "tiny" / "manifest.json").unlink()
    replay(recipe, tmp_path / "two", ledger)
    assert files_of(tmp_path / "two" / "tiny") == whole
    with pytest.raises(StorageError, match=r"remembers 2 policies that fit"):
        replay(recipe, tmp_path / "three", ledger)


def a_block(**values: Any) -> PolicyBlock:
    return PolicyBlock(**{"engine": "vllm", "model": "m", **values})


@pytest.mark.parametrize(
    ("block", "identity"),
    [
        ({"dtype": "float32"}, {}),
        ({"revision": "main"}, {}),
        ({"continuation": "prefill"}, {}),
        ({"model": "other"}, {}),
        ({}, {"model": "mm"}),
    ],
)
def test_a_policy_of_another_description_does_not_fit(tmp_path, block, identity):
    other = an_identity(**{"model": "m", **identity})
    with pytest.raises(StorageError, match="remembers 0 policies that fit"):
        a_memory(tmp_path, a_block(**block), other)


def test_a_model_folder_that_is_gone_is_known_by_its_name(tmp_path):
    digested = an_identity(model="practice@0123")
    assert a_memory(tmp_path, a_block(model="models/practice"), digested) == digested


def a_memory(root: Path, block: PolicyBlock, *known: PolicyIdentity) -> PolicyIdentity:
    plain = {identity.id: asdict(identity) for identity in known}
    return remembered("solver", block, model=block.model, root=root, known=plain)
