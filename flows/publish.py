"""Publishing: a finished build's labels, exports and card as one commit to the Hub.

The set in the repository becomes the one that the manifest lists: a build that was labelled anew
replaces its shards, one that has grown adds some. Evidence stays with its maker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from flows.card import CARD, EXPORTS, current_exports, write_card
from flows.export import finished, missing_exports
from flows.place import held
from flows.recipe_file import load_recipe
from stepmark.errors import HubError, StorageError
from storage.hub import MAIN, Held, Repository, is_same
from storage.manifest import MANIFEST, Manifest
from storage.shards import shard_ref

OURS = ("data/", f"{EXPORTS}/")
"""Folders of a repository whose files are a build's."""


class Plan(NamedTuple):
    """What a repository lacks, and what it has too much."""

    new: tuple[str, ...]
    """Paths to be sent."""
    kept: int
    """Files that are there already."""
    gone: tuple[str, ...]
    """Paths to be deleted."""
    size: int
    """Bytes to be sent."""


class Published(NamedTuple):
    """What was published."""

    plan: Plan
    """What was sent and deleted, or would be."""
    commit: str | None
    """The commit that holds it; null for a dry run."""
    private: bool
    """Whether only the owner can read it."""


def publish(
    root: Path,
    repo: str,
    *,
    public: bool = False,
    dry_run: bool = False,
    branch: str | None = None,
    tag: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Published:
    """Make a repository hold what a build's manifest lists; one that is new is private.

    Args:
        root: the build's folder.
        repo: `owner/name` of the data set on the Hub.
        public: let everybody read a repository that is new.
        dry_run: change nothing on the Hub.
        branch: to commit to, made if it is not there; null for `main`.
        tag: name for the commit.
        progress: is told now and then how many files have arrived.

    Raises:
        StorageError: the build is not finished or in use, or its shards are not the manifest's.
        HubError: the Hub refuses or cannot be reached, or holds something else under that name.
    """
    if "/" not in repo:
        raise HubError(f"The data set {repo!r} has no owner: give it as OWNER/NAME.")
    with held(root):
        manifest = finished(root)
        files = _files(root, manifest)
        repository = Repository(id=repo, branch=branch or MAIN)
        there = repository.held()
        if dry_run or there is not None:
            _check_ours(repository, there, manifest)
        if dry_run:
            private = not public if there is None else repository.is_private()
            return Published(_plan(root, files, there), None, private)
        if there is None:
            repository.create(private=not public)
            there = repository.held()
            _check_ours(repository, there, manifest)
        if there is None:
            raise HubError(f"The data set {repo} was made and is not there. Run the command again.")
        plan = _plan(root, files, there)
        commit = there.commit
        if plan.new or plan.gone:
            commit = repository.commit(
                root,
                plan.new,
                plan.gone,
                onto=there.commit,
                message=_message(manifest),
                progress=progress,
            )
        if tag is not None:
            repository.tag(tag, commit)
        return Published(plan, commit, repository.is_private())


def lines_of(published: Published, repo: str) -> Iterator[str]:
    """Say what was published, or would be."""
    plan = published.plan
    would = "would " if published.commit is None else ""
    yield f"{would}send     {len(plan.new):,} files, {plan.size / 1e6:,.1f} MB"
    yield f"{would}keep     {plan.kept:,} files that are there already"
    yield f"{would}delete   {len(plan.gone):,} files that the build no longer has"
    kind = "private" if published.private else "public"
    at = f" at {published.commit[:12]}" if published.commit else ""
    yield f"data set {repo}, {kind}{at}"


def _files(root: Path, manifest: Manifest) -> list[str]:
    """Return the paths of what is published, all of it of the manifest's labels."""
    recipe, _ = load_recipe(str(root / "recipe.yaml"))
    for ref in manifest.data:
        if shard_ref(root, ref.path) != ref:
            raise StorageError(
                f"{root / ref.path} is not the shard that {MANIFEST} lists: its hash is another. "
                "Build anew with --replace; the ledger is kept."
            )
    for _ in missing_exports(root, recipe, manifest):
        pass
    write_card(root, recipe, manifest)
    exports = [
        path.relative_to(root).as_posix()
        for facts in current_exports(root, manifest)
        for path in sorted((root / EXPORTS / facts.format).iterdir())
    ]
    return [CARD, MANIFEST, "recipe.yaml", *(ref.path for ref in manifest.data), *exports]


def _check_ours(repository: Repository, there: Held | None, manifest: Manifest) -> None:
    """Refuse a repository that holds anything but an earlier state of this build."""
    if there is None or not any(path.startswith(OURS) for path in there.digests):
        return
    name = None
    if MANIFEST in there.digests:
        name = json.loads(repository.text(MANIFEST, there.commit)).get("name")
    if name != manifest.name:
        what = f"the build {name!r}" if name else "data that no build of Stepmark made"
        raise HubError(
            f"The data set {repository.id} holds {what}, and this is the build {manifest.name!r}: "
            "it would be replaced. Publish to another data set."
        )


def _plan(root: Path, files: list[str], there: Held | None) -> Plan:
    digests = there.digests if there else {}
    new = tuple(p for p in files if p not in digests or not is_same(root / p, digests[p]))
    gone = tuple(sorted(p for p in digests.keys() - set(files) if p.startswith(OURS)))
    size = sum((root / path).stat().st_size for path in new)
    return Plan(new, len(files) - len(new), gone, size)


def _message(manifest: Manifest) -> str:
    runs = manifest.rows_by_run()
    return f"{manifest.name}: {sum(runs.values()):,} rows of {len(runs)} runs, {manifest.recipe}"
