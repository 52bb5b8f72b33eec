"""`report.html`: one page about a build that needs nothing else, written when a build finishes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from filters.consensus import CONSENSUS
from flows.agreeing import pairs
from flows.agreement_figures import agreement
from flows.readable import shown
from stepmark.errors import StorageError
from stepmark.records import Annotation, Solution
from storage.atomic import write_text_whole
from storage.manifest import Manifest, read_manifest
from storage.pages.figure import Section
from storage.pages.page import fitting, page, part
from storage.report import sections
from storage.report.calibrated import calibrations
from storage.report.choice import choose
from storage.report.said import Said, read_said
from storage.shards import read_table

REPORT: Final = "report.html"


def report(root: Path) -> Path:
    """Write the report of a finished build again; return its path.

    Raises:
        StorageError: the build is not finished, or a shard is missing or damaged.
    """
    manifest = read_manifest(root)
    if manifest is None:
        raise StorageError(f"{root} holds no finished build: run the build command again first.")
    return write_report(root, manifest)


def write_report(root: Path, manifest: Manifest) -> Path:
    """Write the report of a build whose shards a manifest lists; return its path."""
    said, chosen = read_labels(root, manifest)
    outcomes = _outcomes(root, manifest)
    kinds = choose(said, chosen, outcomes)
    found = shown(root, manifest, kinds)
    solutions, left_out = fitting(
        part("solution.html", "solution", found[each], why) for each, why in kinds.items()
    )
    everybody = said if any(each is chosen for each in said) else [*said, chosen]
    text = page(
        "report.html",
        scripts=("report.js",),
        manifest=manifest,
        recipe=(root / "recipe.yaml").read_text(encoding="utf-8"),
        facts=sections.facts(manifest),
        sections=_sections(everybody, chosen, outcomes, manifest),
        solutions=solutions,
        shown=len(solutions),
        left_out=left_out,
        total=sum(manifest.counts["solutions"].values()),
    )
    write_text_whole(root / REPORT, text)
    return root / REPORT


def read_labels(root: Path, manifest: Manifest) -> tuple[list[Said], Said]:
    """Return what every annotator says, and what the data's labels are, perhaps a consensus."""
    said = [
        read_said(root, stage.partition("/")[2], (ref.path for ref in refs))
        for stage, refs in manifest.shards.items()
        if stage.startswith("annotations/")
    ]
    name = _labelled_by(root, manifest)
    own = next((each for each in said if each.annotator == name), None)
    paths = (ref.path for ref in manifest.shards.get("labels", ()))
    return said, own or read_said(root, name, paths)


def _sections(
    said: Sequence[Said], chosen: Said, outcomes: pa.Array, manifest: Manifest
) -> list[Section]:
    found = (
        sections.labels(said, manifest),
        sections.errors(said),
        sections.values(said, outcomes),
        agreement([each.annotator for each in said], pairs(said)),
        calibrations(said, chosen.annotator, outcomes),
        sections.costs(said, manifest),
        sections.dropped(manifest),
    )
    return [section for section in found if section is not None]


def _labelled_by(root: Path, manifest: Manifest) -> str:
    for ref in manifest.shards.get("labels", ()):
        names = read_table(root / ref.path, Annotation, ["annotator"])["annotator"].unique()
        if len(names):
            return str(names[0])
    return CONSENSUS


def _outcomes(root: Path, manifest: Manifest) -> pa.Array:
    refs = manifest.shards.get("solutions", ())
    tables = [read_table(root / ref.path, Solution, ["outcome"]) for ref in refs]
    return pa.concat_tables(tables)["outcome"].combine_chunks()
