"""The front matter of a card: what the Hub's viewer and `load_dataset` read.

The labels are the config `default`; each export is a config of its format's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFacts:
    """What a card says of an export, as its `export.json` has it."""

    format: str
    """Its format, and its folder below `export/`."""
    rows: Mapping[str, int]
    """Rows by split."""
    left_out: Mapping[str, int]
    """What it leaves out, and how much of it there was."""
    suffix: str
    """Ending of its files, `parquet` or `jsonl`."""
    digest: str
    """Hash of its files."""


def front_matter(
    manifest: Manifest, exports: Sequence[ExportFacts], licence: str | None
) -> list[str]:
    """Return the lines of the YAML between dashes."""
    rows = {
        split: count
        for split, count in manifest.counts["rows"].items()
        if manifest.shards[f"data/{split}"]
    }
    return [
        "---",
        f"pretty_name: {json.dumps(manifest.name)}",
        *([f"license: {json.dumps(licence)}"] if licence else []),
        "tags: [process-reward-model, stepmark]",
        "configs:",
        *_config("default", manifest.data_digest, rows, "data/{split}-*.parquet"),
        *(
            line
            for export in exports
            if any(export.rows.values())
            for line in _config(
                export.format,
                export.digest,
                [split for split, count in export.rows.items() if count],
                f"export/{export.format}/{{split}}-[0-9]*.{export.suffix}",
            )
        ),
        "---",
        "",
    ]


def _config(name: str, digest: str, splits: Iterable[str], pattern: str) -> list[str]:
    """Return a config; `splits` have files, as a pattern that matches none breaks load_dataset."""
    return [
        f"- config_name: {name}",
        # load_dataset keeps what it read by the front matter and the folder's name alone: without
        # this, a build that was labelled anew would be read as of old.
        f"  description: {digest}",
        "  data_files:",
        *(
            line
            for split in splits
            for line in (f"  - split: {split}", f"    path: {pattern.format(split=split)}")
        ),
    ]
