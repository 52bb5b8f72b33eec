"""Drawing a shard: nobody waits for the solutions of others, and what is drawn is what is asked."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from types import SimpleNamespace
from typing import Any

from flows import stages
from flows.recipe_file import parse_recipe
from flows.worker import Progress
from stepmark.engines.protocol import Completion, Engine, Request
from stepmark.grading import Grader
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.purchase import Meter, Purchase
from tests.fakes.factories import FakeEngine, a_completion, a_problem, an_identity, run
from tests.flows.arrange import recipe_text

QUICK, SLOW = a_problem("quick"), a_problem("slow")


class Held:
    """Solves one problem at once, and the other only after a rollout was asked for."""

    def __init__(self) -> None:
        self.rollout_asked = asyncio.Event()

    async def generate(self, request: Request) -> tuple[Completion, ...]:
        if request.prompt.prefix:
            self.rollout_asked.set()
        elif request.problem_id == SLOW.id:
            await self.rollout_asked.wait()
        return tuple(
            a_completion(draw, "Step 1: x.\nStep 2: the answer is 41.") for draw in request.draws
        )


def a_worker(engine: Engine, ledger: Ledger) -> Any:
    policy = Policy(identity=an_identity(), purchase=Purchase(engine, ledger, "po_0", Meter()))
    return SimpleNamespace(policies={"solver": policy}, grader=Grader(), progress=Progress())


def test_the_rollouts_of_a_solution_start_before_the_shard_is_solved(tmp_path):
    recipe = parse_recipe(json.loads(recipe_text()), "a test")
    ledger = Ledger(tmp_path)

    async def drawn() -> stages.Drawn:
        worker = a_worker(Held(), ledger)
        return await stages.draw([QUICK, SLOW], None, ["mc"], recipe, worker)

    solved, rollouts = run(drawn())
    ledger.close()
    assert [s.problem_id for s in solved.solutions] == [QUICK.id] * 2 + [SLOW.id] * 2
    order = [solution.id for solution in solved.solutions]
    assert list(dict.fromkeys(r.solution_id for r in rollouts["mc"])) == order


def test_a_problem_whose_first_steps_are_all_cut_is_dropped_with_its_reason(tmp_path):
    text = recipe_text(
        solve__search={"method": "self_rewarding"},
        annotators={"preferred": {"method": "preferences"}},
        labels={"from": "preferred"},
    )
    engine = FakeEngine(
        writes=lambda _, draw: a_completion(draw, f"Step 1: x{draw}", finish_reason="length")
    )

    async def drawn(ledger: Ledger) -> stages.Drawn:
        worker = a_worker(engine, ledger)
        recipe = parse_recipe(json.loads(text), "a test")
        return await stages.draw([QUICK], None, ["preferred"], recipe, worker)

    with closing(Ledger(tmp_path)) as ledger:
        solved, comparisons = run(drawn(ledger))
    assert solved.solutions == ()
    assert [(d.problem_id, d.reason) for d in solved.dropped] == [(QUICK.id, "no_candidates")]
    assert comparisons == {"preferred": ()}
