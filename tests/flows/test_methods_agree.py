"""A method is in five places; they must agree."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from annotators.injections import Injection
from annotators.judges import Judge
from annotators.probes import Probe
from annotators.rewrites import Rewrite
from annotators.rules import Rule
from annotators.searches import Search
from annotators.verifiers import Verifier
from filters.chain import AnyFilter
from flows.recipe_file import find_recipe, load_recipe, shipped_recipes

ROOT = Path(__file__).parents[2]


def methods_of(union: object) -> list[str]:
    """The `method` literals of a union's members, or of a single class."""
    members = typing.get_args(union) or (union,)
    hints = (typing.get_type_hints(member)["method"] for member in members)
    return [typing.get_args(literal)[0] for literal in hints]


KINDS = {
    "annotators/injections": Injection,
    "annotators/probes": Probe,
    "annotators/searches": Search,
    "annotators/rules": Rule,
    "annotators/judges": Judge,
    "annotators/verifiers": Verifier,
    "annotators/rewrites": Rewrite,
    "filters": AnyFilter,
}
METHODS = {method: kind for kind, union in KINDS.items() for method in methods_of(union)}


@pytest.mark.parametrize("method", METHODS)
def test_a_method_has_module_test_and_row(method):
    kind = METHODS[method]
    module = ROOT / kind / f"{method}.py"
    assert "arXiv" in module.read_text(encoding="utf-8").split('"""')[1]
    assert (ROOT / "tests" / kind / f"test_{method}.py").exists()
    named = f"`{kind.removeprefix('annotators/')}/{method}.py`"
    assert named in (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_is_short_and_says_how_it_is_run(name):
    lines = find_recipe(name).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith(f"# stepmark build {name}")
    assert load_recipe(name)[0].name == name


def test_every_shipped_method_recipe_has_a_row():
    rows = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    for name in set(shipped_recipes()) - {"quickstart"}:
        assert f"`{name}`" in rows
