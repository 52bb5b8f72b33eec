"""What a build is said to need."""

from __future__ import annotations

from flows.plan import plan
from flows.recipe import load_recipe
from flows.runtime import Runtime
from tests.flows.arrange import arrange


def test_draws_from_the_bare_problem_are_counted_once_a_problem(tmp_path):
    """Five problems, two solutions each, eight steps guessed: 10 · 7 prefixes and 5 problems."""
    probe = {"method": "exhaustive", "draws": 8, "root": 16}
    recipe, base = load_recipe(str(arrange(tmp_path, annotators__mc__probe=probe)))
    table, _ = plan(recipe, Runtime(out=tmp_path / "out", base=base))
    rows = dict(
        zip(
            table.columns[0].cells,
            zip(*(c.cells for c in table.columns[1:3]), strict=True),
            strict=True,
        )
    )
    assert rows["mc"] == ("75", str(10 * 7 * 8 + 5 * 16))
