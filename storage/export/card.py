"""The README.md of an export: its splits as `load_dataset` and the Hub read them, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from storage.schema import field_docs

_FRONT: Final = ("---", "configs:", "- config_name: default")


def export_card(
    name: str,
    record: type,
    pattern: str,
    *,
    rows: Mapping[str, int],
    unsaid: Mapping[str, int],
    digest: str,
) -> str:
    """Return the card's Markdown.

    Args:
        name: of the format.
        record: class of its rows.
        pattern: of the names of a split's files, after the split's.
        rows: by split.
        unsaid: what is left out, by what it is.
        digest: of the files. `load_dataset` keeps what it read by the front matter and the folder's
            name alone, so that without it an export that was written anew would be read as of old.
    """
    splits = [
        line
        for split, count in rows.items()
        if count  # a pattern that matches no file breaks load_dataset
        for line in (f"  - split: {split}", f"    path: {split}{pattern}")
    ]
    return "\n".join(
        [
            *([*_FRONT, f"  description: {digest}", "  data_files:"] if splits else []),
            *([*splits, "---", ""] if splits else []),
            f"# {name}",
            "",
            *(f"- `{column}`: {text}" for column, text in field_docs(record).items()),
            "",
            *(["Left out:", ""] if unsaid else []),
            *(f"- {count:,} {what}" for what, count in unsaid.items()),
            "",
        ]
    )
