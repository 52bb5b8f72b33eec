"""Exports: the labels of a finished build in a trainer's own format, shard by shard.

The build's own files stay as they are. An export is a folder, whole or not there: files named as
the data shards are, a card, and `export.json`, which says what is left out.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

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
OURS: Final = re.compile(r"README\.md|export\.json|.+-\d{4,}-\d{5,}\.(parquet|jsonl)")
"""Names of the files of an export."""


class Exported(NamedTuple):
    """What an export holds."""

    path: Path
    """Its folder."""
    rows: dict[str, int]
    """Rows by split."""
    unsaid: Counter[str]
    """What is left out, by what it is."""


def export(root: Path, name: str, out: Path | None = None) -> Exported:
    """Write a finished build in a trainer's format to `out`, or below the build's own folder.

    Raises:
        RecipeError: there is no such format.
        StorageError: the build is not finished or in use, it has not what the format is made from,
            or `out` holds anything but an export.
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
    place = target.resolve()
    _check_free(place)
    with _beside(place) as fresh:
        rows, unsaid = _fill(fresh, FORMATS[name], source)
        _describe(fresh, name, source, rows, unsaid)
        shutil.rmtree(place, ignore_errors=True)
        fresh.replace(place)
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


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """Yield where a folder may be filled, on the disk of `place`; what is left there is removed."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        own = tempfile.TemporaryDirectory(prefix=f".{place.name}-", dir=place.parent)
    except OSError as error:
        raise StorageError(
            f"{place} cannot be written: {error.strerror or error}. Choose another --out."
        ) from error
    with own as folder:
        yield Path(folder) / place.name


def _fill(folder: Path, chosen: Format, source: Source) -> tuple[Counter[str], Counter[str]]:
    """Write a format's rows; return their number by split, and what is left out."""
    rows: Counter[str] = Counter()
    unsaid: Counter[str] = Counter()
    for part in source.parts():
        written = chosen.write(part)
        unsaid += written.unsaid
        rows[part.split] += len(written.rows)
        if written.rows:
            _write(folder, f"{part.stem}.{chosen.suffix}", chosen, written.rows)
    return rows, unsaid


def _describe(
    folder: Path, name: FormatName, source: Source, rows: Counter[str], unsaid: Counter[str]
) -> None:
    """Write the card and the summary of the rows that a folder holds."""
    chosen, left_out, digest = FORMATS[name], dict(sorted(unsaid.items())), _digest(folder)
    card = export_card(
        name,
        chosen.record,
        f"-[0-9]*.{chosen.suffix}",
        rows=rows,
        unsaid=left_out,
        digest=digest,
    )
    write_text_whole(folder / "README.md", card)
    facts = {
        "format": name,
        "recipe": source.recipe.fingerprint,
        "data": source.manifest.data_digest,
        "rows": rows,
        "left_out": left_out,
        "suffix": chosen.suffix,
        "digest": digest,
    }
    write_text_whole(folder / SUMMARY, json.dumps(facts, indent=1, ensure_ascii=False) + "\n")


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


def _check_free(place: Path) -> None:
    """Refuse a place that is more than an export, since what is there is replaced whole."""
    if place == Path.cwd():
        raise StorageError(f"{place} is the folder you are in. Name one below it as --out.")
    if not place.exists():
        return
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    if files and not (place / SUMMARY).exists():
        raise StorageError(f"{place} is there and holds no export. Choose another --out.")
    theirs = [file.name for file in files if not OURS.fullmatch(file.name)]
    if theirs:
        raise StorageError(
            f"{place} holds {theirs[0]!r}, which is no file of an export and would go with it. "
            "Move it elsewhere, or choose another --out."
        )
