"""Error rates of a build's annotators: counted on gold, or read off their disagreement."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.rates import as_block, from_disagreement, on_gold
from stepmark.errors import StorageError
from stepmark.gold import Gold
from stepmark.posterior import Confusion
from tests.flows.arrange import build, write_jsonl

pytestmark = pytest.mark.usefixtures("prefect_server")

STEPS = ("One.", "Two.", "Three.")
TRUTH = [index % 4 if index % 4 < 3 else None for index in range(12)]
"""First errors of twelve solutions."""


def gold() -> list[Gold]:
    return [
        Gold(id=str(n), problem=f"P{n}?", steps=STEPS, first_error=error)
        for n, error in enumerate(TRUTH)
    ]


def sees(place: int, error: int | None) -> int:
    return -1 if error is None else error


def overlooks_every_third(place: int, error: int | None) -> int:
    return -1 if error is None or place % 3 == 0 else error


def built(folder: Path, *judges: Callable[[int, int | None], int]) -> Path:
    """Build given solutions with judges that say what these functions do; they count from 0."""
    from annotators.judges import FirstError
    from tests.fakes.factories import a_problem, a_solution

    steps = [step + "\n\n" for step in STEPS[:-1]] + [STEPS[-1]]
    question = FirstError(method="first_error").questions
    names = [f"j{place}" for place in range(len(judges))]
    for name, judge in zip(names, judges, strict=True):
        rows: list[dict[str, Any]] = []
        for place, each in enumerate(gold()):
            problem = a_problem(each.problem)
            (asked,) = question(problem, a_solution(steps, problem=problem))
            said = f"So.\n\\boxed{{{judge(place, each.first_error)}}}"
            user = asked.messages[-1].content
            rows.append({"user": user, "prefix": "", "completions": [said]})
        write_jsonl(folder / f"{name}.jsonl", rows)
    write_jsonl(
        folder / "gold.jsonl", [{"problem": each.problem, "steps": each.steps} for each in gold()]
    )
    judged = {"method": "judge", "judge": {"method": "first_error"}}
    recipe = {
        "name": "rated",
        "solutions": {"path": "gold.jsonl", "statement": "problem", "steps": "steps"},
        "policies": {name: {"engine": "scripted", "model": f"{name}.jsonl"} for name in names},
        "solve": {"policy": names[0]},
        "segment": {"method": "blank_line"},
        "annotators": {name: judged | {"policy": name} for name in names},
        "labels": {"from": names[0]},
    }
    path = folder / "recipe.yaml"
    path.write_text(json.dumps(recipe), encoding="utf-8")
    build(path, folder / "out")
    return folder / "out" / "rated"


def test_rates_are_counted_on_gold(tmp_path):
    found = on_gold(built(tmp_path, sees, overlooks_every_third), gold())
    assert found.solutions == 12
    assert found.rates["j0"].at == pytest.approx((9 + 0.5) / (9 + 1))
    overlooked = sum(error is not None for error in TRUTH[::3])
    assert found.rates["j1"].at == pytest.approx((9 - overlooked + 0.5) / (9 + 1))


def test_without_gold_the_one_who_differs_from_the_others_is_thought_to_err(tmp_path):
    found = from_disagreement(built(tmp_path, sees, sees, overlooks_every_third))
    first, second, third = (found.rates[f"j{place}"] for place in range(3))
    assert first.at == second.at > third.at
    assert max(first.before, third.before) < 0.1


def test_two_annotators_do_not_say_which_of_them_errs(tmp_path):
    with pytest.raises(StorageError, match="at least three are needed"):
        from_disagreement(built(tmp_path, sees, overlooks_every_third))


def test_a_build_of_other_solutions_is_refused(tmp_path):
    other = [Gold(id="0", problem="Another?", steps=STEPS, first_error=None)]
    with pytest.raises(StorageError, match="None of the solutions"):
        on_gold(built(tmp_path, sees), other)


def test_the_block_is_what_a_recipe_takes():
    rates = {"critic": Confusion(before=0.12345, at=0.5, after=0.2)}
    assert as_block(rates) == {"critic": {"before": 0.123, "at": 0.5, "after": 0.2}}
