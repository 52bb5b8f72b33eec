"""A policy as referee: each order is bought once, and what cannot be read is kept with its cost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from annotators.asking import prompt_id
from annotators.comparing import AskedPolicy
from annotators.judges.pairwise import messages
from stepmark.engines.protocol import Sampling
from stepmark.errors import ContextOverflow
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.purchase import Meter, Purchase
from stepmark.records import Comparison
from tests.fakes.factories import FakeEngine, a_completion, a_problem, an_identity, run

PROBLEM = a_problem()
BEFORE = ("one\n",)


def compared(folder: Path, engine: FakeEngine) -> Comparison:
    with closing(Ledger(folder)) as ledger:
        policy = Policy(identity=an_identity(), purchase=Purchase(engine, ledger, "po_0", Meter()))
        referee = AskedPolicy(problem=PROBLEM, policy=policy, sampling=Sampling(temperature=0))
        return run(referee.compare(BEFORE, "x\n", "y\n"))


def says(text: str, **changes) -> FakeEngine:
    return FakeEngine(writes=lambda _, draw: a_completion(draw, text, **changes))


def test_the_first_candidate_is_shown_as_a(tmp_path):
    engine = says("Because.\nBetter: B")
    comparison = compared(tmp_path, engine)
    assert engine.asked[0].prompt.messages == messages(PROBLEM.statement, BEFORE, "x\n", "y\n")
    assert (comparison.first, comparison.second, comparison.preferred) == ("x\n", "y\n", "B")
    assert (comparison.position, comparison.prompt) == (1, prompt_id("pairwise"))
    assert comparison.reason is None


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        (says("Both are fine."), "no_verdict"),
        (says("Better: A", finish_reason="length"), "cut_by_length"),
        (says("", finish_reason="failed", reason="refusal"), "refusal"),
        (FakeEngine(leaves_out=lambda *_: True), "undelivered"),
        (FakeEngine(fails=lambda _: ContextOverflow("too long")), "context_overflow"),
    ],
)
def test_a_reply_that_says_nothing_has_its_reason(tmp_path, engine, reason):
    comparison = compared(tmp_path, engine)
    assert (comparison.preferred, comparison.reason) == (None, reason)


def test_an_unreadable_reply_is_kept_with_its_cost(tmp_path):
    comparison = compared(tmp_path, says("Both are fine."))
    assert comparison.text == "Both are fine."
    assert (comparison.prompt_tokens, comparison.completion_tokens) == (7, 3)


def test_a_comparison_is_bought_once(tmp_path):
    first = compared(tmp_path, says("Better: A"))
    again = says("Better: B")
    assert compared(tmp_path, again) == first
    assert not again.asked
