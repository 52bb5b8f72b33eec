"""The card of a build on disk, written again whenever what it tells of has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from flows.recipe import Recipe, as_yaml
from storage.atomic import write_text_whole
from storage.card import card
from storage.front_matter import ExportFacts
from storage.manifest import Manifest

CARD = "README.md"
EXPORTS = "export"
"""Where exports are below a build's folder."""
SUMMARY = "export.json"
"""What an export holds and what it leaves out; written last."""


def write_card(root: Path, recipe: Recipe, manifest: Manifest) -> None:
    """Write the card of a build with the exports that are of its present labels."""
    exports = tuple(current_exports(root, manifest))
    text = card(manifest, as_yaml(recipe), recipe.semantics, recipe.card, exports)
    write_text_whole(root / CARD, text)


def current_exports(root: Path, manifest: Manifest) -> Iterator[ExportFacts]:
    """Yield what the exports below a build's folder hold, as far as they are of its labels."""
    for path in sorted((root / EXPORTS).glob(f"*/{SUMMARY}")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts.pop("data", None) == manifest.data_digest and facts.pop("recipe", None):
            yield ExportFacts(**facts)
