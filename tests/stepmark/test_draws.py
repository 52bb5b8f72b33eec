from __future__ import annotations

import pytest

from stepmark.draws import Draws, prompt_counted_once
from stepmark.engines.protocol import Sampling
from stepmark.errors import EngineDown, EngineError
from stepmark.grading import Grader
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.prompts import SolvePrompt
from stepmark.purchase import Meter, Purchase
from tests.fakes.factories import (
    FakeEngine,
    FakeGrader,
    a_completion,
    a_problem,
    a_rollout,
    a_solution,
    an_identity,
    run,
)


@pytest.fixture
def ledger(tmp_path):
    kept = Ledger(tmp_path)
    yield kept
    kept.close()


def draws_of(engine, ledger, grader=None) -> Draws:
    identity = an_identity()
    purchase = Purchase(engine, ledger, identity.id, Meter())
    return Draws(
        problem=a_problem(),
        policy=Policy(identity=identity, purchase=purchase),
        ask=SolvePrompt(system=None, user="{problem}"),
        sampling=Sampling(),
        grader=grader or FakeGrader(),  # type: ignore[arg-type]
    )


def test_a_draw_is_graded_together_with_its_prefix(ledger):
    grader = FakeGrader()
    engine = FakeEngine(writes=lambda request, draw: a_completion(draw, "so 42"))
    (draw,) = run(draws_of(engine, ledger, grader).draws("Six sevens: ", 1))
    assert grader.graded == [("Six sevens: so 42", "stop")]
    assert (draw.text, draw.outcome, draw.answer) == ("so 42", "correct", "42")


@pytest.mark.parametrize(
    ("written", "outcome"),
    [("Let me check this ag", "unknown"), ("No, it is \\boxed{42}. Let me ch", "correct")],
)
def test_a_draw_that_was_cut_did_not_give_the_answer_that_its_prefix_states(
    ledger, written, outcome
):
    engine = FakeEngine(
        writes=lambda request, draw: a_completion(draw, written, finish_reason="length")
    )
    (draw,) = run(draws_of(engine, ledger, Grader()).draws("So it is \\boxed{41}.\n\n", 1))
    assert (draw.outcome, draw.text) == (outcome, written)


@pytest.mark.parametrize(
    ("prefix", "written", "outcome"),
    [
        ("Each costs \\boxed{7}.\n\n", "Six cost 42 dollars.", "unknown"),
        ("Each costs \\boxed{7}.\n\n", "The answer is 42.", "unknown"),
        ("Each costs \\boxed{7}.\n\n", "So six cost \\boxed{42}.", "correct"),
        ("All cost \\boxed{42}.\n\n", "So the answer is 42.", "correct"),
        ("All cost \\boxed{42}.\n\n", "This answer is reasonable.", "correct"),
        ("All cost \\boxed{4", "2} dollars.", "correct"),
        ("All cost \\boxed{41}.\n\n", "We are done.", "incorrect"),
    ],
)
def test_a_draw_that_ends_on_another_answer_than_its_prefix_is_unknown(
    ledger, prefix, written, outcome
):
    engine = FakeEngine(writes=lambda request, draw: a_completion(draw, written))
    (draw,) = run(draws_of(engine, ledger, Grader()).draws(prefix, 1))
    assert (draw.outcome, draw.reason) == (
        outcome,
        "ambiguous_answer" if outcome == "unknown" else None,
    )


def test_asking_for_more_buys_the_rest_only(ledger):
    engine = FakeEngine()
    source = draws_of(engine, ledger)
    run(source.draws("a", 4))
    run(source.draws("a", 8))
    assert engine.draws == [(0, 1, 2, 3), (4, 5, 6, 7)]


def test_what_is_not_delivered_is_unknown_with_a_reason(ledger):
    engine = FakeEngine(leaves_out=lambda call, draw: draw == 1)
    draws = run(draws_of(engine, ledger).draws("a", 3))
    assert [draw.draw for draw in draws] == [0, 1, 2]
    assert (draws[1].outcome, draws[1].reason, draws[1].text) == ("unknown", "undelivered", "")


def test_a_request_that_fails_gives_unknown_draws_with_its_reason(ledger):
    engine = FakeEngine(fails=lambda call: EngineError("no", reason="refused"))
    draws = run(draws_of(engine, ledger).draws("a", 2))
    assert [(draw.outcome, draw.reason) for draw in draws] == [("unknown", "refused")] * 2


def test_a_server_that_is_gone_ends_the_work(ledger):
    engine = FakeEngine(fails=lambda call: EngineDown("gone"))
    with pytest.raises(EngineDown):
        run(draws_of(engine, ledger).draws("a", 2))


def test_the_tokens_of_a_prompt_are_counted_once():
    rollouts = [a_rollout(a_solution(), 1, 0, "correct") for _ in range(3)]
    assert [r.prompt_tokens for r in prompt_counted_once(rollouts)] == [10, 0, 0]
