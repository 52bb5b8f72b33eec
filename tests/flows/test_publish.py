"""Publishing to a server that speaks the Hub's protocol, through the Hub's own client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.export import export
from flows.publish import publish
from stepmark.errors import HubError, StorageError
from storage.manifest import read_manifest
from tests.fakes.hub import FakeHub, Repo
from tests.flows.arrange import SUMS, arrange, build, question, write_jsonl

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    # The client's own: it sends large files in a way that its HTTP library deprecates.
    pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning"),
]
REPO = "me/sums"
READ = """
import sys, datasets
config = sys.argv[2] if len(sys.argv) > 2 else None
loaded = datasets.load_dataset(sys.argv[1], config)
print({split: rows.num_rows for split, rows in sorted(loaded.items())})
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory, prefect_server):
    """A build of three problems in two shards of one split, with an export."""
    folder = tmp_path_factory.mktemp("publish")
    have(folder, 3)
    build(folder / "recipe.yaml", folder / "out")
    return folder


@pytest.fixture
def root(built, tmp_path):
    """A copy of it."""
    import shutil

    shutil.copytree(built, tmp_path / "copy")
    return tmp_path / "copy" / "out" / "tiny"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with FakeHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def have(folder: Path, problems: int) -> None:
    if not (folder / "recipe.yaml").exists():
        arrange(folder, splits={"train": 1.0}, export=["trl"])
    rows = [{"question": question(a, b), "answer": str(a + b + 1)} for a, b in SUMS[:problems]]
    write_jsonl(folder / "problems.jsonl", rows)


def grow(root: Path) -> None:
    folder = root.parent.parent
    have(folder, 5)
    build(folder / "recipe.yaml", folder / "out")


def loaded(hub: FakeHub, tmp_path: Path, *config: str, token: str = "any") -> str:
    """What `load_dataset` reads, in a process of its own: it keeps its endpoint from its start."""
    own = {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub.url, "HF_TOKEN": token}
    command = [sys.executable, "-c", READ, REPO, *config]
    done = subprocess.run(
        command, env=os.environ | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def holds_the_build(repo: Repo, root: Path, branch: str = "main") -> bool:
    files = repo.files(branch)
    manifest = read_manifest(root)
    assert manifest is not None
    listed = {ref.path for ref in manifest.data}
    ours = {path for path in files if path.startswith("data/")}
    same = all(files[path] == (root / path).read_bytes() for path in [*listed, "manifest.json"])
    return same and ours == listed


def test_what_is_published_is_what_load_dataset_reads(root, hub, tmp_path):
    publish(root, REPO)
    assert holds_the_build(hub.repos[REPO], root)
    assert loaded(hub, tmp_path) == "{'train': 6}"
    assert loaded(hub, tmp_path, "trl") == "{'train': 6}"


def test_a_new_data_set_is_private_unless_asked(root, hub):
    assert publish(root, REPO).private
    assert not publish(root, "me/open", public=True).private
    assert not hub.repos["me/open"].private


def test_evidence_stays_at_home(root, hub):
    publish(root, REPO)
    folders = {path.partition("/")[0] for path in hub.repos[REPO].files() if "/" in path}
    assert folders == {"data", "export"}


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(root, hub):
    published = publish(root, REPO, dry_run=True)
    assert published.commit is None
    assert {path.partition("/")[0] for path in published.plan.new} == {
        "README.md",
        "manifest.json",
        "recipe.yaml",
        "data",
        "export",
    }
    assert {method for method, _ in hub.seen} == {"GET"}
    assert not hub.repos


def test_published_again_nothing_is_sent(root, hub):
    first = publish(root, REPO)
    sent = hub.uploads()
    again = publish(root, REPO)
    assert (again.plan.new, again.plan.gone, again.commit) == ((), (), first.commit)
    assert hub.uploads() == sent


def test_a_failure_halfway_leaves_the_set_and_a_rerun_sends_the_rest(root, hub):
    publish(root, REPO)
    before = dict(hub.repos[REPO].files())
    sent = hub.uploads()
    grow(root)

    def refuse(method: str, _: str) -> int | None:
        return 403 if method == "PUT" and hub.uploads() > sent + 1 else None

    hub.refuse = refuse
    with pytest.raises(HubError, match="Could not publish to the data set me/sums"):
        publish(root, REPO)
    assert hub.repos[REPO].files() == before
    arrived = hub.uploads() - sent - 1
    hub.refuse = lambda _method, _path: None
    hub.seen.clear()
    publish(root, REPO)
    assert holds_the_build(hub.repos[REPO], root)
    assert arrived == 1
    assert hub.uploads() == 1  # of two new Parquet files: the labels and their export


def test_a_commit_that_is_refused_is_made_by_a_rerun_without_sending_again(root, hub):
    hub.refuse = lambda _method, path: 403 if "/commit/" in path else None
    with pytest.raises(HubError):
        publish(root, REPO)
    hub.refuse = lambda _method, _path: None
    hub.seen.clear()
    publish(root, REPO)
    assert holds_the_build(hub.repos[REPO], root)
    assert hub.uploads() == 0


def test_a_grown_build_adds_its_shards_alone(root, hub, tmp_path):
    publish(root, REPO)
    sent = hub.uploads()
    grow(root)
    published = publish(root, REPO)
    assert [path for path in published.plan.new if path.startswith("data/")] == [
        "data/train-0001-00002.parquet"
    ]
    assert published.plan.gone == ()
    assert hub.uploads() == sent + 2
    assert loaded(hub, tmp_path) == "{'train': 10}"


def test_shards_of_a_run_that_is_not_finished_are_not_published(root, hub):
    shard = next((root / "data").iterdir())
    (root / "data" / "train-0001-00002.parquet").write_bytes(shard.read_bytes())
    publish(root, REPO)
    assert holds_the_build(hub.repos[REPO], root)


def test_what_the_build_no_longer_has_is_deleted_and_the_users_own_files_are_not(root, hub):
    publish(root, REPO)
    files = hub.repos[REPO].files()
    files |= {"data/train-0009-00009.parquet": b"", "notes/mine.txt": b"mine"}
    plan = publish(root, REPO).plan
    assert plan.gone == ("data/train-0009-00009.parquet",)
    assert "notes/mine.txt" in hub.repos[REPO].files()


def test_another_build_is_not_replaced(root, hub):
    publish(root, REPO)
    other = json.loads(hub.repos[REPO].files()["manifest.json"]) | {"name": "other"}
    hub.repos[REPO].files()["manifest.json"] = json.dumps(other).encode()
    with pytest.raises(HubError, match="holds the build 'other', and this is the build 'tiny'"):
        publish(root, REPO)


def test_data_of_somebody_else_is_not_replaced(root, hub):
    publish(root, REPO)
    del hub.repos[REPO].files()["manifest.json"]
    with pytest.raises(HubError, match="data that no build of Stepmark made"):
        publish(root, REPO, dry_run=True)


def test_a_commit_of_somebody_else_meanwhile_is_not_buried(root, hub):
    publish(root, REPO)
    repo = hub.repos[REPO]
    grow(root)

    def meddle(_: int) -> None:
        repo.add("main", repo.files() | {"theirs.txt": b"theirs"})

    with pytest.raises(HubError, match="Somebody else has changed it meanwhile"):
        publish(root, REPO, progress=meddle)
    assert "theirs.txt" in repo.files()


def test_a_branch_and_a_tag_can_be_named(root, hub):
    published = publish(root, REPO, branch="nightly", tag="v1")
    repo = hub.repos[REPO]
    assert repo.branches["nightly"] == repo.tags["v1"] == published.commit
    assert not any(path.startswith("data/") for path in repo.files("main"))
    assert holds_the_build(repo, root, "nightly")


def test_a_tag_stays_where_it_is(root, hub):
    first = publish(root, REPO, tag="v1")
    assert publish(root, REPO, tag="v1").commit == first.commit
    grow(root)
    with pytest.raises(HubError, match="has a tag v1 already"):
        publish(root, REPO, tag="v1")
    assert hub.repos[REPO].tags["v1"] == first.commit


def test_without_the_right_token_the_advice_is_to_log_in(root, hub, monkeypatch, tmp_path):
    hub.token = "hf_right"
    monkeypatch.setenv("HF_TOKEN", "hf_wrong_secret")
    with pytest.raises(HubError, match="hf auth login") as raised:
        publish(root, REPO)
    assert "hf_wrong_secret" not in str(raised.value)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    publish(root, REPO)
    assert loaded(hub, tmp_path, token=hub.token) == "{'train': 6}"


def test_the_token_is_in_no_file(root, hub, monkeypatch):
    hub.token = "hf_right"
    monkeypatch.setenv("HF_TOKEN", hub.token)
    publish(root, REPO)
    kept = [path for path in root.rglob("*") if path.is_file()]
    assert not [path for path in kept if hub.token.encode() in path.read_bytes()]


def test_nobody_at_the_address_is_said(root, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match=r"data set me/sums at http://127\.0\.0\.1:9: "):
        publish(root, REPO)


def test_a_name_without_an_owner_is_said_before_anybody_is_asked(root):
    with pytest.raises(HubError, match="'sums' has no owner: give it as OWNER/NAME"):
        publish(root, "sums")


def test_a_name_that_cannot_be_is_said(root, hub):
    with pytest.raises(HubError, match="Could not read the data set a/b/c"):
        publish(root, "a/b/c")


def test_a_build_that_is_not_finished_is_not_published(root, hub):
    (root / "manifest.json").unlink()
    with pytest.raises(StorageError, match="holds no finished build"):
        publish(root, REPO)


def test_a_shard_that_was_changed_by_hand_is_not_published(root, hub):
    shards = sorted((root / "data").iterdir())
    shards[0].write_bytes(shards[1].read_bytes())
    with pytest.raises(StorageError, match="is not the shard that manifest"):
        publish(root, REPO)


def test_exports_made_by_hand_are_published_too_and_stale_ones_made_anew(root, hub, tmp_path):
    export(root, "openrlhf")
    grow(root)
    publish(root, REPO)
    assert loaded(hub, tmp_path, "openrlhf") == "{'train': 10}"


def test_the_command_line_publishes(root, hub):
    command = [sys.executable, "-m", "flows.cli", "publish", str(root), REPO, "--dry-run"]
    own: dict[str, Any] = {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1"}
    for arguments, said in (
        (command, "would send     "),
        (command[:-1], "data set me/sums, private"),
    ):
        done = subprocess.run(
            arguments, env=os.environ | own, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
    assert holds_the_build(hub.repos[REPO], root)
