"""`report.html`: one page about a build that needs nothing else, written when a build finishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
from markupsafe import Markup

from filters.consensus import CONSENSUS
from flows.agreeing import Pair, pairs
from flows.readable import Shown, shown
from stepmark.errors import StorageError
from stepmark.records import Annotation, Solution
from storage.atomic import write_text_whole
from storage.manifest import Manifest, read_manifest
from storage.pages.charts import matrix
from storage.pages.figure import Figure, Section
from storage.pages.page import page, part
from storage.report import sections
from storage.report.choice import choose
from storage.report.said import Said, read_said
from storage.shards import read_table

REPORT: Final = "report.html"
MOST: Final = 6_000_000
"""Characters of solutions on a page: of those chosen, the ones that fit are shown."""


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
    solutions, left_out = _solutions(kinds, shown(root, manifest, kinds))
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


def agreement(said: Sequence[Said]) -> Section | None:
    """Return how far annotators agree, as a matrix and pair by pair; None for a single one."""
    found = pairs(said)
    if not found:
        return None
    figures = [_kappas([each.annotator for each in said], found), _first_errors(found)]
    about = (
        "Agreement beyond chance on the steps that both of a pair label, and whether they name the "
        "same first error. 1 is full agreement, 0 what chance gives."
    )
    return Section(id="agreement", title="Agreement", about=about, figures=figures)


def _sections(
    said: Sequence[Said], chosen: Said, outcomes: pa.Array, manifest: Manifest
) -> list[Section]:
    found = (
        sections.labels(said, manifest),
        sections.errors(said),
        sections.values(said, outcomes),
        agreement(said),
        sections.calibrations(said, chosen.annotator, outcomes),
        sections.costs(said, manifest),
        sections.dropped(manifest),
    )
    return [section for section in found if section is not None]


def _kappas(names: Sequence[str], found: Sequence[Pair]) -> Figure:
    kappa: dict[tuple[str, str], float | None] = {(name, name): 1.0 for name in names}
    for each in found:
        kappa[each.one, each.other] = kappa[each.other, each.one] = each.kappa
    return Figure(
        title="Cohen's kappa",
        chart=matrix(
            "Cohen's kappa of every two annotators",
            names,
            [[kappa[one, other] for other in names] for one in names],
        ),
        header=("pair", "kappa", "steps that both label"),
        rows=[
            (f"{each.one} and {each.other}", _figure(each.kappa), f"{each.steps:,}")
            for each in found
        ],
    )


def _first_errors(found: Sequence[Pair]) -> Figure:
    return Figure(
        title="First errors, in solutions",
        hint="Earlier: it names an error where the other finds one later, or none.",
        header=("pair", "same", "first earlier", "second earlier", "one says nothing"),
        rows=[
            (
                f"{each.one} and {each.other}",
                *(f"{n:,}" for n in (each.same, each.one_earlier, each.other_earlier, each.silent)),
            )
            for each in found
        ],
    )


def _figure(kappa: float | None) -> str:
    return "undefined" if kappa is None else f"{kappa:.3f}"


def _solutions(
    kinds: Mapping[str, Sequence[str]], found: Mapping[str, Shown]
) -> tuple[list[Markup], int]:
    """Return the solutions as HTML, as many as fit, and how many do not."""
    fitting, size = [], 0
    for identifier, why in kinds.items():
        text = part("solution.html", "solution", found[identifier], why)
        if size + len(text) <= MOST:
            fitting.append(text)
            size += len(text)
    return fitting, len(kinds) - len(fitting)


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
