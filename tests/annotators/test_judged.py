"""Annotation by a judge: replies bought once, read or refused with a reason, put to the vote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotators.asking import prompt_id
from annotators.judged import Judged
from annotators.judges import FirstError, Judge, MetaCritique, RPrm, VersaPrm
from annotators.judges.r_prm import LABEL
from annotators.votes import Votes
from stepmark.engines.protocol import Completion, Request, Sampling
from stepmark.errors import ContextOverflow, EngineDown, StorageError
from stepmark.labels import VERDICTS
from stepmark.ledger import Ledger
from stepmark.policy import Policy
from stepmark.purchase import Meter, Purchase
from stepmark.records import Annotation, Critique, Problem, Solution, Verdict
from stepmark.replies import CUT
from storage.labels import annotation_table
from tests.fakes.columns import records_from, table_from
from tests.fakes.factories import (
    FakeEngine,
    a_completion,
    a_problem,
    a_solution,
    an_identity,
    run,
)

PROBLEM = a_problem()
SOLUTION = a_solution(["a", "b", "c"])


def a_judged(judge: Judge | None = None, votes: Votes | None = None) -> Judged:
    return Judged(
        method="judge",
        policy="judge",
        judge=judge or FirstError(method="first_error"),
        votes=votes or Votes(),
        sampling=Sampling(temperature=0.7),
    )


def gather(
    folder: Path,
    judged: Judged,
    engine: FakeEngine,
    *,
    problem: Problem = PROBLEM,
    solution: Solution = SOLUTION,
) -> tuple[Critique, ...]:
    with closing(Ledger(folder)) as ledger:
        policy = Policy(identity=an_identity(), purchase=Purchase(engine, ledger, "po_0", Meter()))
        return run(judged.gather(problem, solution, policy))


def says(*texts: str) -> FakeEngine:
    return FakeEngine(writes=lambda _, draw: a_completion(draw, texts[draw]))


def writes(completion: Callable[[Request, int], Completion]) -> FakeEngine:
    return FakeEngine(writes=completion)


def annotate(
    judged: Judged, critiques: Sequence[Critique], solutions: Sequence[Solution] = (SOLUTION,)
) -> tuple[Annotation, ...]:
    """Label as a build does, through columns and back."""
    written = table_from(Solution, solutions)
    labels = judged.annotate(written, table_from(Critique, critiques))
    return records_from(Annotation, annotation_table("judge", written, labels))


def test_a_reply_is_read_kept_and_counted(tmp_path):
    (critique,) = gather(tmp_path, a_judged(), says("Look: \\boxed{1}"))
    assert critique.verdicts == ("correct", "incorrect", "unlabelled")
    assert critique.text == "Look: \\boxed{1}"
    assert critique.prompt == prompt_id("first_error")
    (annotation,) = annotate(a_judged(), [critique])
    assert annotation.verdicts == critique.verdicts
    assert annotation.first_error == 1
    assert annotation.semantics == "correctness"
    assert (annotation.rollouts, annotation.requests) == (1, 1)
    assert (annotation.prompt_tokens, annotation.completion_tokens) == (7, 2)


def test_a_structured_judge_has_the_server_hold_its_replies(tmp_path):
    engine = says('{"analysis": "so", "first_error": 1}')
    judge = FirstError(method="first_error", structured=True)
    (critique,) = gather(tmp_path, a_judged(judge), engine)
    (question,) = judge.questions(PROBLEM, SOLUTION)
    assert [request.schema for request in engine.asked] == [question.schema]
    assert critique.verdicts == ("correct", "incorrect", "unlabelled")
    assert critique.prompt == prompt_id("first_error_json")


def test_a_reply_that_cannot_be_read_is_unlabelled_and_costs_all_the_same(tmp_path):
    critiques = gather(tmp_path, a_judged(), says("I cannot say."))
    assert [critique.reason for critique in critiques] == ["no_verdict"]
    (annotation,) = annotate(a_judged(), critiques)
    assert [label.reason for label in annotation.labels] == ["unreadable"] * 3
    assert annotation.completion_tokens == 3


def test_a_reply_that_was_cut_is_not_read_whatever_stands_in_it(tmp_path):
    cut = writes(lambda _, draw: a_completion(draw, "\\boxed{1}", finish_reason="length"))
    (critique,) = gather(tmp_path, a_judged(), cut)
    assert (critique.reason, critique.verdicts) == (CUT, ())


def test_failures_of_the_server_are_data_with_their_reason(tmp_path):
    engine = FakeEngine(fails=lambda _: ContextOverflow("too long"))
    critiques = gather(tmp_path, a_judged(votes=Votes(n=2)), engine)
    assert [critique.reason for critique in critiques] == ["context_overflow"] * 2
    assert sum(critique.prompt_tokens for critique in critiques) == 0


def test_a_draw_that_is_left_out_is_no_vote(tmp_path):
    engine = FakeEngine(
        leaves_out=lambda _, draw: draw == 0,
        writes=lambda _, draw: a_completion(draw, "\\boxed{-1}"),
    )
    judged = a_judged(votes=Votes(n=2, rule="union"))
    critiques = gather(tmp_path, judged, engine)
    assert [critique.reason for critique in critiques] == ["undelivered", None]
    assert [critique.prompt_tokens for critique in critiques] == [0, 7]
    assert annotate(judged, critiques)[0].verdicts == ("correct",) * 3


def test_a_server_that_is_down_stops_the_build(tmp_path):
    with pytest.raises(EngineDown):
        gather(tmp_path, a_judged(), FakeEngine(fails=lambda _: EngineDown("gone")))


def test_nothing_is_bought_twice(tmp_path):
    gather(tmp_path, a_judged(votes=Votes(n=2)), says("\\boxed{1}", "\\boxed{2}"))
    more = FakeEngine(writes=lambda _, draw: a_completion(draw, "\\boxed{0}"))
    gather(tmp_path, a_judged(votes=Votes(n=3)), more)
    assert more.draws == [(2,)]


def test_a_judge_of_single_steps_is_asked_about_each(tmp_path):
    def answers(request: Request, draw: int) -> Completion:
        wrong = "<step_1>\nb" in request.prompt.messages[-1].content.rpartition("examine:")[2]
        return a_completion(draw, f"{LABEL} {'No' if wrong else 'Yes'}")

    judged = a_judged(RPrm(method="r_prm"))
    critiques = gather(tmp_path, judged, writes(answers))
    assert [critique.first for critique in critiques] == [0, 1, 2]
    (annotation,) = annotate(judged, critiques)
    assert annotation.verdicts == ("correct", "incorrect", "correct")
    assert annotation.requests == 3


def test_without_the_reference_answer_it_needs_a_judge_says_nothing(tmp_path):
    judged = a_judged(VersaPrm(method="versaprm"))
    engine = FakeEngine()
    critiques = gather(tmp_path, judged, engine, problem=a_problem(reference=None))
    assert (critiques, engine.asked) == ((), [])
    (annotation,) = annotate(judged, critiques)
    assert annotation.reason == "no_reference"
    assert set(annotation.verdicts) == {"unlabelled"}


def test_critiques_may_come_in_any_order_and_solutions_of_any_length(tmp_path):
    judged = a_judged(votes=Votes(n=2, rule="union"))
    other = a_solution(["x"])
    mine = gather(tmp_path, judged, says("\\boxed{2}", "\\boxed{1}"))
    theirs = gather(tmp_path, judged, says("\\boxed{-1}", "?"), solution=other)
    shuffled = [theirs[1], mine[1], theirs[0], mine[0]]
    first, second = annotate(judged, shuffled, [other, SOLUTION])
    assert first.verdicts == ("correct",)
    assert second.verdicts == ("correct", "incorrect", "incorrect")


def test_critiques_of_another_build_are_refused(tmp_path):
    critiques = gather(tmp_path, a_judged(), says("\\boxed{2}"))
    with pytest.raises(StorageError, match="1 critiques are of no solution"):
        annotate(a_judged(), critiques, [a_solution(["x"])])


def test_many_votes_at_temperature_nought_are_refused():
    with pytest.raises(ValueError, match="one reply 4 times"):
        Judged(method="judge", policy="p", judge=FirstError(method="first_error"), votes=Votes(n=4))


TURNS = (
    "it looks fine",
    "step 1 is not",
    "Verdicts:\nstep_0: correct\nstep_1: incorrect\nstep_2: correct",
)


def in_turn(request: Request, draw: int) -> Completion:
    """Say what belongs to the turn; the second vote never gets beyond its first."""
    asked = request.prompt.messages[-1].content
    turn = ("<verification>" in asked) + ("<critique>" in asked)
    cut = "length" if (draw, turn) == (1, 0) else "stop"
    return a_completion(draw, TURNS[turn], finish_reason=cut)


def test_a_conversation_is_one_vote_with_the_turns_before_it_kept_and_all_of_them_paid(tmp_path):
    judged = a_judged(MetaCritique(method="meta_critique"), Votes(n=2, quorum=0.5))
    engine = writes(in_turn)
    whole, cut = gather(tmp_path, judged, engine)
    assert (whole.earlier, whole.text, whole.turns) == (TURNS[:2], TURNS[2], 3)
    assert whole.verdicts == ("correct", "incorrect", "correct")
    assert (cut.reason, cut.text, cut.turns) == (CUT, TURNS[0], 1)
    assert sorted(request.draws for request in engine.asked) == [(0,), (0,), (0,), (1,)]
    (annotation,) = annotate(judged, [whole, cut])
    assert annotation.first_error == 1
    assert (annotation.rollouts, annotation.requests) == (4, 3)
    assert annotation.prompt_tokens == 3 * 7
    assert annotation.completion_tokens == sum(len(text.split()) for text in (*TURNS, TURNS[0]))


def test_a_conversation_is_held_again_from_the_ledger(tmp_path):
    judged = a_judged(MetaCritique(method="meta_critique"))
    first = gather(tmp_path, judged, writes(in_turn))
    nobody = FakeEngine(fails=lambda _: EngineDown("nobody"))
    assert gather(tmp_path, judged, nobody) == first


def test_a_conversation_that_loses_a_turn_says_why(tmp_path):
    engine = FakeEngine(
        writes=in_turn, fails=lambda call: ContextOverflow("long") if call else None
    )
    (critique,) = gather(tmp_path, a_judged(MetaCritique(method="meta_critique")), engine)
    assert (critique.reason, critique.verdicts) == ("context_overflow", ())
    assert (critique.text, critique.turns) == (TURNS[0], 1)


@given(
    replies=st.lists(
        st.one_of(st.none(), st.lists(st.sampled_from(VERDICTS), min_size=3, max_size=3)),
        min_size=3,
        max_size=3,
    ),
    rule=st.sampled_from(["first", "majority", "step_majority", "union"]),
)
def test_what_a_witness_says_of_one_solution_is_what_it_is_labelled_with(replies, rule):
    judged = a_judged(votes=Votes(n=3, rule=rule))
    critiques = [
        a_critique(draw, tuple(verdicts or ()), "no_verdict" if verdicts is None else None)
        for draw, verdicts in enumerate(replies)
    ]
    (annotation,) = annotate(judged, critiques)
    said = [VERDICTS[code] for code in judged.verdicts(SOLUTION, critiques)]
    assert tuple(said) == annotation.verdicts


def a_critique(draw: int, verdicts: tuple[Verdict, ...], reason: str | None) -> Critique:
    return Critique(
        problem_id=PROBLEM.id,
        solution_id=SOLUTION.id,
        first=0,
        prompt="pr_0",
        request="rq_0",
        draw=draw,
        verdicts=verdicts,
        scores=(),
        reason=reason,
        text="",
        earlier=(),
        turns=1,
        prompt_tokens=7,
        completion_tokens=3,
    )
