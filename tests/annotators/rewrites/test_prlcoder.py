"""A teacher's rewrites: what it is asked, and what is read from its replies."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotators.rewrites import NewStep, PrlCoder
from annotators.rewrites.prlcoder import read_line
from stepmark.errors import EngineError
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.purchase import Meter, Purchase
from tests.fakes.factories import FakeEngine, a_completion, a_problem, a_solution, an_identity, run

SOLUTION = a_solution(["def f(x):\n", "    # Twice.\n    return 2 * x\n"])


def teacher(folder: Path, engine: FakeEngine) -> Policy:
    identity = an_identity()
    purchase = Purchase(engine, Ledger(folder), identity.id, Meter())
    return Policy(identity=identity, purchase=purchase)


def rewritten(folder: Path, engine: FakeEngine, **changes) -> tuple[tuple[NewStep, ...], list[str]]:
    rewrite = PrlCoder(method="prlcoder", policy="teacher", **changes)
    work = rewrite.rewrites(a_problem(), SOLUTION, {"teacher": teacher(folder, engine)})
    steps, lost = run(work)
    return steps, list(lost)


@pytest.mark.parametrize(
    ("reply", "step"),
    [
        ("```python\nreturn 3 * x\n```", "    # Twice.\n    return 3 * x\n"),
        ("So:\n```\n        return x\n```\nDone.", "    # Twice.\n    return x\n"),
        (
            "```python\nif x:\n    return x\n```",
            "    # Twice.\n    if x:\n        return x\n",
        ),
        ("return 3 * x", None),
        ("```python\n\n```", None),
        ("```python\nreturn 3 * x", None),
        ("```python\na\n```\n```python\nb\n```", None),
    ],
)
def test_the_new_line_stands_where_the_old_one_stood(reply, step):
    assert read_line(reply, SOLUTION.steps[1]) == step


def test_each_line_is_mutated_and_refactored_by_the_teacher(tmp_path):
    engine = FakeEngine(writes=lambda request, draw: a_completion(draw, f"```python\nx{draw}\n```"))
    steps, lost = rewritten(tmp_path, engine, draws=2)
    assert [(new.step, new.text, new.draw) for new in steps] == [
        *([(0, "x0\n", 0), (0, "x1\n", 1)] * 2),
        *([(1, "    # Twice.\n    x0\n", 0), (1, "    # Twice.\n    x1\n", 1)] * 2),
    ]
    assert lost == []
    asked = [request.prompt.messages[0].content for request in engine.asked]
    assert ["becomes wrong" in text for text in asked] == [True, False] * 2
    assert "1: def f(x):\n    # Twice.\n2:     return 2 * x" in asked[0]
    assert "new line 2 alone" in asked[3]


def test_replies_that_give_no_other_line_are_lost_with_their_reason(tmp_path):
    def writes(request, draw):
        mutation = "becomes wrong" in request.prompt.messages[0].content
        if "new line 1" in request.prompt.messages[0].content:
            return a_completion(draw, "I cannot." if mutation else "```python\ndef f(x):\n```")
        return a_completion(draw, "```", finish_reason="length")

    assert rewritten(tmp_path, FakeEngine(writes=writes)) == (
        (),
        ["unreadable", "unchanged", "cut_by_length", "cut_by_length"],
    )


def test_a_teacher_that_refuses_loses_its_draws(tmp_path):
    engine = FakeEngine(fails=lambda call: EngineError("no", reason="refused"))
    assert rewritten(tmp_path, engine)[1] == ["refused"] * 4
