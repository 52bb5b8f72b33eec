"""A build's directory: who may use it, what recipe it was begun with, what is still good in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from flows.recipe import UNLABELLING, Recipe, as_plain, as_yaml, differences
from stepmark.errors import StorageError
from storage.atomic import write_text_whole
from storage.manifest import MANIFEST

DERIVED = re.compile(
    r"annotators\.[^.]+\.(rule|after_first_error|threshold|semantics|votes\.(rule|quorum))\b"
    r"|labels\b|splits\b"
    r"|max_failed|filters\b"
)
"""Keys of a recipe that only change what is derived from stored evidence."""
OURS = {".lock", "runs.jsonl"}
"""Files that outlive a clean start."""
DERIVED_STAGES = ("labels", "annotations", "rationales", "filters", "refused", "data", "export")
"""Folders whose shards a changed rule makes anew. Labels go first: where a shard of them is, all
that was derived with it is there too."""
POLICIES = "policies.json"
"""Who the policies of a build are."""
EVIDENCELESS = OURS | {"recipe.yaml", POLICIES, "logs"}
"""What a build leaves that ended before it took a problem in, for want of a server for instance."""
BEGUN = "recipe.yaml.tmp"
"""What a build leaves that was killed while it wrote its first file."""


@contextlib.contextmanager
def held(root: Path) -> Iterator[None]:
    """Hold a build directory: a second build in it is refused, and a killed one lets go.

    Raises:
        StorageError: another build is running there, or the folder cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("w")
    except OSError as error:
        raise StorageError(
            f"{root} cannot be used as a build folder: {error.strerror}. Choose another --out."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StorageError(
                f"Another build is running in {root}. Wait for it, or choose another --out."
            ) from None
        yield


def is_held(root: Path) -> bool:
    """Tell whether a build is running in a directory."""
    try:
        with (root / ".lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def prepare(root: Path, recipe: Recipe, *, replace: bool) -> None:
    """Make a directory ready for a recipe: new, continued, or with its labels derived again.

    A build that ended before it took a problem in may be begun with another recipe. One whose limit
    grows is continued: what it takes in beyond is new, as in a source that grew.

    Raises:
        StorageError: it was begun with a recipe whose evidence differs, or holds other files.
    """
    path = root / "recipe.yaml"
    if replace:
        _clear(root)
    if {p.name for p in root.iterdir()} <= EVIDENCELESS:
        remove(root / POLICIES)
    elif path.exists():
        before, now = _begun_with(path), as_plain(recipe)
        grows = _grows(before.get("limit"), recipe.limit)
        if grows:
            before["limit"] = now.get("limit")
        changes = [each for each in differences(before, now) if _top(each) not in UNLABELLING]
        if any(not _is_derived(change, recipe) for change in changes):
            raise StorageError(
                f"{root} was begun with another recipe:\n  "
                + "\n  ".join(changes)
                + "\nBuild into another --out, or start clean with --replace (the ledger is kept, "
                "so nothing is bought twice)."
            )
        if changes:
            forget_derived(root)
        if grows:
            remove(root / MANIFEST)  # it says that all is there
    elif any(p.name not in OURS | {BEGUN} for p in root.iterdir()):
        raise StorageError(
            f"{root} is not empty and holds no build. Choose another --out or another name."
        )
    write_text_whole(path, as_yaml(recipe))


def _is_derived(change: str, recipe: Recipe) -> bool:
    """Tell whether a change asks nobody: votes of a witness steer what is bought."""
    witnesses = [name for mc in recipe.monte_carlo.values() for name in mc.witnesses]
    steers = any(change.startswith(f"annotators.{name}.votes") for name in witnesses)
    return DERIVED.match(change) is not None and not steers


def keep_policies(root: Path, identities: dict[str, dict[str, str | None]]) -> None:
    """Remember who the policies are, or check that they are who they were.

    Raises:
        StorageError: a server now serves another model, template or continuation.
    """
    path = root / POLICIES
    if path.exists():
        check_policies(root, identities)
    write_text_whole(path, json.dumps(identities, indent=1) + "\n")


def check_policies(root: Path, identities: dict[str, dict[str, str | None]]) -> None:
    """Check that the policies are who they were when a build was begun.

    Raises:
        StorageError: a server serves another model, template or continuation.
    """
    before = json.loads((root / POLICIES).read_text(encoding="utf-8"))
    changes = differences(before, identities)
    if changes:
        raise StorageError(
            f"The servers are not those that {root} was begun with:\n  "
            + "\n  ".join(changes)
            + "\nServe the same model and template, or start clean with --replace."
        )


def note_run(root: Path, facts: dict[str, Any]) -> None:
    """Append what a run took to `runs.jsonl`; nothing in a shard depends on it.

    On a full disk it is left out: a run that ends for want of space is to say so itself.
    """
    path = root / "runs.jsonl"
    with contextlib.suppress(OSError), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(facts) + "\n")


def _begun_with(path: Path) -> dict[str, Any]:
    try:
        return dict(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, ValueError) as error:
        raise StorageError(f"{path} is damaged ({error}). Start clean with --replace.") from None


def _grows(before: int | None, now: int | None) -> bool:
    """Tell whether a limit lets more problems in than it did."""
    return before is not None and (now is None or now > before)


def _top(change: str) -> str:
    """Return the block of a recipe that a difference is in."""
    return change.partition(":")[0].partition(".")[0]


def forget_derived(root: Path) -> None:
    """Remove what labels were derived into; the evidence stays."""
    for name in (MANIFEST, *DERIVED_STAGES):
        remove(root / name)
    for path in (root / "dropped").glob("filter-*"):
        remove(path)


def _clear(root: Path) -> None:
    """Remove a build from its folder, and only a build.

    Killed in the middle, it leaves an unfinished build: the manifest, which says that all is
    there, goes first, and what says whose the shards are goes after them.
    """
    if not (root / "recipe.yaml").exists():
        return
    remove(root / MANIFEST)
    everything = list(root.iterdir())
    for folder in (path for path in everything if path.is_dir()):
        remove(folder)
    files = (path for path in everything if path.is_file() and path.name not in OURS)
    for path in sorted(files, key=lambda path: path.name == "recipe.yaml"):
        remove(path)


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be removed: {error.strerror}. Remove it by hand and run again."
        ) from None
