"""Exports: the labels of a finished build in a trainer's own format, shard by shard.

The build's own files stay as they are. An export is a folder, whole or not there: files named as
the data shards are, a card, and `export.json`, which says what the format could not express.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple, cast

from flows.card import EXPORTS, SUMMARY, current_exports, write_card
from flows.export_sources import Source
from flows.formats import FORMATS, Format
from flows.place import held
from flows.recipe import Recipe
from flows.recipe_file import load_recipe
from stepmark.errors import RecipeError, StorageError
from stepmark.ids import content_id
from storage.atomic import write_text_whole
from storage.export.card import export_card
from storage.export.names import FormatName
from storage.manifest import Manifest, read_manifest
from storage.shards import write_shard

NOTHING = "none: no solution of this build says what the format does (docs/exports.md)"
"""Said of an export without a row."""


class Exported(NamedTuple):
    """What an export holds."""

    path: Path
    """Its folder."""
    rows: dict[str, int]
    """Rows by split."""
    unsaid: Counter[str]
    """What the format could not express."""


def export(root: Path, name: str, out: Path | None = None) -> Exported:
    """Write a finished build in a trainer's format to `out`, or below the build's own folder.

    Raises:
        RecipeError: there is no such format.
        StorageError: the build is not finished or in use, it has not what the format is made from,
            or `out` holds something else.
    """
    if name not in FORMATS:
        raise RecipeError(f"There is no format {name!r}: {', '.join(FORMATS)}.")
    finished(root)
    with held(root):
        written = write_export(root, cast("FormatName", name), out or root / EXPORTS / name)
        write_card(root, load_recipe(str(root / "recipe.yaml"))[0], finished(root))
    return written


def missing_exports(root: Path, recipe: Recipe, manifest: Manifest) -> Iterator[Exported]:
    """Write the formats that a recipe names or that the build has, unless they are of its labels.

    The build is held.
    """
    current = {facts.format for facts in current_exports(root, manifest)}
    there = {path.parent.name for path in (root / EXPORTS).glob(f"*/{SUMMARY}")}
    for name in FORMATS:
        if name in {*recipe.export, *there} - current:
            yield write_export(root, name, root / EXPORTS / name)


def lines_of(exported: Exported) -> Iterator[str]:
    """Say what was written, and what could not be."""
    rows = ", ".join(f"{split} {count:,}" for split, count in exported.rows.items() if count)
    yield f"rows      {rows or NOTHING}"
    for what, count in sorted(exported.unsaid.items()):
        yield f"left out  {count:,} {what}"
    yield f"written   {exported.path}"


def write_export(root: Path, name: FormatName, target: Path) -> Exported:
    """Fill a folder beside the target, then put it in the target's place.

    Raises:
        StorageError: as `export`.
    """
    recipe, _ = load_recipe(str(root / "recipe.yaml"))
    manifest = finished(root)
    source = Source(root=root, recipe=recipe, manifest=manifest)
    _check_free(target)
    fresh = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(fresh, ignore_errors=True)
    chosen = FORMATS[name]
    rows: Counter[str] = Counter()
    unsaid: Counter[str] = Counter()
    for part in source.parts():
        written = chosen.write(part)
        unsaid += written.unsaid
        rows[part.split] += len(written.rows)
        if written.rows:
            _write(fresh, f"{part.stem}.{chosen.suffix}", chosen, written.rows)
    left_out = dict(sorted(unsaid.items()))
    digest = _digest(fresh)
    card = export_card(
        name,
        chosen.record,
        f"-[0-9]*.{chosen.suffix}",
        rows=rows,
        unsaid=left_out,
        digest=digest,
    )
    write_text_whole(fresh / "README.md", card)
    facts = {
        "format": name,
        "recipe": recipe.fingerprint,
        "data": manifest.data_digest,
        "rows": rows,
        "left_out": left_out,
        "suffix": chosen.suffix,
        "digest": digest,
    }
    write_text_whole(fresh / SUMMARY, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    fresh.replace(target)
    return Exported(target, dict(rows), unsaid)


def finished(root: Path) -> Manifest:
    """Return the manifest of a build.

    Raises:
        StorageError: the build is not finished.
    """
    manifest = read_manifest(root)
    if manifest is None:
        raise StorageError(f"{root} holds no finished build: run its build command to the end.")
    return manifest


def _write(folder: Path, path: str, chosen: Format, rows: tuple[Any, ...]) -> None:
    if chosen.suffix == "parquet":
        write_shard(folder, path, chosen.record, rows)
        return
    lines = (json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)
    write_text_whole(folder / path, "".join(lines))


def _digest(folder: Path) -> str:
    """Return a hash of all files in a folder."""
    files = sorted(folder.iterdir()) if folder.exists() else []
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return content_id("ex", digests)


def _check_free(target: Path) -> None:
    """Refuse a folder that holds anything but an export."""
    if (
        target.exists()
        and not (target / SUMMARY).exists()
        and (not target.is_dir() or any(target.iterdir()))
    ):
        raise StorageError(f"{target} is there and holds no export. Choose another --out.")
