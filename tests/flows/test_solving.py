"""Solving a problem: rounds, quotas, several policies, and rows for what is left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flows import solving
from flows.recipe_file import parse_recipe
from flows.worker import Progress
from stepmark.engines.protocol import Completion, Engine, Request
from stepmark.grading import Grader
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.purchase import Meter, Purchase
from stepmark.records import Solution
from storage.rows import Dropped
from tests.fakes.factories import FakeEngine, a_completion, a_problem, an_identity, run
from tests.flows.arrange import recipe_text

QUICK = a_problem("quick")


def a_worker(engine: Engine, ledger: Ledger) -> Any:
    policy = Policy(identity=an_identity(), purchase=Purchase(engine, ledger, "po_0", Meter()))
    return SimpleNamespace(policies={"solver": policy}, grader=Grader(), progress=Progress())


class Stingy:
    """Leaves out every draw but the first, however often it is asked."""

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        text = "Step 1: x.\nStep 2: the answer is 41."
        return tuple(a_completion(draw, text) for draw in request.draws if draw == 0)


def test_a_solution_that_the_server_leaves_out_is_a_dropped_row(tmp_path):
    recipe = parse_recipe(json.loads(recipe_text(max_failed_share=1.0)), "a test")
    ledger = Ledger(tmp_path)

    solved = run(solving.solve(QUICK, recipe, a_worker(Stingy(), ledger)))
    ledger.close()
    assert [solution.draw for solution in solved.solutions] == [0]
    assert [(drop.solution_id, drop.reason) for drop in solved.dropped] == [(None, "undelivered")]


RIGHT, WRONG = (f"Step 1: x.\nStep 2: the answer is {answer}." for answer in (42, 41))
ENDS: dict[str, dict[str, Any]] = {
    "C": {"text": RIGHT},
    "I": {"text": WRONG},
    "?": {"text": "Step 1: who", "finish_reason": "length"},
}


def ending(outcomes: str) -> FakeEngine:
    """A policy whose draws end so, over and over."""
    return FakeEngine(writes=lambda _, draw: a_completion(**ENDS[outcomes[draw % len(outcomes)]]))


def solve(
    folder: Path, engines: Sequence[FakeEngine], **how: Any
) -> tuple[tuple[Solution, ...], tuple[Dropped, ...]]:
    """Solve one problem with policies named p0, p1 and so on."""
    names = [f"p{number}" for number in range(len(engines))]
    plain = json.loads(recipe_text(annotators__mc__policy="p0"))
    plain["policies"] = {name: {"engine": "openai", "model": name} for name in names}
    plain["solve"] |= {"policy": names, **how}
    recipe = parse_recipe(plain, "a test")
    ledger = Ledger(folder)
    policies = {}
    for name, engine in zip(names, engines, strict=True):
        identity = an_identity(model=name)
        purchase = Purchase(engine, ledger, identity.id, Meter())
        policies[name] = Policy(identity=identity, purchase=purchase)

    worker: Any = SimpleNamespace(policies=policies, grader=Grader(), progress=Progress())
    solved = run(solving.solve(QUICK, recipe, worker))
    ledger.close()
    return solved


def told(solutions: Sequence[Solution]) -> list[tuple[int, str]]:
    return [(solution.draw, solution.outcome) for solution in solutions]


QUOTA = {"correct": 1, "incorrect": 2, "max_draws": 10}


def test_a_problem_is_drawn_on_until_its_quota_is_full(tmp_path):
    engine = ending("CCCCICCICC")
    kept, dropped = solve(tmp_path, [engine], samples=4, quota=QUOTA)
    assert engine.draws == [(0, 1, 2, 3), (4, 5, 6, 7)]
    assert told(kept) == [(0, "correct"), (4, "incorrect"), (7, "incorrect")]
    assert [drop.reason for drop in dropped] == ["surplus"] * 5
    assert all(drop.solution_id for drop in dropped)


def test_a_quota_that_is_full_at_once_costs_nothing_more(tmp_path):
    engine = ending("CIIC")
    solve(tmp_path, [engine], samples=4, quota=QUOTA)
    assert engine.draws == [(0, 1, 2, 3)]


def test_drawing_on_ends_at_the_bound_and_what_is_there_is_kept(tmp_path):
    engine = ending("CCCCICCCCC")
    kept, _ = solve(tmp_path, [engine], samples=4, quota=QUOTA)
    assert engine.draws == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]
    assert told(kept) == [(0, "correct"), (4, "incorrect")]


def test_a_rerun_of_a_quota_asks_nobody_and_keeps_the_same(tmp_path):
    first, second = ending("CCCCICCICC"), ending("C")
    kept = solve(tmp_path, [first], samples=4, quota=QUOTA)
    assert solve(tmp_path, [second], samples=4, quota=QUOTA) == kept
    assert second.asked == []


def test_the_solve_rate_is_of_the_first_round_whatever_is_drawn_later(tmp_path):
    kept, _ = solve(tmp_path, [ending("CCCI" + "I" * 6)], samples=4, quota=QUOTA)
    assert {(s.solve_rate, s.difficulty) for s in kept} == {(0.75, 1)}


def test_a_problem_out_of_bounds_is_dropped_with_its_rate_and_not_drawn_on(tmp_path):
    engine = ending("CCCI")
    bounds = {"solve_rate": [0.2, 0.5], "quota": {**QUOTA, "incorrect": 5}}
    kept, dropped = solve(tmp_path, [engine], samples=4, **bounds)
    assert kept == ()
    told = [(d.problem_id, d.solution_id, d.reason, d.solve_rate) for d in dropped]
    assert told == [(QUICK.id, None, "too_easy", 0.75)]
    assert engine.draws == [(0, 1, 2, 3)]


def test_both_outcomes_are_looked_for_among_all_that_was_drawn(tmp_path):
    """The first round alone would call this problem always solved."""
    wanted = {"samples": 4, "keep": "both_outcomes"}
    kept, _ = solve(tmp_path / "a", [ending("CCCCI")], quota=QUOTA, **wanted)
    assert {solution.outcome for solution in kept} == {"correct", "incorrect"}
    kept, dropped = solve(tmp_path / "b", [ending("C")], quota=QUOTA, **wanted)
    assert kept == ()
    assert [(drop.reason, drop.solve_rate) for drop in dropped] == [("always_solved", 1.0)]


def test_attempts_that_cannot_be_graded_do_not_fill_a_quota(tmp_path):
    kept, dropped = solve(tmp_path, [ending("C?II")], samples=4, quota=QUOTA)
    assert told(kept) == [(0, "correct"), (2, "incorrect"), (3, "incorrect")]
    assert [drop.reason for drop in dropped] == ["unknown_outcome"]


def test_a_round_that_gives_nothing_is_the_last(tmp_path):
    engine = FakeEngine(
        writes=lambda _, draw: a_completion(draw, RIGHT), leaves_out=lambda _, draw: draw >= 4
    )
    kept, dropped = solve(tmp_path, [engine], samples=4, quota=QUOTA)
    assert told(kept) == [(0, "correct")]
    assert max(draw for asked in engine.draws for draw in asked) == 7
    assert [drop.reason for drop in dropped].count("undelivered") == 4


def test_several_policies_write_as_many_each_and_every_step_has_its_writer(tmp_path):
    engines = [ending("C"), ending("I")]
    kept, _ = solve(tmp_path, engines, samples=2)
    assert [engine.draws for engine in engines] == [[(0, 1)], [(0, 1)]]
    writers = [an_identity(model=name).id for name in ("p0", "p1")]
    assert [solution.policy for solution in kept] == writers * 2
    assert told(kept) == [(0, "correct"), (0, "incorrect"), (1, "correct"), (1, "incorrect")]
    assert [s.step_policies for s in kept] == [(writer,) * 2 for writer in writers * 2]
    assert {solution.solve_rate for solution in kept} == {0.5}


def test_a_quota_is_filled_by_draw_and_then_by_policy(tmp_path):
    quota = {"correct": 3, "incorrect": 1, "max_draws": 4}
    kept, _ = solve(tmp_path, [ending("CC"), ending("CI")], samples=2, quota=quota)
    assert told(kept) == [(0, "correct"), (0, "correct"), (1, "correct"), (1, "incorrect")]
    assert len({solution.id for solution in kept}) == 4


def test_solutions_without_a_verdict_leave_the_rate_unknown(tmp_path):
    kept, _ = solve(tmp_path, [ending("C???")], samples=4)
    assert [(s.solve_rate, s.difficulty) for s in kept] == [(None, None)] * 4


def test_draws_that_a_server_never_delivered_leave_the_rate_unknown(tmp_path):
    engine = FakeEngine(
        writes=lambda _, draw: a_completion(draw, RIGHT), leaves_out=lambda _, draw: draw > 0
    )
    kept, _ = solve(tmp_path, [engine], samples=8)
    assert [s.solve_rate for s in kept] == [None]
