"""The dataset card: README.md of a build, readable by people, the Hub and `load_dataset`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from stepmark.ids import content_id
from storage.manifest import Manifest
from storage.rows import LabelledSolution
from storage.schema import field_docs

SEMANTICS = {
    "potential": (
        "`potential`: a step is `correct` if the reference answer can still be reached from the "
        "prefix that ends with it. Score whole solutions by the last step."
    ),
    "correctness": (
        "`correctness`: a step is `correct` if it is itself right. Score whole solutions by the "
        "product or the minimum."
    ),
    "local": (
        "`local`: a step is `correct` if it follows from its premises, right or wrong. "
        "Score whole solutions by the minimum."
    ),
}


def card(manifest: Manifest, recipe_yaml: str, semantics: str) -> str:
    """Return the card's Markdown: Hub front matter, what the rows are, how they were made."""
    made_by = f"Made with Stepmark {manifest.stepmark}."
    fence = _fence(recipe_yaml)
    return "\n".join(
        [
            *_front_matter(manifest),
            f"# {manifest.name}",
            "",
            f"Solutions to problems, split into steps, with a label on every step. {made_by}",
            "",
            "## What the labels claim",
            "",
            SEMANTICS[semantics],
            "`unlabelled` means unknown, never wrong.",
            "",
            "## What is in it",
            "",
            *_table("Rows", manifest.counts["rows"]),
            *_table("Solutions by outcome", manifest.counts["solutions"]),
            *(
                line
                for name, verdicts in manifest.counts["verdicts"].items()
                for line in _table(f"Step verdicts of `{name}`", verdicts)
            ),
            *(
                line
                for kind in ("critiques", "comparisons")
                for name, reasons in manifest.counts[kind].items()
                for line in _table(f"Replies of `{name}`, read or why not", reasons)
            ),
            *_agreement(manifest.agreement),
            *_table("Dropped, by reason", manifest.counts["dropped"]),
            *_table("Rejected rows of the source, by reason", manifest.counts["rejected"]),
            "## Columns",
            "",
            *(f"- `{name}`: {text}" for name, text in field_docs(LabelledSolution).items()),
            "",
            "## Recipe",
            "",
            f"Fingerprint `{manifest.recipe}`.",
            "",
            f"{fence}yaml",
            recipe_yaml.rstrip(),
            fence,
            "",
        ]
    )


def _fence(text: str) -> str:
    """Return a run of backticks longer than any in the text: a recipe's prompts may hold some."""
    return "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 0)


def _front_matter(manifest: Manifest) -> list[str]:
    splits = [
        line
        for split in manifest.counts["rows"]
        if manifest.shards[f"data/{split}"]  # a pattern that matches no file breaks load_dataset
        for line in (f"  - split: {split}", f"    path: data/{split}-*.parquet")
    ]
    return [
        "---",
        f"pretty_name: {json.dumps(manifest.name)}",
        "tags: [process-reward-model, stepmark]",
        "configs:",
        "- config_name: default",
        # load_dataset keeps what it read by the front matter and the folder's name alone: without
        # this, a build that was labelled anew would be read as of old.
        f"  description: {_digest(manifest)}",
        "  data_files:",
        *splits,
        "---",
        "",
    ]


def _digest(manifest: Manifest) -> str:
    """Return a hash of the data shards."""
    data = {name: refs for name, refs in manifest.shards.items() if name.startswith("data/")}
    return content_id("da", [ref.sha256 for refs in data.values() for ref in refs])


def _agreement(agreement: Mapping[str, Any] | None) -> list[str]:
    if agreement is None:
        return []
    figures = {"Krippendorff's alpha": agreement["alpha"]}
    figures |= {f"kappa, {pair}": kappa for pair, kappa in agreement["kappa"].items()}
    said = {name: "undefined" if value is None else value for name, value in figures.items()}
    return _rows("Agreement on steps, beyond chance", said)


def _table(title: str, counts: Mapping[str, int]) -> list[str]:
    return _rows(title, {name: f"{count:,}" for name, count in counts.items()})


def _rows(title: str, cells: Mapping[str, object]) -> list[str]:
    if not cells:
        return []
    rows = [f"| {name} | {cell} |" for name, cell in cells.items()]
    return [f"| {title} | |", "|---|---:|", *rows, ""]
